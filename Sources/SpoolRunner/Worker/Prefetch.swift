import Spool
import SpoolSystem

/// Claims jobs before there is a slot for them. While commands are short, they would wait most for the syncs of their
/// starts. Many claims are made durable with one sync, and then no start needs its own.
///
/// The price is paid after a power cut: each of these jobs counts as begun. And another host couldn't tell which
/// ones those are.
///
/// With `prefetch_below` at 0s it is off: nothing is claimed without a slot.
final class Prefetch {
    private let context: WorkerContext
    private let backlog: Backlog
    private let pool: RunnerPool
    private let recovery: OrphanRecovery
    private var jobs = PrefetchedJobs()

    init(
        _ context: WorkerContext, _ backlog: Backlog, _ pool: RunnerPool, _ recovery: OrphanRecovery
    ) {
        self.context = context
        self.backlog = backlog
        self.pool = pool
        self.recovery = recovery
    }

    var isEmpty: Bool { jobs.isEmpty }
    /// Whether jobs are claimed whose claims aren't durable yet: more are to be claimed before the sync.
    var isBatching: Bool { jobs.isBatching }

    private var isOn: Bool { context.settings.prefetchBelow > .zero }

    /// A command has ended.
    func note(_ end: CommandEnd) {
        if let time = end.time {
            jobs.noteEnd(
                of: end.mustNotBeginTwice, after: time, isShort: context.settings.prefetchBelow)
        }
        if end.takesNext { jobs.noteProgress() }
    }

    /// The most jobs that are claimed before events are looked at again. They are few, since slots that become free
    /// meanwhile aren't filled. With many slots, whose ends come together, they are enough for all.
    private var claimsAtOnce: Int { max(4, context.settings.slots) }

    /// Claims the next jobs while all slots are taken, a few at a time, and then makes the claims durable.
    func claimNext() {
        guard isOn else { return }
        handOut()
        let limit = jobs.limit(
            slots: context.settings.slots, isShort: context.settings.prefetchBelow)
        let begins =
            jobs.isWorthwhile && jobs.count <= limit / 4 && context.storage.traits.isOfOneHost
        // Those that were claimed must not hold up more urgent jobs: a few of these are claimed beyond the limit.
        let urgentEnd = jobs.count + claimsAtOnce
        let end = jobs.isBatching || begins ? min(limit, urgentEnd) : 0
        if end == 0, !isNextUrgent { return }
        var mustWait = false
        var busyCount = 0
        while !mustWait, jobs.count < (isNextUrgent ? urgentEnd : end) {
            // A job of more slots must not be overtaken: it is claimed when they are free.
            switch backlog.claimNext(freeSlots: 1) {
            case .claimed(let claimed): jobs.addToBatch(claimed)
            case .passed: break
            case .busy:
                busyCount += 1
                mustWait = busyCount == WorkerContext.busyLimit
            case .backOff, .empty: mustWait = true
            }
        }
        if mustWait || backlog.isEmpty || jobs.count >= limit || !jobs.isWorthwhile {
            flushBatch()
            handOut()
        }
    }

    /// Whether the next job is to begin before those that were claimed.
    private var isNextUrgent: Bool {
        backlog.first.map { jobs.isBehind($0.location) } ?? false
    }

    /// Makes the claims durable that aren't yet.
    func flushBatch() {
        guard jobs.isBatching else { return }
        let start = Clock.monotonic()
        context.failures.attempt(.work("fsync")) { () throws(SpoolError) in
            if try Start(context.storage).flushClaims(of: jobs.batch.map(\.job)) {
                context.lastSync.nanoseconds = start
            }
        }
        let now = Clock.monotonic()
        jobs.keepBatch(at: now)
        context.reminders.add(.prefetched, at: now + patience)
    }

    // MARK: Their slots

    /// Gives each runner the job that it takes when the command that it runs has ended, without waiting for this
    /// process then.
    ///
    /// A late runner gets none: two of them would take the job from each other for ever.
    private func handOut() {
        let time = lateBefore
        while let id = pool.runners.readyForNext(busySince: time) {
            guard let claimed = takeBack(fromThoseSince: time) ?? jobs.takeFirst() else { return }
            // A runner that doesn't listen dies now, and frees a slot.
            if !pool.giveNext(claimed, to: id) { jobs.putFirst(claimed) }
        }
    }

    /// The next job for a slot that is free now.
    func takeFirst() -> ClaimedJob? {
        var claimed = takeBackLate() ?? jobs.takeFirst()
        if claimed == nil { claimed = takeBack(fromThoseSince: .max) }
        if claimed == nil, jobs.isBatching {
            flushBatch()
            claimed = jobs.takeFirst()
        }
        if claimed != nil { jobs.noteProgress() }
        return claimed
    }

    /// A job that is the next one of a runner whose command isn't a short one after all: others would overtake it.
    private func takeBackLate() -> ClaimedJob? {
        takeBack(fromThoseSince: lateBefore)
    }

    /// A runner whose command began before this instant of the monotonic clock is late.
    private var lateBefore: Int64 {
        Clock.monotonic() - context.settings.prefetchBelow.nanoseconds
    }

    /// Of the jobs that runners are to take next, and haven't taken yet, the first one that was given away.
    ///
    /// - Parameter time: before which a runner's command must have begun.
    private func takeBack(fromThoseSince time: Int64) -> ClaimedJob? {
        pool.runners.withEarliestNext(busySince: time).flatMap { takeBack(from: $0) }
    }

    /// - Returns: nil where the runner has taken its next job.
    private func takeBack(from id: RunnerID) -> ClaimedJob? {
        guard let (next, message) = pool.takeBackNext(from: id) else { return nil }
        var taken: LockedJob?
        if let file = message.descriptor {
            context.failures.attempt(.file(.running(next.job.location))) {
                () throws(SpoolError) in
                taken = try HandOver(context.storage).takeOver(
                    message.bytes, Descriptor(owning: file))
            }
        }
        guard let taken else {
            // Nobody has its lock now.
            recovery.recoverSurely(next.job.location)
            return nil
        }
        return ClaimedJob(job: taken, origin: next.origin)
    }

    /// A runner has ended: what it was to run next is the first one again.
    func takeBackFirst(from id: RunnerID) {
        if let claimed = takeBack(from: id) { jobs.putFirst(claimed) }
    }

    // MARK: Back

    /// How long a prefetched job waits for a slot, in nanoseconds, while no other gets one.
    private var patience: Int64 {
        max(100_000_000, 5 * context.settings.prefetchBelow.nanoseconds)
    }

    /// Others may take what has waited too long: the commands that run now are long ones.
    func review() {
        if jobs.isEmpty, pool.runners.withNext.isEmpty { return }
        let end = jobs.lastProgress + patience
        if Clock.monotonic() < end { return context.reminders.add(.prefetched, at: end) }
        putBack("no slot became free for it")
    }

    func putBack(_ reason: String) {
        let takenBack = pool.runners.withNext.compactMap { takeBack(from: $0) }
        let all = takenBack + jobs.takeAll()
        if all.isEmpty { return }
        for claimed in all {
            let locked = claimed.job
            let running = Reminder.running(locked.location)
            context.failures.attempt(.file(running), again: running) { () throws(SpoolError) in
                guard try PutBack(context.storage).putBack(locked, note: reason) == .moved
                else { return }
                backlog.notice(locked.location)
            }
        }
        // A power cut long after that is none of theirs.
        context.failures.attempt(.work("fsync")) { () throws(SpoolError) in
            try Start(context.storage).syncRunning()
        }
    }
}
