import SpoolTestSupport

/// What the jobs themselves say: each begin and each end, in the order in which they happened.
struct Proof {
    struct Try: Hashable {
        let id: String
        let number: Int
    }
    struct Begin {
        let attempt: Try
        let token: String
        /// What a recurring job was told of slots before its own.
        let missed: Int?
        /// Where the line begins in the proof.
        let offset: Int
    }

    private(set) var begins: [Begin] = []
    private(set) var ends: [Try: Int] = [:]
    /// Where their lines begin.
    private(set) var endOffsets: [Try: Int] = [:]
    /// Lines that aren't what a job writes.
    private(set) var strange: [String] = []

    init(_ path: String) throws {
        var offset = 0
        for line in try FileTree.read(path).split(separator: 10, omittingEmptySubsequences: false) {
            defer { offset += line.count + 1 }
            if line.isEmpty { continue }
            let words = String(decoding: line, as: UTF8.self).split(separator: " ").map(String.init)
            guard words.count == 5, let number = Int(words[3]), let last = Int(words[4]) else {
                strange.append(words.joined(separator: " "))
                continue
            }
            let attempt = Try(id: words[2], number: number)
            let marks = words[1].split(separator: "@", omittingEmptySubsequences: false)
            switch words[0] {
            case "begin":
                begins.append(
                    Begin(
                        attempt: attempt, token: marks.prefix(2).joined(separator: "@"),
                        missed: marks.count == 3 ? Int(marks[2]) : nil, offset: offset))
            case "end" where ends[attempt] == nil:
                ends[attempt] = last
                endOffsets[attempt] = offset
            default: strange.append(words.joined(separator: " "))
            }
        }
    }
}
