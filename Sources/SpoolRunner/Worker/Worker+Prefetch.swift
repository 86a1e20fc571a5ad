import Spool
import SpoolSystem
import SpoolTime

/// Jobs that a worker has claimed before it has a slot for them. While commands are short, a sync for each start is
/// what they would wait for most; so many claims are made durable with one sync, and then no start needs its own.
///
/// The price is paid after a power cut: each of these jobs counts as begun. And another host couldn't tell which
/// ones those are.
struct Prefetch {
    typealias Claimed = (job: LockedJob, origin: JobLocation)

    /// The most urgent ones first, and otherwise as they were claimed. Not a slice, which would keep those that have
    /// left it, and with them their locks.
    private var jobs: [Claimed] = []
    /// Those whose claim isn't durable yet: more are claimed before the sync.
    private(set) var batch: [Claimed] = []
    /// Whether the last command that ended was a short one.
    private(set) var isWorthwhile = false
    /// Whether its start had to be durable.
    private var isDurable = false
    /// The time that it took, in nanoseconds.
    private var lastTime: Int64 = 0
    /// When a job was claimed ahead or got its slot last, by the monotonic clock.
    private(set) var lastProgress: Int64 = 0

    var isEmpty: Bool { jobs.isEmpty && batch.isEmpty }
    var count: Int { jobs.count + batch.count }
    var isBatching: Bool { !batch.isEmpty }

    /// A command has ended.
    ///
    /// - Parameters:
    ///   - mustNotBeginTwice: of its job.
    ///   - time: that it took from the claim on, in nanoseconds.
    ///   - limit: of what is short.
    mutating func noteEnd(
        of mustNotBeginTwice: Bool, after time: Int64, isShort limit: TimeSpan
    ) {
        isWorthwhile = time < limit.nanoseconds
        isDurable = mustNotBeginTwice
        lastTime = time
    }

    /// How many jobs are claimed ahead at most. One for each slot is what spares the runners a wait; where one sync
    /// serves them all, as many as begin within twice the time of a short command, if they all take as long as the
    /// last one.
    func limit(slots: Int, isShort limit: TimeSpan) -> Int {
        guard isDurable else { return 2 * slots }
        let each = max(lastTime / Int64(slots), 1)
        return Int(max(1, min(2 * limit.nanoseconds / each, 32)))
    }

    mutating func addToBatch(_ claimed: Claimed) { batch.append(claimed) }

    /// The sync has been, or has failed: then each start needs its own.
    mutating func keepBatch(at time: Int64) {
        for claimed in batch {
            let next = jobs.firstIndex { claimed.origin.isMoreUrgent(than: $0.origin) }
            jobs.insert(claimed, at: next ?? jobs.count)
        }
        batch = []
        lastProgress = time
    }

    /// It is still the one that was claimed first.
    mutating func putFirst(_ claimed: Claimed) { jobs.insert(claimed, at: 0) }

    /// Whether a waiting job is to begin before all of them.
    func isBehind(_ location: JobLocation) -> Bool {
        jobs.first.map { location.isMoreUrgent(than: $0.origin) } ?? false
    }

    /// One of them has got its slot.
    mutating func noteProgress() { lastProgress = Clock.monotonic() }

    /// The job that was claimed first.
    mutating func takeFirst() -> Claimed? { jobs.isEmpty ? nil : jobs.removeFirst() }

    /// All of them; and none are to be claimed before another short command has ended.
    mutating func takeAll() -> [Claimed] {
        defer { (jobs, batch) = ([], []) }
        isWorthwhile = false
        return jobs + batch
    }
}

extension Worker {
    /// So many jobs are claimed at most before events are looked at again: few, for slots that become free meanwhile
    /// aren't filled; but with many slots, whose ends come together, enough for them.
    private var claimsAtOnce: Int { max(4, settings.slots) }

    /// Claims the next jobs while all slots are taken, a few at a time, and then makes the claims durable.
    func prefetchJobs() {
        let limit = prefetch.limit(slots: settings.slots, isShort: settings.prefetchBelow)
        let begins = prefetch.isWorthwhile && prefetch.count <= limit / 4 && spool.isOfOneHost
        var end = min(limit, prefetch.count + claimsAtOnce)
        if let next = waiting.first, prefetch.isBehind(next.location) {
            // Those that were claimed must not keep a more urgent job from its turn.
            end = prefetch.count + claimsAtOnce
        } else if !prefetch.isBatching && !begins {
            return
        }
        var mustRest = false
        while !mustRest, prefetch.count < end, let next = waiting.first {
            // A job of more slots must not be overtaken: it is claimed when they are free.
            switch claim(next.location, freeSlots: 1, take: { prefetch.addToBatch(($0, $1)) }) {
            case .progress, .busy: waiting.remove(next)
            case .rest: mustRest = true
            }
        }
        if mustRest || waiting.isEmpty || prefetch.count >= limit || !prefetch.isWorthwhile {
            flushBatch()
            handOutPrefetched()
        }
    }

    func flushBatch() {
        guard prefetch.isBatching else { return }
        let start = Clock.monotonic()
        attempt(.work("fsync")) { () throws(SpoolError) in
            if try spool.flushClaims(of: prefetch.batch.map(\.job)) {
                lastSync.nanoseconds = start
            }
        }
        let now = Clock.monotonic()
        prefetch.keepBatch(at: now)
        remind(.prefetched, at: now + prefetchPatience)
    }

    // MARK: Their slots

    /// Gives each runner the job that it takes when the command that it runs has ended, without waiting for this
    /// process then.
    func handOutPrefetched() {
        for token in running.keys {
            guard let runner = running[token], runner.next == nil, !runner.isEnding,
                let channel = runner.channel
            else { continue }
            guard let claimed = takeBackLate() ?? prefetch.takeFirst() else { return }
            let message = SpoolDirectory.handOver(claimed.job, claimedFrom: claimed.origin)
            guard (try? channel.send(message, passing: claimed.job.file.descriptor.number)) != nil
            else {
                // It dies now, and frees a slot.
                prefetch.putFirst(claimed)
                dismiss(token)
                continue
            }
            running[token]?.next = NextJob(
                job: assignment(of: claimed.job), origin: claimed.origin, message: message,
                handedAt: Clock.monotonic())
        }
    }

    /// The next job for a slot that is free now.
    func takeFirstPrefetched() -> Prefetch.Claimed? {
        var claimed = takeBackLate() ?? prefetch.takeFirst()
        if claimed == nil { claimed = takeBack(fromThoseSince: .max) }
        if claimed == nil, prefetch.isBatching {
            flushBatch()
            claimed = prefetch.takeFirst()
        }
        if claimed != nil { prefetch.noteProgress() }
        return claimed
    }

    /// A job that is the next one of a runner whose command isn't a short one after all: others would overtake it.
    private func takeBackLate() -> Prefetch.Claimed? {
        takeBack(fromThoseSince: Clock.monotonic() - settings.prefetchBelow.nanoseconds)
    }

    /// Of the jobs that runners are to take next, and haven't taken yet, the first one that was given away.
    ///
    /// - Parameter time: before which a runner's command must have begun.
    private func takeBack(fromThoseSince time: Int64) -> Prefetch.Claimed? {
        var first: (token: RunnerID, handedAt: Int64)?
        for (token, runner) in running where runner.since < time {
            guard let next = runner.next, next.handedAt < first?.handedAt ?? .max else { continue }
            first = (token, next.handedAt)
        }
        return first.flatMap { takeBack(from: $0.token) }
    }

    /// - Returns: nil where the runner has taken its next job.
    func takeBack(from token: RunnerID) -> Prefetch.Claimed? {
        // Where the channel fails, the runner is gone, and its end is told.
        guard let runner = running[token], let next = runner.next,
            let message = (try? runner.channel?.takeBack(next.message)) ?? nil
        else { return nil }
        running[token]?.next = nil
        var taken: LockedJob?
        if let file = message.descriptor {
            attempt(.file(.running(next.job.location))) { () throws(SpoolError) in
                taken = try spool.takeOver(message.bytes, Descriptor(owning: file))
            }
        }
        guard let taken else {
            // Nobody has its lock now.
            recoverSurely(next.job.location)
            return nil
        }
        return (taken, next.origin)
    }

    // MARK: Back

    /// How long a job that is claimed ahead waits for a slot, in nanoseconds, while no other gets one.
    private var prefetchPatience: Int64 { max(100_000_000, 5 * settings.prefetchBelow.nanoseconds) }

    /// Others may take what has waited too long: the commands that run now are long ones.
    func reviewPrefetched() {
        if prefetch.isEmpty, !running.values.contains(where: { $0.next != nil }) { return }
        let end = prefetch.lastProgress + prefetchPatience
        if Clock.monotonic() < end { return remind(.prefetched, at: end) }
        putPrefetchedBack("no slot became free for it")
    }

    func putPrefetchedBack(_ reason: String) {
        let given = running.keys.compactMap { takeBack(from: $0) }
        let jobs = given + prefetch.takeAll()
        if jobs.isEmpty { return }
        for (locked, _) in jobs {
            let running = Reminder.running(locked.location)
            attempt(.file(running), again: running) { () throws(SpoolError) in
                guard try spool.putBack(locked, note: reason) == .moved else { return }
                noticeWaiting(locked.location)
            }
        }
        // A power cut long after that is none of theirs.
        attempt(.work("fsync")) { () throws(SpoolError) in try spool.syncRunning() }
    }
}
