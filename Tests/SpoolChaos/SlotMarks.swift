import FoundationEssentials
import SpoolTestSupport

/// What the schedulers have on record about each entry: its newest decision, and its figures.
struct SlotMarks {
    struct Mark: Decodable {
        let entry: String
        let slot: String
        let runs: Int
        let missed: Int
        let skipped: Int
        /// The job's file in tmp/ that this decision is about.
        let file: String?

        var seconds: Int { CivilTime.seconds(slot) ?? 0 }
    }

    /// The first line of what is in force of a file.
    private struct Kept: Decodable {
        struct Sighting: Decodable {
            let at: String
            let count: Int
        }
        let since: [Sighting]
    }

    /// By entry.
    private(set) var newest: [String: Mark] = [:]

    init(_ chaos: Chaos) {
        for directory in [chaos.host.spool + "/state/slots", chaos.host.marks] {
            for name in Tree(spool: directory).names("") {
                guard let mark: Mark = SlotMarks.read("\(directory)/\(name)") else { continue }
                if let other = newest[mark.entry], other.slot > mark.slot { continue }
                newest[mark.entry] = mark
            }
        }
    }

    /// Jobs' files in tmp/ whose slots are decided, and which aren't brought to their places yet.
    func undone(_ tree: Tree) -> [String] {
        let files = Set(newest.values.compactMap(\.file))
        return tree.names("tmp").filter { files.contains($0) }
    }

    /// Whether a file in tmp/ belongs to a slot that nobody has decided. It may stay.
    func isUndecided(_ name: String) -> Bool {
        let parts = name.split(separator: "@")
        guard name.hasSuffix(".slot"), parts.count == 2,
            let seconds = CivilTime.seconds(String(parts[1]))
        else { return false }
        return newest[String(parts[0])].map { $0.seconds < seconds } ?? true
    }

    /// When each entry in force was first seen, in seconds since 1970.
    static func firstSights(_ tree: Tree) -> [String: Int] {
        var sights: [String: Int] = [:]
        for name in tree.names("state/crontabs") {
            guard let bytes = try? FileTree.read("\(tree.spool)/state/crontabs/\(name)"),
                let end = bytes.firstIndex(of: 10),
                let kept = try? JSONDecoder().decode(Kept.self, from: Data(bytes[..<end]))
            else { continue }
            let all = kept.since.flatMap { repeatElement($0.at, count: $0.count) }
            let entries = names(String(decoding: bytes[(end + 1)...], as: UTF8.self))
            guard entries.count == all.count else { continue }
            for (entry, time) in zip(entries, all) { sights[entry] = CivilTime.seconds(time) }
        }
        return sights
    }

    /// The entries of a text that the judge has written, in their order. Of one without a name, what its name
    /// begins with.
    private static func names(_ text: String) -> [String] {
        text.split(separator: "\n").filter { "*@".contains($0.first ?? "#") }.map { line in
            let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
            return parts.count > 3 && parts[1] == "name" ? String(parts[3]) : "job-sh-"
        }
    }

    private static func read<Value: Decodable>(_ path: String) -> Value? {
        guard let bytes = try? FileTree.read(path) else { return nil }
        return try? JSONDecoder().decode(Value.self, from: Data(bytes))
    }
}
