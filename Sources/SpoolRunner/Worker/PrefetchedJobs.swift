import Spool
import SpoolSystem
import SpoolTime

/// Jobs that a worker has claimed before it has a slot for them, and how many of them are worth it.
struct PrefetchedJobs {
    /// The most urgent ones first, and otherwise as they were claimed. Not a slice, which would keep those that have
    /// left it, and with them their locks.
    private var jobs: [ClaimedJob] = []
    /// Those whose claim isn't durable yet: more are claimed before the sync.
    private(set) var batch: [ClaimedJob] = []
    /// Whether the last command that ended was a short one.
    private(set) var isWorthwhile = false
    /// Whether its start had to be durable.
    private var isDurable = false
    /// The time that it took, in nanoseconds.
    private var lastTime: Int64 = 0
    /// When a job was prefetched or got its slot last, by the monotonic clock.
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

    /// How many jobs are prefetched at most. Two for each slot spare the runners a wait. If one sync serves them all,
    /// they are as many as begin within twice the time of a short command. Each counts as long as the last one.
    func limit(slots: Int, isShort limit: TimeSpan) -> Int {
        guard isDurable else { return 2 * slots }
        let each = max(lastTime / Int64(slots), 1)
        return Int(max(1, min(2 * limit.nanoseconds / each, 32)))
    }

    mutating func addToBatch(_ claimed: ClaimedJob) { batch.append(claimed) }

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
    mutating func putFirst(_ claimed: ClaimedJob) { jobs.insert(claimed, at: 0) }

    /// Whether a waiting job is to begin before all of them.
    func isBehind(_ location: JobLocation) -> Bool {
        jobs.first.map { location.isMoreUrgent(than: $0.origin) } ?? false
    }

    /// One of them has got its slot.
    mutating func noteProgress() { lastProgress = Clock.monotonic() }

    /// The job that was claimed first.
    mutating func takeFirst() -> ClaimedJob? { jobs.isEmpty ? nil : jobs.removeFirst() }

    /// All of them; and none are to be claimed before another short command has ended.
    mutating func takeAll() -> [ClaimedJob] {
        defer { (jobs, batch) = ([], []) }
        isWorthwhile = false
        return jobs + batch
    }
}
