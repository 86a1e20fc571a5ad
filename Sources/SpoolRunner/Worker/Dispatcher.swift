import Spool
import SpoolSystem

/// Gives waiting jobs to runners, as far as there are slots.
final class Dispatcher {
    private let context: WorkerContext
    private let backlog: Backlog
    private let inbox: DropInbox
    private let pool: RunnerPool
    private let recovery: OrphanRecovery
    private let prefetch: Prefetch

    init(
        _ context: WorkerContext, _ backlog: Backlog, _ inbox: DropInbox, _ pool: RunnerPool,
        _ recovery: OrphanRecovery, _ prefetch: Prefetch
    ) {
        self.context = context
        self.backlog = backlog
        self.inbox = inbox
        self.pool = pool
        self.recovery = recovery
        self.prefetch = prefetch
    }

    /// Takes waiting jobs while there are free slots, the most urgent first. A job that needs more slots than are free
    /// isn't overtaken by a later one.
    ///
    /// - Parameters:
    ///   - isStopping: whether the worker takes no more jobs.
    ///   - hasLookedAfterRestart: whether jobs may be claimed at all.
    func claimWhatFits(isStopping: Bool, hasLookedAfterRestart: Bool) {
        defer { pool.sendNoJob() }
        guard hasLookedAfterRestart, !isHeldUp, !recovery.mustLookForRunners
        else { return prefetch.flushBatch() }
        defer { if backlog.isEmpty { pool.dismissIdleLater() } }
        var isFresh = false
        var busyCount = 0
        while !isStopping, !isHeldUp, pool.hasRoom {
            if let claimed = prefetch.takeFirst() {
                run(claimed)
                continue
            }
            switch backlog.claimNext(freeSlots: pool.freeSlots) {
            case .claimed(let claimed):
                isFresh = false
                run(claimed)
            case .passed: isFresh = false
            case .busy:
                // Very many may be busy, or fail: jobs begin and end meanwhile.
                busyCount += 1
                if busyCount == WorkerContext.busyLimit {
                    return context.reminders.set(.backOff(.claiming), at: Clock.monotonic())
                }
            case .backOff: return
            case .empty:
                // A fresh list that ran dry without any progress would only be the same again.
                if backlog.isComplete || isFresh { return }
                isFresh = true
                inbox.list()
            }
        }
        pool.sendNoJob()
        if isStopping || isHeldUp { prefetch.flushBatch() } else { prefetch.claimNext() }
    }

    private var isHeldUp: Bool { context.failures.isClaimingBackedOff }

    private func run(_ claimed: ClaimedJob) {
        // It waits again then, if it could be put back.
        if !pool.run(claimed) { backlog.notice(claimed.job.location) }
    }
}
