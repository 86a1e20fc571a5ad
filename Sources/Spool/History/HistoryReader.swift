import SpoolSystem
import SpoolTime

/// Reads the history.
struct HistoryReader: Sendable {
    private let storage: Storage

    init(_ storage: Storage) {
        self.storage = storage
    }

    /// Gives out the lines in the order in which they were written, day by day. A line that a power cut has cut off is
    /// left out.
    ///
    /// - Parameters:
    ///   - start: of the first line; nil: from the beginning.
    ///   - body: an error that it throws ends the reading.
    func read(
        since start: Instant?, _ body: (HistoryLine) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        for day in try days() where start.map({ day >= $0.day.description }) ?? true {
            try read(day) { line throws(SpoolError) in
                if start.map({ line.time >= $0 }) ?? true { try body(line) }
            }
        }
    }

    /// The days that have a file, in order.
    private func days() throws(SpoolError) -> [String] {
        var days: [String] = []
        try storage.forEachEntry(in: "history") { entry in
            guard entry.name.hasSuffix(HistoryReader.suffix) else { return }
            let day = entry.name.dropLast(HistoryReader.suffix.utf8.count)
            if CivilDate(directory: day) != nil { days.append(String(day)) }
        }
        return days.sorted()
    }

    private static let suffix = ".ndjson"
    /// In bytes.
    private static let piece = 1 << 18

    private func read(
        _ day: String, _ body: (HistoryLine) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let name = "history/\(day)\(HistoryReader.suffix)"
        let path = storage.path + "/" + name
        let file = try onPath(path, "open") { () throws(Errno) in
            try storage.root.openIfPresent(name)
        }
        // It was cleaned away meanwhile.
        guard let file else { return }
        var rest: [UInt8] = []
        var position = 0
        while true {
            let bytes = try onPath(path, "read") { () throws(Errno) in
                try file.readPiece(of: HistoryReader.piece, at: position)
            }
            if bytes.isEmpty { return }
            position += bytes.count
            rest += bytes
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                // Half a line, as a power cut leaves it, is none.
                if let line = try? JSONText.decode(HistoryLine.self, from: Array(rest[start..<end]))
                {
                    try body(line)
                }
                start = end + 1
            }
            rest.removeFirst(start)
        }
    }

    /// The job of the file that was admitted last from one of these paths, as far as the end of today's history tells.
    func lastAdmitted(from paths: [String]) -> JobID? {
        // The history is a help if it can be read; without it, the file is just gone.
        guard let file = try? storage.root.openIfPresent("history/\(storage.now().day).ndjson"),
            let size = try? file.status().size
        else { return nil }
        let room = 1 << 18
        // As above.
        guard let bytes = try? file.readPiece(of: min(size, room), at: max(0, size - room)) else {
            return nil
        }
        for line in bytes.split(separator: UInt8(ascii: "\n")).reversed() {
            // Half a line at the beginning, or one that a power cut has cut off, is none.
            guard let known = try? JSONText.decode(HistoryLine.self, from: Array(line)),
                known.verb == Transition.Verb.admit.rawValue, let from = known.from,
                paths.contains(from)
            else { continue }
            return known.job
        }
        return nil
    }
}
