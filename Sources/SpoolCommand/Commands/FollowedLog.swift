import Spool

/// A job's log, shown as far as it has been written: byte for byte, or behind a label.
final class FollowedLog {
    private let reader: LogReader
    private let console: Console
    private let showsTimes: Bool
    private var label: LineLabel?
    private var isWatched = false
    /// Whether its command may have been started.
    var hasBegun = false

    init(_ reader: LogReader, _ console: Console, showsTimes: Bool, label: LineLabel?) {
        self.reader = reader
        self.console = console
        self.showsTimes = showsTimes
        self.label = label
    }

    /// Shows what has come.
    ///
    /// - Returns: whether there is a log.
    @discardableResult
    func show() throws(SpoolError) -> Bool {
        try reader.read { record throws(SpoolError) in try show(record) }
    }

    func show(_ record: LogFormat.Record) throws(SpoolError) {
        let bytes = showsTimes ? record.timed : record.bytes
        let shown = label == nil ? bytes : label?.lines(bytes, of: record.stream) ?? []
        if !shown.isEmpty { try console.write(shown, record.stream) }
    }

    /// Shows what has come, and sees to it that what comes is reported.
    func show(watchedBy waiter: JobWaiter) throws(SpoolError) {
        let isThere = try show()
        guard !isWatched, isThere || (hasBegun && reader.makeSureItIsThere()) else { return }
        waiter.watchWrites(to: reader.path)
        isWatched = true
        // What was written before the watch.
        try show()
    }

    /// Shows the rest: no more comes.
    func end() throws(SpoolError) {
        for stream in [LogFormat.Stream.output, .error] {
            let rest = label?.lastLine(of: stream) ?? []
            if !rest.isEmpty { try console.write(rest, stream) }
        }
    }
}
