import Spool
import SpoolSchedule

/// Why jobs that wait do so. What is the same for all of them is looked at once.
final class WaitReasons {
    private let spoolDirectory: SpoolDirectory
    private var known: Surroundings?

    private struct Surroundings {
        let pauses: Pauses
        let workers: [WorkerRecord]
        /// What lies in incoming/, sorted once a second job is asked about.
        var waiting: [Turn]
        var asked = 0
    }

    /// The order in which jobs come up.
    private struct Turn: Comparable {
        let rank: Int
        let id: JobID

        init(_ name: JobFileName) {
            rank = name.priority?.rank ?? 9
            id = name.id
        }

        static func < (left: Turn, right: Turn) -> Bool {
            (left.rank, left.id) < (right.rank, right.id)
        }
    }

    init(_ spoolDirectory: SpoolDirectory) {
        self.spoolDirectory = spoolDirectory
    }

    /// - Returns: nil when it doesn't wait.
    func text(for entry: JobEntry) throws(SpoolError) -> String? {
        switch entry.state {
        case .queued: try queued(entry)
        case .scheduled where entry.location?.name.due == nil:
            "a time: its file's name has none ('spool move --at TIME', or --now)"
        case .scheduled:
            entry.location?.name.due.map { due in
                due > spoolDirectory.now()
                    ? "its time, \(due), in \(Ago.text(due - spoolDirectory.now()))"
                    : "a worker that brings it in: it is due since \(due)"
            }
        case .retrying:
            entry.location?.name.due.map { due in
                "its next try at \(due), in \(Ago.text(due - spoolDirectory.now()))"
            }
        case .held: "'spool release'"
        case .blocked: "other jobs"
        default: nil
        }
    }

    private func surroundings() throws(SpoolError) -> Surroundings {
        if let known { return known }
        let found = Surroundings(
            pauses: try spoolDirectory.pauses(), workers: try spoolDirectory.workers(),
            waiting: try spoolDirectory.locations(in: [.incoming]).map { Turn($0.name) })
        known = found
        return found
    }

    private func queued(_ entry: JobEntry) throws(SpoolError) -> String {
        guard let job = entry.job, let location = entry.location else {
            return "a worker that looks at it"
        }
        let surroundings = try surroundings()
        let queue = location.queue ?? job.effectiveQueue
        let pauses = surroundings.pauses
        if pauses.isEverything { return "'spool resume': all queues are paused" }
        if pauses.queues.contains(queue) { return "'spool resume \(queue)': the queue is paused" }
        let workers = surroundings.workers
        if workers.isEmpty { return "a worker: none is running ('spool worker')" }
        let serving = workers.filter { $0.serves(queue) }
        if serving.isEmpty {
            return "a worker for the queue \(queue): none of the \(workers.count) serves it"
        }
        let able = WaitReasons.able(serving, for: job)
        if able.isEmpty {
            let wanted = (job.requires ?? []).joined(separator: ", ")
            return "a worker that offers \(wanted): none does"
        }
        let ahead = countAhead(of: Turn(location.name))
        let slots = able.reduce(0) { $0 + $1.slots }
        return
            "a free slot of \(slots), \(ahead == 0 ? "as the next one" : "after \(ahead) others")"
    }

    /// Those of some workers that offer all that a job requires.
    static func able(_ workers: [WorkerRecord], for job: Job) -> [WorkerRecord] {
        let wanted = job.requires ?? []
        return workers.filter { worker in
            let offers = Set(worker.offers + ["host=\(worker.host)"])
            return wanted.allSatisfy { offers.contains($0) }
        }
    }

    /// How many come up before one: counted for a single job, searched for many.
    private func countAhead(of turn: Turn) -> Int {
        known?.asked += 1
        if known?.asked == 2 { known?.waiting.sort() }
        guard let known else { return 0 }
        if known.asked == 1 { return known.waiting.count { $0 < turn } }
        var (low, high) = (0, known.waiting.count)
        while low < high {
            let middle = (low + high) / 2
            if known.waiting[middle] < turn { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
