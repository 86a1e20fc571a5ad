import Spool
import SpoolTime

/// The record of an attempt's end.
extension Attempt {
    /// The most processes on record; the others are counted.
    private static let mostOutliving = 16

    mutating func recordOutliving(_ processes: [Descendant]) {
        if processes.isEmpty { return }
        outlivedBy = Array(processes.prefix(Attempt.mostOutliving))
        let names = processes.prefix(3).map { "\($0.name) (pid \($0.pid))" }
        let more = processes.count > 3 ? " and others" : ""
        add(
            MessageText.count(
                processes.count, "process that outlived it was", "processes that outlived it were")
                + " ended: " + names.joined(separator: ", ") + more)
    }

    mutating func add(_ text: String) {
        message = MessageText.joined(message, text)
    }

    /// Its command could not be run, and its process has ended unborn.
    mutating func neverStarted(
        _ message: String, _ outcome: Attempt.Outcome = .failed, exitCode: Int32?, at time: Instant
    ) {
        self.outcome = outcome
        command = nil
        // It may quote a path or a program's name of any length.
        self.message = MessageText.bounded(message)
        self.exitCode = exitCode
        finishedAt = max(time, startedAt)
    }
}

extension LockedJob {
    /// Changes what the job says of its last attempt.
    func editLastAttempt(_ change: (inout Attempt) -> Void) {
        // Not in its place: the change may ask the job.
        guard var attempt = job.attempts?.popLast() else { return }
        change(&attempt)
        job.attempts?.append(attempt)
    }
}
