import Spool
import SpoolTime

extension JobEntry {
    /// When it may begin, if it waits for that; nil for a job that was moved out of scheduled/ under its name.
    var due: Instant? { location?.place == .scheduled ? location?.name.due : nil }
}

/// Tells why jobs wait. Pauses and workers, which are the same for all of them, are looked at once.
final class WaitReasons {
    private let spool: SpoolDirectory
    private var known: Surroundings?
    private var line: Line?

    private struct Surroundings {
        let pauses: Pauses
        /// Those that take jobs, and whose files describe them.
        let workers: [WorkerRecord]
        /// Whether others take jobs as well: nobody knows which ones.
        let areOthers: Bool
    }

    private struct Line {
        /// The jobs of incoming/, sorted once a second job is asked about.
        var waiting: [Order]
        var asked = 0
    }

    /// The order in which jobs come up.
    private struct Order: Comparable {
        let rank: Int
        let id: JobID

        init(_ name: JobFileName) {
            rank = name.priority?.rank ?? 9
            id = name.id
        }

        static func < (left: Order, right: Order) -> Bool {
            (left.rank, left.id) < (right.rank, right.id)
        }
    }

    init(_ spool: SpoolDirectory) {
        self.spool = spool
    }

    /// - Returns: nil when it doesn't wait.
    func text(for entry: JobEntry) throws(SpoolError) -> String? {
        switch entry.state {
        case .queued: try queued(entry)
        case .scheduled where entry.due == nil:
            "a time: its file's name has none ('spool move --at TIME', or --now)"
        case .scheduled:
            entry.due.map { due in
                due > spool.storage.now()
                    ? "its time, \(text(due))"
                    : "a worker that brings it in: it is due since \(due)"
            }
        case .retrying: entry.due.map { "its next attempt at \(text($0))" }
        case .held: "'spool release'"
        case .blocked: "other jobs"
        default: nil
        }
    }

    private func text(_ due: Instant) -> String {
        "\(due), in \(Ago.text(due - spool.storage.now()))"
    }

    /// Whether a job's time is so far away that who waits for the job wants to know.
    func isDueLate(_ location: JobLocation) -> Bool {
        guard location.place == .scheduled, let due = location.name.due else { return false }
        return due - spool.storage.now() > .seconds(10)
    }

    /// The time of a scheduled job, as the thing that it waits for.
    func time(of location: JobLocation) -> String? {
        location.name.due.map { "its time, \(text($0))" }
    }

    /// The times of several, as the thing that they wait for.
    func times(_ first: JobLocation, _ last: JobLocation) -> String? {
        guard let start = first.name.due, let end = last.name.due else { return nil }
        let now = spool.storage.now()
        return "their times: \(called(first)) first, in \(Ago.text(start - now));"
            + " \(called(last)) last, in \(Ago.text(end - now))"
    }

    /// A job, as a message calls it.
    func called(_ location: JobLocation) -> String {
        JobReader(spool.storage).entry(at: location)?.called ?? location.id.description
    }

    private func surroundings() throws(SpoolError) -> Surroundings {
        if let known { return known }
        let survey = try WorkerRegistry(spool.storage).survey()
        let found = Surroundings(
            pauses: try spool.pauses(), workers: survey.open,
            areOthers: survey.undescribed > 0)
        known = found
        return found
    }

    private func queued(_ entry: JobEntry) throws(SpoolError) -> String {
        guard let job = entry.job, let location = entry.location else {
            return "a worker that looks at it"
        }
        if let hindrance = try hindrance(job, at: location) { return hindrance }
        let serving = try surroundings().workers.filter {
            $0.serves(location.queue ?? job.effectiveQueue)
        }
        let able = WaitReasons.able(serving, for: job)
        if able.isEmpty {
            return "a worker that can take it: one runs whose file doesn't describe it"
                + " ('spool check' says which)"
        }
        let ahead = try countAhead(of: Order(location.name))
        let slots = able.reduce(0) { $0.clampedSum($1.slots) }
        return
            "a free slot of \(slots), \(ahead == 0 ? "as the next one" : "after \(ahead) others")"
    }

    /// The thing that a queued job waits for and that doesn't come by itself; nil if it only waits for its turn.
    private func hindrance(_ job: Job, at location: JobLocation) throws(SpoolError) -> String? {
        let surroundings = try surroundings()
        let queue = location.queue ?? job.effectiveQueue
        let pauses = surroundings.pauses
        if pauses.isEverything { return "'spool resume': all queues are paused" }
        if pauses.queues.contains(queue) { return "'spool resume \(queue)': the queue is paused" }
        let workers = surroundings.workers
        if surroundings.areOthers { return nil }
        if workers.isEmpty { return WaitReasons.noWorker }
        let serving = workers.filter { $0.serves(queue) }
        if serving.isEmpty {
            return "a worker for the queue \(queue): none of the \(workers.count) serves it"
        }
        guard WaitReasons.able(serving, for: job).isEmpty else { return nil }
        let wanted = (job.requires ?? []).joined(separator: ", ")
        return "a worker that offers \(wanted): none does"
    }

    private static let noWorker = "a worker: none is running ('spool worker')"

    /// The same of a job that somebody waits for, or has just submitted.
    ///
    /// - Parameter isWorkerKnown: whether it has been said already if no worker runs.
    func hindrance(_ location: JobLocation, isWorkerKnown: Bool) throws(SpoolError) -> String? {
        if location.place == .held { return "'spool release': it is held" }
        guard location.place == .incoming,
            let job = try JobReader(spool.storage).readIfJob(location),
            let text = try hindrance(job, at: location)
        else { return nil }
        return isWorkerKnown && text == WaitReasons.noWorker ? nil : text
    }

    /// Those of some workers that offer all that a job requires.
    static func able(_ workers: [WorkerRecord], for job: Job) -> [WorkerRecord] {
        let wanted = job.requires ?? []
        return workers.filter { offers($0, wanted) }
    }

    static func offers(_ worker: WorkerRecord, _ wanted: [String]) -> Bool {
        let offers = Set(worker.offers + ["host=\(worker.host)"])
        return wanted.allSatisfy { offers.contains($0) }
    }

    /// How many come up before one: counted for a single job, searched for many.
    private func countAhead(of order: Order) throws(SpoolError) -> Int {
        if self.line == nil {
            let all = try Listing(spool.storage).locations(in: [.incoming])
            self.line = Line(waiting: all.map { Order($0.name) })
        }
        self.line?.asked += 1
        if self.line?.asked == 2 { self.line?.waiting.sort() }
        guard let line else { return 0 }
        if line.asked == 1 { return line.waiting.count { $0 < order } }
        return line.waiting.partitionIndex { $0 < order }
    }
}

extension JobEntry {
    /// Its title and its id, as a message about one of several jobs has them.
    var called: String {
        guard let id else { return path }
        return job.map { "\($0.title) (\(id))" } ?? id.description
    }
}
