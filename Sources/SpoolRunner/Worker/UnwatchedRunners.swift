import Spool
import SpoolSystem

/// Children of a worker of which no event tells, as there was no descriptor for that: they are looked at every second.
final class UnwatchedRunners {
    private let context: WorkerContext
    private let starts: RunnerStarts
    private var jobs: [Int32: AssignedJob] = [:]

    init(_ context: WorkerContext, _ starts: RunnerStarts) {
        self.context = context
        self.starts = starts
    }

    var isEmpty: Bool { jobs.isEmpty }
    /// Those that their jobs take.
    var slots: Int { jobs.values.reduce(0) { $0 + $1.slots } }

    func holds(_ location: JobLocation) -> Bool {
        jobs.values.contains { $0.location == location }
    }

    func add(_ child: Int32, _ job: AssignedJob) {
        jobs[child] = job
        context.reminders.add(.runners)
    }

    /// Those whose process has ended free their slots.
    ///
    /// - Returns: their jobs.
    func reap() -> [JobLocation] {
        var ended: [JobLocation] = []
        for (child, job) in jobs {
            let exitCode: Int32?
            switch Children.reap(child) {
            case .running: continue
            case .ended(let end): exitCode = end.exitCode
            case .none: exitCode = nil
            }
            jobs[child] = nil
            starts.noteEnd(exitCode)
            ended.append(job.location)
        }
        if !jobs.isEmpty { context.reminders.add(.runners) }
        return ended
    }
}
