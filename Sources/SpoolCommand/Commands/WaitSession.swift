import Spool
import SpoolSystem

/// Waits for jobs and, if wanted, shows the output of one of them meanwhile.
struct WaitSession {
    private let spoolDirectory: SpoolDirectory
    private let console: Console
    private let follows: Bool
    private let showsTimes: Bool

    init(
        _ spoolDirectory: SpoolDirectory, _ console: Console, follows: Bool,
        showsTimes: Bool = false
    ) {
        self.spoolDirectory = spoolDirectory
        self.console = console
        self.follows = follows
        self.showsTimes = showsTimes
    }

    /// - Parameters:
    ///   - ids: with `follows`, exactly one.
    ///   - deadline: a reading of the monotonic clock in nanoseconds; nil: wait for ever.
    /// - Returns: the exit status: of the only job, else of the first that didn't succeed.
    func wait(for ids: [JobID], deadline: Int64?) throws(SpoolError) -> Int32 {
        let waiter = try JobWaiter(spoolDirectory)
        var statuses: [JobID: Int32] = [:]
        var open = Set(ids)
        // Those at which to look now: of thousands, only those that something happened to.
        var moved = ids
        var reader = follows ? ids.first.map { LogReader(spoolDirectory, $0) } : nil
        var isLogWatched = false
        var hasBegun = false
        while !open.isEmpty {
            for id in moved where open.contains(id) {
                guard let location = try waiter.locate(id) else {
                    console.say("\(id) is gone: somebody has removed it")
                    statuses[id] = ExitStatus.noInput
                    open.remove(id)
                    continue
                }
                if location.place == .running { hasBegun = true }
                guard location.place.isEnded, let entry = spoolDirectory.entry(at: location) else {
                    continue
                }
                if let reader { try show(reader) }
                statuses[id] = ExitStatus.status(for: entry)
                open.remove(id)
                tell(entry)
            }
            if open.isEmpty { break }
            // Also where the log is watched: a write that is reported together with a move wakes as a move.
            if let reader {
                let isThere = try show(reader)
                if !isLogWatched, isThere || (hasBegun && reader.makeSureItIsThere()) {
                    waiter.watchWrites(to: reader.path)
                    isLogWatched = true
                    // What was written before the watch.
                    try show(reader)
                }
            }
            var wake = JobWaiter.Wake.written
            while wake == .written {
                wake = try waiter.wait(until: deadline)
                if wake == .written, let reader { try show(reader) }
            }
            if wake == .timedOut {
                console.say(
                    "still not ended: \(open.count) of \(MessageText.count(ids.count, "job"))")
                return ExitStatus.temporary
            }
            if case .changed(let some) = wake { moved = Array(some) } else { moved = ids }
        }
        reader = nil
        return ids.lazy.compactMap { statuses[$0] }.first { $0 != ExitStatus.success }
            ?? ExitStatus.success
    }

    @discardableResult
    private func show(_ reader: LogReader) throws(SpoolError) -> Bool {
        try reader.read { record throws(SpoolError) in
            try console.write(showsTimes ? record.timed : record.bytes, record.stream)
        }
    }

    /// Says what the exit status alone doesn't.
    private func tell(_ entry: JobEntry) {
        let attempt = entry.job?.attempts?.last
        if let dropped = attempt?.log?.dropped {
            console.say(
                "the log is incomplete: \(dropped) bytes were dropped (\(attempt?.log?.cut ?? "?"))"
            )
        }
        // An exit code speaks for itself, and standard error is the command's.
        let hasOwnCode = attempt?.exitCode != nil && attempt?.outcome == .failed
        guard follows, entry.state != .completed, !hasOwnCode || console.isErrorTerminal else {
            return
        }
        console.say(
            "job \(entry.state.rawValue)" + (entry.message.map { ": " + $0 } ?? ""))
    }
}

extension LogFormat.Record {
    /// With the time in front, as `spool logs --timestamps` shows it.
    var timed: [UInt8] {
        Array("\(time) ".utf8) + bytes + (bytes.last == 10 ? [] : [10])
    }
}
