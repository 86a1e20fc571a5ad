import Spool

/// A job's log, read as far as it has been written.
final class FollowedLog {
    private let reader: LogReader
    private var isWatched = false
    /// Whether its command may have been started.
    var hasBegun = false

    init(_ reader: LogReader) {
        self.reader = reader
    }

    /// Reads what has come.
    ///
    /// - Returns: whether there is a log.
    @discardableResult
    func read(
        _ take: (LogFormat.Record) throws(SpoolError) -> Void
    ) throws(SpoolError) -> Bool {
        try reader.read { record throws(SpoolError) in try take(record) }
    }

    /// Reads what has come, and sees to it that what comes is reported.
    func read(
        watchedBy waiter: JobWaiter, _ take: (LogFormat.Record) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let isThere = try read(take)
        guard !isWatched, isThere || (hasBegun && reader.makeSureItIsThere()) else { return }
        waiter.watchWrites(to: reader.path)
        isWatched = true
        // Bytes that were written before the watch.
        try read(take)
    }
}
