import Spool
import SpoolSystem

/// Looks once for what keeps jobs from starting and doesn't pass by itself. It looks only some time after the waiting
/// has begun: a job that can start has started by then, and costs nothing here.
struct Standstill {
    private let spool: SpoolDirectory
    private let isWorkerKnown: Bool
    /// When to look, by the monotonic clock; nil: that is done.
    private(set) var due: Int64? = Clock.monotonic() + Standstill.patience
    /// In nanoseconds.
    private static let patience: Int64 = 300_000_000
    /// It looks at no more jobs.
    private static let mostJobs = 1000

    /// - Parameter isWorkerKnown: whether it has been said already if no worker runs.
    init(_ spool: SpoolDirectory, isWorkerKnown: Bool) {
        self.spool = spool
        self.isWorkerKnown = isWorkerKnown
    }

    /// The earlier of two readings of the clock: until when nothing need be looked at.
    func deadline(before other: Int64?) -> Int64? {
        guard let due else { return other }
        return min(due, other ?? .max)
    }

    /// - Parameter locate: finds a job's present place.
    /// - Returns: what the jobs wait for, and which ones; nothing if it isn't time to look.
    mutating func look(
        at open: Set<JobID>, _ locate: (JobID) throws(SpoolError) -> JobLocation?
    ) throws(SpoolError) -> [(reason: String, jobs: [JobID])] {
        guard let due, Clock.monotonic() >= due else { return [] }
        self.due = nil
        let reasons = WaitReasons(spool)
        var waiting: [String: [JobID]] = [:]
        for id in open.sorted().prefix(Standstill.mostJobs) {
            guard let location = try locate(id),
                let reason = try reasons.hindrance(location, isWorkerKnown: isWorkerKnown)
            else { continue }
            waiting[reason, default: []].append(id)
        }
        return waiting.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
