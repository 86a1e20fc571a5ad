import Spool
import SpoolSystem

/// Gives waiting jobs to runners, as far as there are slots.
final class Dispatcher {
    private let context: WorkerContext
    private let backlog: Backlog
    private let inbox: DropInbox
    private let pool: RunnerPool
    private let recovery: Recovery
    private let prefetch: Prefetch

    init(
        _ context: WorkerContext, _ backlog: Backlog, _ inbox: DropInbox, _ pool: RunnerPool,
        _ recovery: Recovery, _ prefetch: Prefetch
    ) {
        self.context = context
        self.backlog = backlog
        self.inbox = inbox
        self.pool = pool
        self.recovery = recovery
        self.prefetch = prefetch
    }

    /// Takes waiting jobs while there are free slots: the most urgent first, and never a later one because an
    /// earlier one needs more slots than are free now.
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
        while !isStopping, !isHeldUp, pool.hasRoom {
            if let claimed = prefetch.takeFirst() {
                run(claimed.job, claimed.origin)
                continue
            }
            guard let next = backlog.first else {
                // A fresh list that ran dry without any progress would only be the same again.
                if backlog.isComplete || isFresh { return }
                isFresh = true
                inbox.list()
                continue
            }
            switch backlog.claim(next.location, freeSlots: pool.freeSlots, take: run) {
            case .progress: isFresh = false
            case .busy: break
            case .backOff: return
            }
            backlog.remove(next)
        }
        pool.sendNoJob()
        if isStopping || isHeldUp { prefetch.flushBatch() } else { prefetch.claimNext() }
    }

    private var isHeldUp: Bool { context.failures.isClaimingBackedOff }

    private func run(_ locked: LockedJob, _ origin: JobLocation) {
        if !pool.run(locked, claimedFrom: origin) { backlog.notice(locked.location) }
    }
}
