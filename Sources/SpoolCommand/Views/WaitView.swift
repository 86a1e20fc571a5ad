import Spool
import SpoolSystem

/// Shows what happens to jobs that somebody waits for, and makes an exit status of their ends.
struct WaitView {
    /// Why somebody waits.
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

    private let console: Console
    private let purpose: Purpose
    private let showsTimes: Bool
    private var ids: [JobID] = []
    private var report: EndReport
    private var logs: [JobID: LogView] = [:]
    private var statuses: [JobID: Int32] = [:]
    private var hasTimedOut = false
    /// The line that is said if the person doesn't want to wait any more.
    private var interruption: InterruptMessage?

    init(for purpose: Purpose, _ console: Console, showsTimes: Bool = false) {
        self.purpose = purpose
        self.console = console
        self.showsTimes = showsTimes
        report = EndReport(purpose, console)
    }

    /// Call it once the waiting has ended, also by an error.
    func stop() { interruption?.end() }

    /// - Returns: the exit status: of the only job, else of the first that didn't succeed.
    mutating func end() -> Int32 {
        if hasTimedOut { return ExitStatus.temporary }
        report.end()
        let failed = ids.first { statuses[$0].map { $0 != ExitStatus.success } ?? false }
        return failed.flatMap { statuses[$0] } ?? ExitStatus.success
    }

    mutating func show(_ event: WaitEvent) throws(SpoolError) {
        switch event {
        case .begin(let ids): begin(ids)
        case .names(let names): makeLogs(ids, LineLabel.labels(of: ids, names))
        case .output(let id, let record): try logs[id]?.show(record)
        case .outputEnd(let id): try logs[id]?.end()
        case .end(let id, let entry):
            // Of several jobs, one that has succeeded doesn't count, whatever its code.
            statuses[id] =
                ids.count > 1 && entry.state == .completed
                ? ExitStatus.success : ExitStatus.status(for: entry)
            report.say(entry)
        case .gone(let id):
            console.say("\(id) is gone: somebody has removed it")
            statuses[id] = ExitStatus.noInput
        case .standstill(let hindrance): say(hindrance)
        case .fault(let fault): report.say(fault: fault)
        case .timeout(let open):
            hasTimedOut = true
            report.end()
            console.say("still not ended: \(open) of \(MessageText.count(ids.count, "job"))")
        }
    }

    private mutating func begin(_ ids: [JobID]) {
        self.ids = ids
        // Of several it must be said which.
        if purpose == .follow, ids.count > 1 { report = EndReport(.wait, console) }
        // Without a job there is nothing to wait for, and nothing to say of it.
        if !ids.isEmpty { interruption = console.whenInterrupted(say: whatGoesOn(ids)) }
        if purpose == .follow { makeLogs(ids, [:]) }
    }

    private mutating func makeLogs(_ ids: [JobID], _ labels: [JobID: LineLabel]) {
        for id in ids {
            logs[id] = LogView(console, showsTimes: showsTimes, label: labels[id])
        }
    }

    /// The line for a person who doesn't want to wait any more: the waiting ends, not the jobs.
    private func whatGoesOn(_ ids: [JobID]) -> String {
        if purpose == .cancel { return "what was asked to stop is being stopped all the same" }
        guard ids.count == 1, let id = ids.first else {
            return "the jobs go on; 'spool wait' waits for them again, 'spool cancel' ends them"
        }
        return "the job goes on; 'spool logs --follow \(id)' shows it, 'spool cancel \(id)' ends it"
    }

    private func say(_ hindrance: Hindrance) {
        let count = hindrance.jobs.count
        guard count > 1 else {
            return console.say("\(hindrance.first ?? "a job") waits for \(hindrance.reason)")
        }
        let which = hindrance.first.map { ", \($0) the first of them," } ?? ""
        console.say("\(count) jobs\(which) wait for \(hindrance.reason)")
    }
}
