import Spool
import SpoolSystem

/// Says once to who waits what keeps jobs from starting that doesn't go by itself. Only some time after the waiting has
/// begun: a job that can start has started by then, and costs nothing here.
struct Standstill {
    private let spoolDirectory: SpoolDirectory
    private let console: Console
    private let isWorkerKnown: Bool
    /// When to look, by the monotonic clock; nil: that is done.
    private(set) var due: Int64? = Clock.monotonic() + Standstill.patience
    /// In nanoseconds.
    private static let patience: Int64 = 300_000_000
    /// So many jobs are looked at, at most.
    private static let mostJobs = 1000

    /// - Parameter isWorkerKnown: whether it has been said already where no worker runs.
    init(_ spoolDirectory: SpoolDirectory, _ console: Console, isWorkerKnown: Bool) {
        self.spoolDirectory = spoolDirectory
        self.console = console
        self.isWorkerKnown = isWorkerKnown
    }

    /// The earlier of two readings of the clock: until when nothing need be looked at.
    func deadline(before other: Int64?) -> Int64? {
        guard let due else { return other }
        return min(due, other ?? .max)
    }

    /// - Parameter locate: where a job lies now.
    mutating func tell(
        of open: Set<JobID>, _ locate: (JobID) throws(SpoolError) -> JobLocation?
    ) throws(SpoolError) {
        guard let due, Clock.monotonic() >= due else { return }
        self.due = nil
        let reasons = WaitReasons(spoolDirectory)
        var waiting: [String: [JobID]] = [:]
        for id in open.sorted().prefix(Standstill.mostJobs) {
            guard let location = try locate(id),
                let reason = try reasons.hindrance(location, isWorkerKnown: isWorkerKnown)
            else { continue }
            waiting[reason, default: []].append(id)
        }
        for (reason, ids) in waiting.sorted(by: { $0.key < $1.key }) {
            Standstill.tell(ids, reason, console)
        }
    }

    private static func tell(_ ids: [JobID], _ reason: String, _ console: Console) {
        guard ids.count > 1, let first = ids.first else {
            return console.say("\(ids.first.map(String.init) ?? "a job") waits for \(reason)")
        }
        console.say("\(ids.count) jobs, \(first) the first of them, wait for \(reason)")
    }
}

extension Invocation {
    /// Says of jobs that were just submitted that no worker serves their queues, or offers what they require. Workers are
    /// only looked at where one is for another queue than the default one, or requires something.
    func tellUnserved(_ jobs: [Job], in spoolDirectory: SpoolDirectory) throws(SpoolError) {
        let special = jobs.filter {
            $0.effectiveQueue != Job.defaultQueue || !($0.requires ?? []).isEmpty
        }
        guard !special.isEmpty else { return }
        let workers = try spoolDirectory.workers()
        // That none is running has been said.
        guard !workers.isEmpty else { return }
        let unserved = Set(special.map(\.effectiveQueue)).filter { queue in
            !workers.contains { $0.serves(queue) }
        }
        for queue in unserved.sorted() { tellUnserved(queue) }
        let wanted = Set(
            special.filter { job in
                guard let requires = job.requires, !requires.isEmpty else { return false }
                return !unserved.contains(job.effectiveQueue)
                    && WaitReasons.able(
                        workers.filter { $0.serves(job.effectiveQueue) }, for: job
                    ).isEmpty
            }.compactMap(\.requires))
        for capabilities in wanted.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            console.say(
                "no worker offers \(capabilities.joined(separator: ", ")); what requires it waits for one"
                    + " ('spool worker --offer')")
        }
    }

    /// The same of a queue that jobs were moved to.
    func tellUnserved(queue: String, in spoolDirectory: SpoolDirectory) throws(SpoolError) {
        let workers = try spoolDirectory.workers()
        guard !workers.isEmpty, !workers.contains(where: { $0.serves(queue) }) else { return }
        tellUnserved(queue)
    }

    private func tellUnserved(_ queue: String) {
        console.say(
            "no worker serves the queue \(queue); what is in it waits for one"
                + " ('spool worker --queue \(queue)')")
    }
}
