import Spool

/// The output that a log has no room for: how much it is, and the end of it.
struct OutputRest {
    private struct Piece {
        let stream: LogFormat.Stream
        /// When it was read, in nanoseconds since the epoch.
        let time: Int64
        var count: Int
    }

    private let limit: Int
    private var bytes: [UInt8] = []
    private var pieces: [Piece] = []
    /// In bytes, of all that was added.
    private(set) var total: Int64 = 0

    /// - Parameter limit: how many bytes of the end are kept.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func append(
        _ output: UnsafeRawBufferPointer, _ stream: LogFormat.Stream, at time: Int64
    ) {
        total += Int64(output.count)
        let end = output.suffix(limit)
        if end.isEmpty { return }
        bytes.append(contentsOf: end)
        pieces.append(Piece(stream: stream, time: time, count: end.count))
        // Now and then, not each time.
        if bytes.count > 2 * limit { removeFirst(bytes.count - limit) }
    }

    private mutating func removeFirst(_ count: Int) {
        bytes.removeFirst(count)
        var (left, gone) = (count, 0)
        while gone < pieces.count, left >= pieces[gone].count {
            left -= pieces[gone].count
            gone += 1
        }
        pieces.removeFirst(gone)
        if left > 0 { pieces[0].count -= left }
    }

    /// The end as records of a log, after a line that says how much is left out before it.
    ///
    /// - Parameter followsLine: whether a whole line stands before it.
    /// - Returns: how many bytes are left out, and the records; none where nothing of the end is kept.
    mutating func records(followsLine: Bool) -> (omitted: Int64, log: [UInt8]) {
        if total > Int64(limit) {
            removeFirst(bytes.count - Ends.tidied(bytes.suffix(limit)).count)
        }
        let omitted = total - Int64(bytes.count)
        var log: [UInt8] = []
        guard let first = pieces.first else { return (omitted, log) }
        if omitted > 0 {
            let mark = Array(((followsLine ? "" : "\n") + Ends.mark(omitted)).utf8)
            mark.withUnsafeBytes { LogFormat.append($0, .error, at: first.time, to: &log) }
        }
        bytes.withUnsafeBytes { bytes in
            var start = 0
            for piece in pieces {
                let output = UnsafeRawBufferPointer(rebasing: bytes[start..<(start + piece.count)])
                LogFormat.append(output, piece.stream, at: piece.time, to: &log)
                start += piece.count
            }
        }
        return (omitted, log)
    }
}
