import Spool
import SpoolSystem
import SpoolTime

/// When a worker ends.
extension Worker {
    func decideToLeave() -> Bool {
        if isLeaving { return true }
        if isStopping {
            isLeaving = running.isEmpty && unwatchedRunners.isEmpty
            return isLeaving
        }
        // A directory that can't be read may stay so, and is no work.
        let noWork: Set<Reminder> = [.everything, .resting, .prefetched, .settings]
        let hasReminders = later.keys.contains { !noWork.contains($0) }
        let isBusy = !(running.isEmpty && unwatchedRunners.isEmpty && prefetch.isEmpty)
        let hasJobs = isBusy || !waiting.isEmpty
        let isIdle = !hasJobs && waiting.isComplete && !hasReminders && !hasDue
        guard isIdle else {
            idleSince = nil
            return options.untilEmpty && giveUp(failingSince: stuckSince())
        }
        if options.untilEmpty {
            // In a directory that can't be read there may be jobs.
            if let since = troubles.since(\.isOfPlace) { return giveUp(failingSince: since) }
            isLeaving = true
            return true
        }
        guard let limit = options.idleLimit, timetable.isEmpty && timetable.isComplete else {
            idleSince = nil
            return false
        }
        let since = idleSince ?? Clock.monotonic()
        idleSince = since
        guard Clock.monotonic() - since >= limit.nanoseconds else { return false }
        if options.schedules && spool.hasRecurringJobs {
            idleSince = nil
            return false
        }
        return leaveUnlessNeeded()
    }

    /// How long the work of a worker that ends when nothing is left may fail, in nanoseconds.
    static let failingLimit: Int64 = 10_000_000_000

    /// - Returns: since when nothing has gone on, as all that is left to be done fails; nil where something may go on.
    private func stuckSince() -> Int64? {
        let isBusy = running.values.contains { !troubles.has(.file(.running($0.job.location))) }
        guard !isBusy, unwatchedRunners.isEmpty, prefetch.isEmpty else { return nil }
        let isStuck = later.keys.allSatisfy { reminder in
            switch reminder {
            case .everything, .resting, .prefetched, .settings, .rest, .dropIns: true
            default: troubles.has(.file(reminder))
            }
        }
        let claimingFails =
            !hasLookedAfterRestart || rests[.claiming] != nil || rests[.starting] != nil
        guard isStuck, waiting.isEmpty || claimingFails, !hasDue || rests[.promotion] != nil
        else { return nil }
        return troubles.since { $0.isOfPlace || $0.isOfJob }
    }

    /// Who waits for the end of this worker would wait for ever.
    private func giveUp(failingSince since: Int64?) -> Bool {
        guard let since, Clock.monotonic() - since >= Worker.failingLimit else { return false }
        leavingError = SpoolError(
            .inputOutput,
            "\(spool.path): not everything could be done: what failed before has failed for"
                + " \(TimeSpan(microseconds: Worker.failingLimit / 1000)); 'spool check' may say more",
            path: spool.path)
        isLeaving = true
        return true
    }

    /// When it is to be looked whether to give up.
    var givingUpTime: Int64? {
        guard options.untilEmpty, let since = troubles.since({ $0.isOfPlace || $0.isOfJob }) else {
            return nil
        }
        let time = since + Worker.failingLimit
        return time > Clock.monotonic() ? time : nil
    }

    /// A command that submits a job looks for a living worker after that. So: withdraw first, look once more
    /// for jobs after that; one of the two sees the other.
    private func leaveUnlessNeeded() -> Bool {
        registration?.withdraw()
        registration = nil
        rescan()
        if waiting.isEmpty && waiting.isComplete && timetable.isEmpty {
            isLeaving = true
            return true
        }
        idleSince = nil
        attempt(.work("workers")) { () throws(SpoolError) in try register() }
        return false
    }
}
