import Spool
import SpoolSchedule
import SpoolSystem

/// A process that runs one job after the other, and what it keeps between them. Another fork for each job would
/// cost more than all else that is done for a short one.
///
/// It ends when its worker is gone or has no more for it, when it was told to, or when anything of a job is left in
/// it: a child, a pipe, or much memory.
package final class RunnerProcess {
    let spool: SpoolDirectory
    let workerID: String
    let ends: EndNotices
    let loop: EventLoop
    let signals: Signals
    let deadlineTimer: Timer
    let heartbeatTimer: Timer
    let identity = ProcessIdentity.own()
    let inherited = CommandSetup.inherited()
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
    private let heartbeat: TimeSpan
    private let channel: Channel

    /// What a runner says to its worker: its job has gone on, and it would take another one.
    static let isResting: [UInt8] = [1]
    /// So many jobs are run at most, whatever is left of each.
    private static let mostJobs = 1000
    /// After a job of more bytes than that, the memory isn't kept.
    private static let largestJob = 64 << 10

    /// Becomes the runner of a claimed job, and then of others; for a child that has just been forked from a
    /// worker.
    ///
    /// - Parameter channel: to the worker, who says what the next job is.
    /// - Returns: never; the process ends with one of `Runner.ExitCode`.
    package static func serve(
        _ first: LockedJob, in spool: SpoolDirectory, workerID: String, heartbeat: TimeSpan,
        ends: EndNotices, channel: Channel
    ) -> Never {
        ProcessControl.leaveSession()
        ProcessControl.setTitle("spool-run \(first.id)")
        ProcessControl.detachStandardStreams()
        do throws(Errno) {
            let process = try RunnerProcess(
                spool: spool, workerID: workerID, heartbeat: heartbeat, ends: ends,
                channel: channel)
            ProcessControl.exit(process.run(first))
        } catch {
            ProcessControl.exit(Runner.putBack(first, in: spool, error.description))
        }
    }

    private init(
        spool: SpoolDirectory, workerID: String, heartbeat: TimeSpan, ends: EndNotices,
        channel: Channel
    ) throws(Errno) {
        self.spool = spool
        self.workerID = workerID
        self.heartbeat = heartbeat
        self.ends = ends
        self.channel = channel
        try ProcessControl.becomeSubreaper()
        signals = try Signals([
            ProcessControl.child, ProcessControl.terminate, ProcessControl.interrupt,
            ProcessControl.hangUp, ProcessControl.look, ProcessControl.brokenPipe,
        ])
        loop = try EventLoop()
        deadlineTimer = try Timer(.monotonic)
        heartbeatTimer = try Timer(.monotonic)
        try loop.watch(signals.number, token: Runner.Token.signals.rawValue)
        try loop.watch(deadlineTimer.number, token: Runner.Token.deadline.rawValue)
        try loop.watch(heartbeatTimer.number, token: Runner.Token.heartbeat.rawValue)
    }

    func setHeartbeat() throws(Errno) {
        try heartbeatTimer.set(Clock.monotonic() + heartbeat.nanoseconds)
    }

    private func run(_ first: LockedJob) -> CInt {
        var next = first
        for count in 1... {
            let code = runOne(next)
            guard code == Runner.ExitCode.settled, isClean, count < RunnerProcess.mostJobs else {
                return code
            }
            switch awaitNext() {
            case .job(let job): next = job
            case .none: return code
            case .unreadable: return Runner.ExitCode.unsettled
            }
            ProcessControl.setTitle("spool-run \(next.id)")
        }
        return Runner.ExitCode.settled
    }

    /// Whether nothing of the last job is left.
    private var isClean = false

    private func runOne(_ locked: LockedJob) -> CInt {
        let runner = Runner(locked, in: self)
        let code = runner.run()
        // The first job is held by what this process was forked from, which never returns here.
        isClean =
            runner.leavesNothing && locked.file.size <= RunnerProcess.largestJob
            && locked.file.descriptor.letGo()
        return code
    }

    private enum Next {
        case job(LockedJob)
        /// No other comes.
        case none
        /// What came can't be taken over; whoever recovers it will bring it on.
        case unreadable
    }

    private func awaitNext() -> Next {
        ProcessControl.setTitle("spool-run")
        guard (try? channel.send(RunnerProcess.isResting)) != nil else { return .none }
        while true {
            guard let arrival = try? channel.wait(or: signals) else { return .none }
            switch arrival {
            case .message: return takeNext()
            case .signal:
                let signal = (try? signals.next()) ?? nil
                if signal == ProcessControl.terminate || signal == ProcessControl.interrupt {
                    return .none
                }
            }
        }
    }

    private func takeNext() -> Next {
        guard let message = (try? channel.receive()) ?? nil else { return .none }
        guard let file = message.descriptor,
            let job = (try? spool.takeOver(message.bytes, Descriptor(owning: file))) ?? nil
        else { return .unreadable }
        return .job(job)
    }
}
