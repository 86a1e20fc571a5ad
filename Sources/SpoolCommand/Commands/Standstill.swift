import Spool
import SpoolSystem

/// Looks for what keeps jobs from starting and doesn't pass by itself, or not soon. It looks only some time after the
/// waiting, or a job's waiting for another attempt, has begun. A job that can start has started by then, and costs
/// nothing here.
struct Standstill {
    private let spool: SpoolDirectory
    private let isWorkerKnown: Bool
    /// When to look, by the monotonic clock; nil: that is done.
    private(set) var due: Int64? = Clock.monotonic() + Standstill.patience
    /// The jobs to look at; nil: all, for the first time.
    private var candidates: Set<JobID>?
    /// The last time that was told of a job that is due later.
    private var told: [JobID: Instant] = [:]
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

    /// Has one job looked at that waits for its time from now on, unless that was told.
    mutating func expect(_ location: JobLocation) {
        guard candidates != nil, isNews(location) else { return }
        candidates?.insert(location.id)
        due = due ?? Clock.monotonic() + Standstill.patience
    }

    /// Whether a job's time is later than the one that was told of it, as that of another attempt is.
    private func isNews(_ location: JobLocation) -> Bool {
        guard let last = told[location.id], let time = location.name.due else { return true }
        return time > last
    }

    /// - Parameter locate: finds a job's present place.
    /// - Returns: nothing if it isn't time to look.
    mutating func look(
        at open: Set<JobID>, _ locate: (JobID) throws(SpoolError) -> JobLocation?
    ) throws(SpoolError) -> [Hindrance] {
        guard let due, Clock.monotonic() >= due else { return [] }
        self.due = nil
        let reasons = WaitReasons(spool)
        var waiting: [String: [JobLocation]] = [:]
        var late: [JobLocation] = []
        let wanted = candidates.map { open.intersection($0) } ?? open
        candidates = []
        for id in wanted.sorted().prefix(Standstill.mostJobs) {
            guard let location = try locate(id) else { continue }
            if reasons.isDueLate(location) {
                guard isNews(location) else { continue }
                told[id] = location.name.due
                late.append(location)
            } else if let reason = try reasons.hindrance(location, isWorkerKnown: isWorkerKnown) {
                waiting[reason, default: []].append(location)
            }
        }
        var found = waiting.sorted { $0.key < $1.key }.map { reason, jobs in
            Hindrance(jobs: jobs.map(\.id), first: jobs.first.map(reasons.called), reason: reason)
        }
        late.sort { $0.name < $1.name }
        if let first = late.first, let last = late.last {
            let isOne = late.count == 1
            if let reason = isOne ? reasons.time(of: first) : reasons.times(first, last) {
                let name = isOne ? reasons.called(first) : nil
                found.append(Hindrance(jobs: late.map(\.id), first: name, reason: reason))
            }
        }
        return found
    }
}

/// The thing that jobs wait for and that doesn't come by itself, or not soon.
package struct Hindrance {
    package let jobs: [JobID]
    /// The first of them, as a message calls it; nil: the reason names it.
    package let first: String?
    package let reason: String
}
