import Spool
import SpoolSystem
import SpoolTime

/// The history: a file a day, an object a line.
struct HistoryCheck: CheckArea {
    let name = "history"
    private let context: CheckContext
    private var storage: Storage { context.storage }

    init(_ context: CheckContext) {
        self.context = context
    }

    /// A line may be on its way to a file that was written to just now.
    private static let settlingTime = TimeSpan.seconds(10)

    func check(_ report: CheckReport) throws(SpoolError) {
        try context.walk("history", report) { entry throws(SpoolError) in
            let path = "history/" + entry.name
            guard !entry.name.hasPrefix("."), let status = try context.status(of: path) else {
                return []
            }
            guard status.kind == .regular, entry.name.hasSuffix(".ndjson"),
                CivilDate(directory: entry.name.dropLast(".ndjson".utf8.count)) != nil
            else { return [Fault(.strayFile, path, "no day of the history has this name")] }
            guard let lines = try readLines(path) else { return [] }
            let isSettled = context.isOlder(status, than: HistoryCheck.settlingTime)
            if lines.badCount == 0, lines.isEnded || !isSettled {
                return lines.isEnded ? [] : context.passOver()
            }
            var text: [String] = []
            if let first = lines.firstBad {
                text.append(
                    lines.badCount == 1
                        ? "line \(first) is no JSON object"
                        : "\(lines.badCount) lines are no JSON objects, the first is line \(first)")
            }
            if !lines.isEnded { text.append("its last line has no end") }
            return [
                Fault(.tornHistory, path, text.joined(separator: ", and ")) {
                    [storage] () throws(SpoolError) -> Fault.Mend? in
                    guard !lines.isEnded, isSettled else { return nil }
                    // If its end were missing, the next line would be lost with this one.
                    try onPath(storage.path + "/" + path, "write") { () throws(Errno) in
                        try storage.root.open(path, [.readWrite, .append]).write("\n")
                    }
                    return .changed("its last line was ended")
                }
            ]
        }
    }

    private struct Lines {
        var count = 0
        var badCount = 0
        var firstBad: Int?
        /// Whether the last line has its line break.
        var isEnded = true

        mutating func take(_ line: ArraySlice<UInt8>) {
            count += 1
            // A line that isn't JSON is counted, whatever is wrong with it.
            if line.first == UInt8(ascii: "{"), (try? JSONSyntax.check(Array(line))) != nil {
                return
            }
            badCount += 1
            if firstBad == nil { firstBad = count }
        }
    }

    /// Reads a file of any length in pieces; nil if it is gone. A last line without an end isn't judged.
    private func readLines(_ path: String) throws(SpoolError) -> Lines? {
        try onPath(storage.path + "/" + path, "read") { () throws(Errno) -> Lines? in
            guard let file = try storage.root.openIfPresent(path) else { return nil }
            var lines = Lines()
            var rest: [UInt8] = []
            var offset = 0
            while true {
                let piece = try file.readPiece(of: 1 << 18, at: offset)
                if piece.isEmpty { break }
                offset += piece.count
                rest += piece
                var start = 0
                while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                    lines.take(rest[start..<end])
                    start = end + 1
                }
                rest.removeFirst(start)
                let next = try file.nextData(after: piece, endingAt: offset)
                // No line of ours is as long, or has a hole: its contents don't matter.
                guard let next else {
                    rest = [0]
                    break
                }
                if next > offset || rest.count > 1 << 21 { rest = [0] }
                offset = next
            }
            lines.isEnded = rest.isEmpty
            return lines
        }
    }
}
