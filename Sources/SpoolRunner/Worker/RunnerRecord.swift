import Spool
import SpoolSystem

/// A job that a runner has been given.
struct AssignedJob {
    let location: JobLocation
    let slots: Int
    /// Whether that its command may have begun must be known after a power cut.
    let mustNotBeginTwice: Bool

    init(_ job: Job, at location: JobLocation, _ context: WorkerContext) {
        self.location = location
        // No job takes more than the worker has.
        slots = min(job.effectiveSlots, context.settings.slots)
        mustNotBeginTwice = job.mustNotBeginTwice
    }

    init(_ locked: LockedJob, _ context: WorkerContext) {
        self.init(locked.job, at: locked.location, context)
    }
}

/// A runner whose job takes slots of the worker.
struct BusyRunner {
    var job: AssignedJob
    /// When that became the job that it runs, by the monotonic clock.
    var since = Clock.monotonic()
    /// The job that it takes as soon as the command has ended.
    var next: NextJob?
    let descriptor: CInt
    let pid: Int32
    /// Whether this worker has forked it; else it is the runner of a dead worker, which this one has adopted.
    let isChild: Bool
    /// To a child; nil: it gets no other job.
    var channel: RunnerChannel?
    /// How many jobs it has been given, up to this one.
    var jobCount: UInt8
    /// Whether its command has ended: its slots are free.
    var isFinishing = false

    /// Whether it may be given the job that it takes when the command that it runs has ended.
    var canTakeNext: Bool { next == nil && !isFinishing && channel != nil }

    /// Its next job is the one that it runs.
    mutating func begin(_ next: NextJob, at now: Int64) {
        (job, since, self.next) = (next.job, now, nil)
        jobCount &+= 1
    }
}

/// A job that lies in the channel to its runner.
struct NextJob {
    let job: AssignedJob
    let origin: JobLocation
    let message: [UInt8]
    /// By the monotonic clock.
    let handedAt: Int64
}

/// A runner that waits for another job.
struct IdleRunner {
    let descriptor: CInt
    let child: Int32
    /// nil: it was told to leave.
    var channel: RunnerChannel?
    let jobCount: UInt8
}
