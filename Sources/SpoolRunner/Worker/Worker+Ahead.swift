import Spool
import SpoolSchedule
import SpoolSystem

/// Jobs that a worker has claimed before it has a slot for them. While commands are short, a sync for each start is
/// what they would wait for most; so many claims are made durable with one sync, and then no start needs its own.
///
/// The price is paid after a power cut: each of these jobs counts as begun. And another host couldn't tell which
/// ones those are.
struct ClaimsAhead {
    typealias Claimed = (job: LockedJob, origin: JobLocation)

    /// Not a slice, which would keep those that have left it, and with them their locks.
    private var jobs: [Claimed] = []
    /// Whether the last command that ended was a short one whose start had to be durable.
    private(set) var isWorthwhile = false
    /// When a job was claimed ahead or got its slot last, by the monotonic clock.
    private(set) var lastProgress: Int64 = 0

    var isEmpty: Bool { jobs.isEmpty }
    var count: Int { jobs.count }

    /// A command has ended.
    ///
    /// - Parameters:
    ///   - mustNotBeginTwice: of its job.
    ///   - time: that it took from the claim on, in nanoseconds.
    ///   - limit: of what is short.
    mutating func noteEnd(
        of mustNotBeginTwice: Bool, after time: Int64, isShort limit: TimeSpan
    ) {
        isWorthwhile = mustNotBeginTwice && time < limit.nanoseconds
    }

    mutating func append(_ claimed: [Claimed], at time: Int64) {
        jobs += claimed
        lastProgress = time
    }

    /// The job that was claimed first.
    mutating func takeFirst() -> Claimed? {
        if jobs.isEmpty { return nil }
        lastProgress = Clock.monotonic()
        return jobs.removeFirst()
    }

    /// All of them; and none are to be claimed before another short command has ended.
    mutating func takeAll() -> [Claimed] {
        defer { jobs = [] }
        isWorthwhile = false
        return jobs
    }
}

extension Worker {
    /// How many jobs are claimed ahead at most.
    private var aheadLimit: Int { min(8 * settings.slots, 32) }

    /// Claims the next jobs while all slots are taken.
    func claimAhead() {
        guard ahead.isWorthwhile, ahead.count <= aheadLimit / 4, !waiting.isEmpty,
            spool.isOfOneHost
        else { return }
        var claimed: [ClaimsAhead.Claimed] = []
        claiming: while ahead.count + claimed.count < aheadLimit, let next = waiting.first {
            // A job of more slots must not be overtaken: it is claimed when they are free.
            switch claim(next.location, freeSlots: 1, take: { claimed.append(($0, $1)) }) {
            case .progress, .busy: waiting.remove(next)
            case .rest: break claiming
            }
        }
        if claimed.isEmpty { return }
        let start = Clock.monotonic()
        attempt { () throws(SpoolError) in
            if try spool.secureClaims(of: claimed.map(\.job)) { lastSync = start }
        }
        let now = Clock.monotonic()
        ahead.append(claimed, at: now)
        remind(.ahead, at: now + aheadPatience)
    }

    /// How long a job that is claimed ahead waits for a slot, in nanoseconds, while no other gets one.
    private var aheadPatience: Int64 { max(100_000_000, 5 * settings.brisk.nanoseconds) }

    /// Others may take what has waited too long: the commands that run now are long ones.
    func reviewAhead() {
        if ahead.isEmpty { return }
        let end = ahead.lastProgress + aheadPatience
        if Clock.monotonic() < end { return remind(.ahead, at: end) }
        putAheadBack("no slot became free for it")
    }

    func putAheadBack(_ reason: String) {
        let jobs = ahead.takeAll()
        if jobs.isEmpty { return }
        for (locked, _) in jobs {
            attempt(again: .running(locked.location)) { () throws(SpoolError) in
                guard try spool.putBack(locked, note: reason) == .moved else { return }
                noticeWaiting(locked.location)
            }
        }
        // A power cut long after that is none of theirs.
        attempt { () throws(SpoolError) in try spool.syncRunning() }
    }
}
