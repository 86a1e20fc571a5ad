import Spool
import SpoolSystem

/// Waits for jobs and, if wanted, shows their output meanwhile.
struct WaitSession {
    /// What people want who wait.
    enum Purpose {
        /// `run --wait`: one job, of whose output nothing is shown.
        case run
        /// `run --follow` and `logs --follow`: their output, and of several that line by line behind labels.
        case follow
        /// `wait`: any number of jobs of anybody.
        case wait
        /// `cancel --wait`.
        case cancel
    }

    private let spoolDirectory: SpoolDirectory
    private let console: Console
    private let purpose: Purpose
    private let showsTimes: Bool
    private let isWorkerKnown: Bool

    /// - Parameter isWorkerKnown: whether it has been said already where no worker runs.
    init(
        _ spoolDirectory: SpoolDirectory, _ console: Console, for purpose: Purpose,
        showsTimes: Bool = false, isWorkerKnown: Bool = true
    ) {
        self.isWorkerKnown = isWorkerKnown
        self.spoolDirectory = spoolDirectory
        self.console = console
        self.purpose = purpose
        self.showsTimes = showsTimes
    }

    private var follows: Bool { purpose == .follow }

    /// - Parameters:
    ///   - jobs: where they lie, or lay a moment ago.
    ///   - deadline: a reading of the monotonic clock in nanoseconds; nil: wait for ever.
    /// - Returns: the exit status: of the only job, else of the first that didn't succeed.
    func wait(for jobs: [JobLocation], deadline: Int64?) throws(SpoolError) -> Int32 {
        let ids = jobs.map(\.id)
        let waiter = JobWaiter(spoolDirectory, jobs)
        var statuses: [JobID: Int32] = [:]
        var open = Set(ids)
        // Those at which to look now: of thousands, only those that something happened to.
        var moved = ids
        let logs = follows ? try followedLogs(of: jobs) : [:]
        // Of several it must be said which.
        var report = EndReport(follows && ids.count > 1 ? .wait : purpose, console)
        // Without a job there is nothing to wait for, and nothing to say of it.
        let interruption = ids.isEmpty ? nil : console.whenInterrupted(say: whatGoesOn(ids))
        defer { interruption?.end() }
        var standstill = Standstill(spoolDirectory, console, isWorkerKnown: isWorkerKnown)
        while !open.isEmpty {
            for id in moved where open.contains(id) {
                guard let location = try waiter.locate(id) else {
                    console.say("\(id) is gone: somebody has removed it")
                    statuses[id] = ExitStatus.noInput
                    open.remove(id)
                    continue
                }
                if location.place == .running { logs[id]?.hasBegun = true }
                guard location.place.isEnded, let entry = ended(at: location) else { continue }
                try logs[id]?.show()
                try logs[id]?.end()
                statuses[id] = ExitStatus.status(for: entry)
                open.remove(id)
                report.tell(entry)
            }
            if open.isEmpty { break }
            try standstill.tell(of: open) { id throws(SpoolError) in try waiter.locate(id) }
            // Also where the log is watched: a write that is reported together with a move wakes as a move.
            for (id, log) in logs where open.contains(id) { try log.show(watchedBy: waiter) }
            report.tell(fault: waiter.fault)
            var wake = JobWaiter.Wake.written
            while wake == .written {
                wake = try waiter.wait(until: standstill.deadline(before: deadline))
                guard wake == .written else { continue }
                for (id, log) in logs where open.contains(id) { try log.show() }
            }
            if wake == .timedOut, deadline.map({ Clock.monotonic() < $0 }) ?? true {
                moved = []
                continue
            }
            if wake == .timedOut {
                report.end()
                console.say(
                    "still not ended: \(open.count) of \(MessageText.count(ids.count, "job"))")
                return ExitStatus.temporary
            }
            if case .changed(let some) = wake { moved = Array(some) } else { moved = ids }
        }
        report.end()
        return ids.lazy.compactMap { statuses[$0] }.first { $0 != ExitStatus.success }
            ?? ExitStatus.success
    }

    /// Whoever ends a job that waits moves it first, and writes the reason into it after that.
    private func ended(at location: JobLocation) -> JobEntry? {
        var entry = spoolDirectory.entry(at: location)
        for _ in 0..<25 {
            guard location.place == .failed, let job = entry?.job, job.finishedAt == nil else {
                return entry
            }
            Pause.briefly()
            entry = spoolDirectory.entry(at: location)
        }
        return entry
    }

    /// What is said to who doesn't want to wait any more: it is the waiting that ends, not the jobs.
    private func whatGoesOn(_ ids: [JobID]) -> String {
        if purpose == .cancel { return "what was asked to stop is being stopped all the same" }
        guard ids.count == 1, let id = ids.first else {
            return "the jobs go on; 'spool wait' waits for them again, 'spool cancel' ends them"
        }
        return "the job goes on; 'spool logs --follow \(id)' shows it, 'spool cancel \(id)' ends it"
    }

    private func followedLogs(
        of jobs: [JobLocation]
    ) throws(SpoolError) -> [JobID: FollowedLog] {
        let labels = try LineLabel.labels(of: jobs, in: spoolDirectory)
        var logs: [JobID: FollowedLog] = [:]
        for id in jobs.map(\.id) {
            logs[id] = FollowedLog(
                LogReader(spoolDirectory, id), console, showsTimes: showsTimes, label: labels[id])
        }
        return logs
    }
}

/// Says of the ends of jobs what the exit status alone doesn't.
private struct EndReport {
    private let purpose: WaitSession.Purpose
    private let console: Console
    private var told = 0
    private var hasToldFault = false
    /// Of thousands that fail, the first ones say what is wrong.
    private static let limit = 20

    init(_ purpose: WaitSession.Purpose, _ console: Console) {
        self.purpose = purpose
        self.console = console
    }

    /// Why the kernel doesn't report what happens to the jobs.
    mutating func tell(fault: String?) {
        // With a command's output standard error is the command's alone, unless a person reads it.
        guard let fault, !hasToldFault, purpose != .follow || console.isErrorTerminal else {
            return
        }
        hasToldFault = true
        console.say(fault)
    }

    mutating func tell(_ entry: JobEntry) {
        let attempt = entry.job?.attempts?.last
        if purpose == .follow || purpose == .run, let dropped = attempt?.log?.dropped {
            console.say(
                "the log is incomplete: \(dropped) bytes were dropped (\(attempt?.log?.cut ?? "?"))"
            )
        }
        guard entry.state != .completed else { return }
        let text = entry.state.rawValue + reason(entry)
        switch purpose {
        case .cancel: break
        case .wait:
            told += 1
            guard told <= EndReport.limit, let id = entry.id else { return }
            let title = entry.job.map { " (\($0.title))" } ?? ""
            console.say("\(id) \(text)\(title)")
        case .run, .follow:
            if hasOwnCode(attempt) && !console.isErrorTerminal { return }
            console.say("job \(text)")
        }
    }

    /// Says how many more there were.
    func end() {
        if told > EndReport.limit {
            console.say("and \(told - EndReport.limit) more that have not succeeded")
        }
    }

    /// An exit code speaks for itself, and standard error is the command's. What a shell answers for a command that
    /// it can't run is told where its own words aren't shown.
    private func hasOwnCode(_ attempt: Attempt?) -> Bool {
        guard let attempt, attempt.outcome == .failed, let code = attempt.exitCode,
            attempt.command != nil
        else { return false }
        return purpose == .follow || (code != 126 && code != 127)
    }

    private func reason(_ entry: JobEntry) -> String {
        guard let message = entry.message else { return "" }
        guard let id = entry.id, let attempt = entry.job?.attempts?.last, attempt.command != nil,
            entry.state == .failed || entry.state == .dead,
            let meaning = attempt.exitCode.flatMap(EndReport.meaning(ofShellCode:))
        else { return ": " + message }
        return ": \(message), as for \(meaning); 'spool logs \(id)' shows what it wrote"
    }

    /// What shells mean by an exit code.
    private static func meaning(ofShellCode code: Int32) -> String? {
        switch code {
        case 126: "a command that can't be run: it is no program, or may not be executed"
        case 127: "a command that was not found: check the name and PATH"
        default: nil
        }
    }
}

extension LogFormat.Record {
    /// With the time in front, as `spool logs --timestamps` shows it.
    var timed: [UInt8] {
        Array("\(time) ".utf8) + bytes + (bytes.last == 10 ? [] : [10])
    }
}
