import SpoolSystem

/// Reads a job's log from a position on, as far as it has been written.
public final class LogReader {
    private let storage: Storage
    private let id: JobID
    private let name: String
    private var position: Int
    private var rest: [UInt8] = []
    private var isWithinDamage = false
    /// How many whole lines were no records, and were left out.
    public private(set) var damagedLines = 0

    /// - Parameter position: in bytes, at the beginning of a record.
    package init(_ storage: Storage, _ id: JobID, from position: Int64 = 0) {
        self.storage = storage
        self.id = id
        name = JobLogs.path(of: id)
        self.position = Int(position)
    }

    /// The log's path below the spool.
    public var path: String { name }

    /// Makes an empty log if there is none yet, so that it can be watched.
    ///
    /// - Returns: whether there is one now.
    package func makeSureItIsThere() -> Bool { (try? JobLogs(storage).open(of: id)) != nil }

    /// Gives out the whole records that are there and haven't been given out yet.
    ///
    /// - Parameter end: the position to stop at, in bytes; nil: the end of the file.
    /// - Returns: false if there is no log (yet).
    @discardableResult
    public func read(
        upTo end: Int64? = nil, _ body: (LogRecord) throws(SpoolError) -> Void
    ) throws(SpoolError) -> Bool {
        let path = storage.path + "/" + name
        guard
            let file = try onPath(
                path, "open",
                { () throws(Errno) in
                    try LogFile(storage.root, name)
                })
        else { return false }
        while true {
            let room = min(1 << 18, end.map { max(0, Int($0) - position) } ?? .max)
            let chunk = try onPath(path, "read") { () throws(Errno) in
                try file.descriptor.readPiece(of: room, at: position)
            }
            if chunk.isEmpty { return true }
            position += chunk.count
            rest += chunk
            try giveOut(body)
            let next = try onPath(path, "lseek") { () throws(Errno) in
                try file.descriptor.nextData(after: chunk, endingAt: position)
            }
            guard let next else {
                skipLine()
                return true
            }
            if next > position {
                skipLine()
                position = next
            }
        }
    }

    private func giveOut(
        _ body: (LogRecord) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        var start = 0
        while let lineBreak = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if !isWithinDamage, let record = LogFormat.parse(rest[start..<lineBreak]) {
                try body(record)
            } else {
                damagedLines += 1
            }
            isWithinDamage = false
            start = lineBreak + 1
        }
        rest.removeFirst(start)
        // No record is that long.
        if rest.count > LogFormat.longestRecord { skipLine() }
    }

    /// Skips all bytes up to the next line, however far that is.
    private func skipLine() {
        isWithinDamage = true
        rest.removeAll()
    }

    private final class LogFile {
        let descriptor: Descriptor

        /// nil if there is none.
        init?(_ root: Directory, _ name: String) throws(Errno) {
            guard let opened = try root.openIfPresent(name) else { return nil }
            descriptor = opened
        }
    }
}
