import Spool
import SpoolSystem
import SpoolTime

/// The context of all jobs that a runner runs, one after the other.
final class RunnerContext {
    /// The events that its loop waits for.
    enum Source: UInt64 {
        case signals, group, deadline, heartbeat, endings, worker, output, error
    }

    let spool: SpoolDirectory
    var storage: Storage { spool.storage }
    let workerID: String
    let identity = ProcessIdentity.own()
    /// For commands whose jobs give no environment.
    let defaults: CommandDefaults
    /// /dev/null, for commands that read nothing, and in the place of files that are closed.
    let null: Descriptor
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
    let loop: EventLoop<Source>
    let signals: Signals
    let deadlineTimer: Timer
    private let heartbeatTimer: Timer
    private let heartbeat: TimeSpan
    /// Whether nothing of the jobs before is left.
    private(set) var isClean = true

    /// After a job of more bytes than that, the memory isn't kept.
    private static let largestJob = 64 << 10

    init(
        spool: SpoolDirectory, workerID: String, heartbeat: TimeSpan, defaults: CommandDefaults
    ) throws(Errno) {
        self.spool = spool
        self.workerID = workerID
        self.heartbeat = heartbeat
        self.defaults = defaults
        null = try FilePath("/dev/null").openForReading()
        try ProcessControl.becomeSubreaper()
        signals = try Signals([
            ProcessControl.child, ProcessControl.terminate, ProcessControl.interrupt,
            ProcessControl.hangUp, ProcessControl.look, ProcessControl.brokenPipe,
        ])
        loop = try EventLoop()
        deadlineTimer = try Timer(.monotonic)
        heartbeatTimer = try Timer(.monotonic)
        try loop.watch(signals.number, as: .signals)
        try loop.watch(deadlineTimer.number, as: .deadline)
        try loop.watch(heartbeatTimer.number, as: .heartbeat)
    }

    func setHeartbeat() throws(Errno) {
        try heartbeatTimer.set(Clock.monotonic() + heartbeat.nanoseconds)
    }

    func acknowledgeHeartbeat() { heartbeatTimer.acknowledge() }

    /// Gives a sign of life of a job.
    func beat(_ locked: LockedJob) {
        // A heartbeat that can't be written now may be written next time.
        try? locked.file.descriptor.touch()
        try? setHeartbeat()
    }

    /// A job's command has ended.
    ///
    /// - Parameter leavesNothing: whether nothing of it is left in this process: no pipe, no child.
    func noteEnd(of locked: LockedJob, leavesNothing: Bool) {
        isClean = isClean && leavesNothing && locked.file.size <= RunnerContext.largestJob
    }

    /// Closes a job's file, and with it the lock, for this process has nothing to do with it any more. The first job is
    /// held by what this process was forked from, which never returns here.
    func close(_ locked: LockedJob) {
        if !locked.file.descriptor.close(becoming: null) { isClean = false }
    }
}
