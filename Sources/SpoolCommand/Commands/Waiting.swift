import Spool
import SpoolSystem

/// An event of a job that somebody waits for.
package enum WaitEvent {
    /// These are waited for.
    case begin([JobID])
    /// Of several jobs whose output is wanted: their names.
    case names([JobID: String])
    case output(JobID, LogFormat.Record)
    /// No more output comes.
    case outputEnd(JobID)
    case end(JobID, JobEntry)
    /// Somebody has removed it.
    case gone(JobID)
    /// These jobs wait for something that doesn't come by itself, or not soon.
    case standstill(Hindrance)
    /// Why the kernel doesn't report what happens to the jobs.
    case fault(String)
    /// The deadline has come before so many have ended.
    case timeout(open: Int)
}

/// Waits for jobs and, if wanted, reads their output meanwhile.
struct Waiting {
    /// Their places, now or a moment ago.
    private let jobs: [JobLocation]
    private let spool: SpoolDirectory
    /// Whether the output is wanted.
    private let follows: Bool
    /// A reading of the monotonic clock in nanoseconds; nil: wait for ever.
    private let deadline: Int64?
    private let isWorkerKnown: Bool

    /// - Parameter isWorkerKnown: whether it has been said already if no worker runs.
    init(
        for jobs: [JobLocation], in spool: SpoolDirectory, follows: Bool = false,
        until deadline: Int64? = nil, isWorkerKnown: Bool = true
    ) {
        self.jobs = jobs
        self.spool = spool
        self.follows = follows
        self.deadline = deadline
        self.isWorkerKnown = isWorkerKnown
    }

    /// Returns when all have ended, or the deadline has come.
    func results(_ take: (WaitEvent) throws(SpoolError) -> Void) throws(SpoolError) {
        let ids = jobs.map(\.id)
        try take(.begin(ids))
        let waiter = JobWaiter(spool.storage, jobs)
        var open = Set(ids)
        // Those at which to look now: of thousands, only those that something happened to.
        var moved = ids
        var logs: [JobID: FollowedLog] = [:]
        if follows {
            if jobs.count > 1 { try take(.names(try spool.names(of: jobs))) }
            for id in ids { logs[id] = FollowedLog(LogReader(spool.storage, id)) }
        }
        var standstill = Standstill(spool, isWorkerKnown: isWorkerKnown)
        while !open.isEmpty {
            for id in moved where open.contains(id) {
                var place = try waiter.locate(id)
                var ended: JobEntry?
                while let location = place, location.place.isEnded, ended == nil {
                    ended = EndedJobs(spool.storage).entry(at: location, until: deadline)
                    // Somebody has had it run again; from here on its next move is noticed.
                    if ended == nil { place = try waiter.locate(id) }
                }
                guard let location = place else {
                    try take(.gone(id))
                    open.remove(id)
                    continue
                }
                if location.place == .running { logs[id]?.hasBegun = true }
                if location.place == .scheduled { standstill.expect(location) }
                guard let entry = ended else { continue }
                if let log = logs[id] {
                    try log.read { record throws(SpoolError) in try take(.output(id, record)) }
                    try take(.outputEnd(id))
                }
                open.remove(id)
                try take(.end(id, entry))
            }
            if open.isEmpty { break }
            let reasons = try standstill.look(at: open) { id throws(SpoolError) in
                try waiter.presentPlace(of: id)
            }
            for reason in reasons { try take(.standstill(reason)) }
            // Also if the log is watched: a write that is reported together with a move wakes as a move.
            for (id, log) in logs where open.contains(id) {
                try log.read(watchedBy: waiter) { record throws(SpoolError) in
                    try take(.output(id, record))
                }
            }
            if let fault = waiter.fault { try take(.fault(fault)) }
            var wake = JobWaiter.Wake.written
            while wake == .written {
                wake = try waiter.wait(until: standstill.deadline(before: deadline))
                guard wake == .written else { continue }
                for (id, log) in logs where open.contains(id) {
                    try log.read { record throws(SpoolError) in try take(.output(id, record)) }
                }
            }
            if wake == .timedOut, deadline.map({ Clock.monotonic() < $0 }) ?? true {
                moved = []
                continue
            }
            if wake == .timedOut { return try take(.timeout(open: open.count)) }
            if case .changed(let some) = wake { moved = Array(some) } else { moved = ids }
        }
    }
}

extension SpoolDirectory {
    /// The names of those jobs that have one.
    func names(of jobs: [JobLocation]) throws(SpoolError) -> [JobID: String] {
        var names: [JobID: String] = [:]
        for location in jobs {
            if let name = try JobReader(storage).entry(following: location)?.job?.name {
                names[location.id] = name
            }
        }
        return names
    }
}
