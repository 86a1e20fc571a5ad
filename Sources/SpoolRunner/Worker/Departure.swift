import Spool
import SpoolSystem
import SpoolTime

/// When a worker ends.
final class Departure {
    private let context: WorkerContext
    private let backlog: Backlog
    private let pool: RunnerPool
    private let prefetch: Prefetch
    /// It was told to stop, and waits for the jobs that run.
    private(set) var isStopping = false
    private(set) var isLeaving = false
    /// Why it leaves before its work is done.
    private(set) var error: SpoolError?
    /// Since when nothing was to be done, by the monotonic clock.
    private var idleSince: Int64?

    /// How long the work of a worker that ends when nothing is left may fail, in nanoseconds.
    private static let failingLimit: Int64 = 10_000_000_000

    init(_ context: WorkerContext, _ backlog: Backlog, _ pool: RunnerPool, _ prefetch: Prefetch) {
        self.context = context
        self.backlog = backlog
        self.pool = pool
        self.prefetch = prefetch
    }

    func leave() { isLeaving = true }

    /// The worker ends if its spool was removed: nobody can reach it then.
    func leaveIfRemoved() {
        guard let removal = SpoolFormat(context.storage).deletionError() else { return }
        error = removal
        isLeaving = true
    }

    /// The worker was told to stop.
    ///
    /// - Returns: whether it waits for the running jobs from now on.
    func stop() -> Bool {
        defer { isStopping = true }
        if !isStopping && context.options.drains { return true }
        // The second time means it: runners outlive us in any case.
        isLeaving = true
        return false
    }

    enum Decision {
        case stay, leave
        /// Nothing is left, unless something comes this very moment.
        case leaveUnlessNeeded
    }

    /// - Parameter hasLookedAfterRestart: whether jobs may be claimed at all.
    func decide(hasLookedAfterRestart: Bool) -> Decision {
        if isLeaving { return .leave }
        if isStopping {
            isLeaving = pool.isEmpty
            return isLeaving ? .leave : .stay
        }
        let hasReminders = context.reminders.all.contains(where: \.isWork)
        let isBusy = !(pool.isEmpty && prefetch.isEmpty)
        let hasJobs = isBusy || !backlog.isEmpty
        let isIdle = !hasJobs && backlog.isComplete && !hasReminders && !backlog.hasDue
        guard isIdle else {
            idleSince = nil
            guard context.options.untilEmpty else { return .stay }
            return giveUp(failingSince: stuckSince(hasLookedAfterRestart))
        }
        if context.options.untilEmpty {
            // In a directory that can't be read there may be jobs.
            if let since = context.failures.since(\.isOfPlace) {
                return giveUp(failingSince: since)
            }
            isLeaving = true
            return .leave
        }
        return decideWhenIdle()
    }

    private func decideWhenIdle() -> Decision {
        guard let limit = context.options.idleLimit, backlog.hasNothingScheduled else {
            idleSince = nil
            return .stay
        }
        let since = idleSince ?? Clock.monotonic()
        idleSince = since
        guard Clock.monotonic() - since >= limit.nanoseconds else { return .stay }
        if context.options.schedules && CrontabSnapshots(context.storage).hasRecurringJobs {
            idleSince = nil
            return .stay
        }
        return .leaveUnlessNeeded
    }

    /// Something has come.
    func stay() { idleSince = nil }

    /// - Returns: since when nothing has gone on, as all that is left to be done fails; nil where something may go on.
    private func stuckSince(_ hasLookedAfterRestart: Bool) -> Int64? {
        let failures = context.failures
        let isBusy = pool.runners.runs { !failures.has(.file(.running($0))) }
        guard !isBusy, pool.unwatched.isEmpty, prefetch.isEmpty else { return nil }
        let isStuck = context.reminders.all.allSatisfy { reminder in
            switch reminder {
            case .backOff, .dropIns, .passedOver: true
            default: !reminder.isWork || failures.has(.file(reminder))
            }
        }
        let claimingFails =
            !hasLookedAfterRestart || failures.hasFailed(.claiming)
            || failures.hasFailed(.starting)
        guard isStuck, backlog.isEmpty || claimingFails,
            !backlog.hasDue || failures.hasFailed(.promotion)
        else { return nil }
        return failures.since { $0.isOfPlace || $0.isOfJob }
    }

    /// Ends a worker that would otherwise fail for ever.
    private func giveUp(failingSince since: Int64?) -> Decision {
        guard let since, Clock.monotonic() - since >= Departure.failingLimit else { return .stay }
        let path = context.spool.path
        error = SpoolError(
            .inputOutput,
            "\(path): not everything could be done: what failed before has failed for"
                + " \(TimeSpan(microseconds: Departure.failingLimit / 1000)); 'spool check' may say more",
            path: path)
        isLeaving = true
        return .leave
    }

    /// When it is to be decided again, whatever happens; nil: when something happens.
    var nextDecision: Int64? {
        let idleEnd = idleSince.flatMap { since in
            context.options.idleLimit.map { since + $0.nanoseconds }
        }
        return [idleEnd, givingUpTime].compactMap(\.self).min()
    }

    private var givingUpTime: Int64? {
        guard context.options.untilEmpty,
            let since = context.failures.since({ $0.isOfPlace || $0.isOfJob })
        else { return nil }
        let time = since + Departure.failingLimit
        return time > Clock.monotonic() ? time : nil
    }
}
