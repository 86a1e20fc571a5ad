import Spool
import SpoolSystem
import SpoolTime

/// A process that runs one job after the other, and what it keeps between them. Another fork for each job would
/// cost more than all else that is done for a short one.
///
/// It ends when its worker is gone or has no more for it, when it was told to, or when anything of a job is left in
/// it: a child, a pipe, or much memory.
package final class RunnerProcess {
    let spool: SpoolDirectory
    let workerID: String
    let loop: EventLoop
    let signals: Signals
    let deadlineTimer: Timer
    let heartbeatTimer: Timer
    private let endingTimer: Timer
    let identity = ProcessIdentity.own()
    let defaults: CommandDefaults
    /// /dev/null, for commands that read nothing, and in the place of files that are let go.
    let null: Descriptor
    let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
    private let heartbeat: TimeSpan
    let channel: Channel
    /// When the last sync of running/ began that the worker has made, by the monotonic clock.
    private let lastSync: SharedCounter

    /// What a runner says to its worker, with the number of jobs that it has been given.
    enum Word: UInt8 {
        /// The job has gone on, and it would take another one.
        case rests = 1
        /// The command has ended. It takes the next job, which it has been sent meanwhile, or else its slots are free,
        /// and it would take another job at once; it waits for the answer. It syncs the end while that begins or runs.
        case ends = 2
        /// The end of a job can't be recorded, and that is tried again and again. A report of it follows, also of a
        /// job before the one that it has.
        case fails = 3
        /// That is over. A report follows, for the sake of the job's name.
        case overcomes = 4
        /// A command that is to be ended takes no signal. A report follows.
        case resists = 5

        /// Whether a report follows.
        var isReport: Bool {
            switch self {
            case .rests, .ends: false
            case .fails, .overcomes, .resists: true
            }
        }
    }
    /// The answer that there is none.
    static let nothing: [UInt8] = [0]
    /// How long the worker may take to answer, in milliseconds.
    static let patience: Int32 = 50
    /// So many jobs are run at most, whatever is left of each.
    private static let mostJobs = 1000
    /// So many ends are synced together at most, and the first of them waits so long at most, in nanoseconds, while
    /// the next commands begin.
    private static let mostEndings = 32
    private static let endingPatience: Int64 = 32_000_000
    /// Where an end can't be written while a command runs, it is tried again after that time, in nanoseconds.
    private static let retryPause: Int64 = 1_000_000_000
    /// After a job of more bytes than that, the memory isn't kept.
    private static let largestJob = 64 << 10

    /// Becomes the runner of a claimed job, and then of others; for a child that has just been forked from a
    /// worker.
    ///
    /// - Parameters:
    ///   - defaults: what commands find where their jobs say nothing.
    ///   - channel: to the worker, who says what the next job is.
    ///   - lastSync: when the worker's last sync of running/ began that has succeeded, by the monotonic clock.
    /// - Returns: never; the process ends with one of `Runner.ExitCode`.
    package static func serve(
        _ first: LockedJob, in spool: SpoolDirectory, workerID: String, heartbeat: TimeSpan,
        defaults: CommandDefaults, channel: Channel, lastSync: SharedCounter
    ) -> Never {
        ProcessControl.leaveSession()
        RunnerProcess.setTitle(first.id)
        ProcessControl.detachStandardStreams()
        do throws(Errno) {
            let process = try RunnerProcess(
                spool: spool, workerID: workerID, heartbeat: heartbeat, defaults: defaults,
                channel: channel, lastSync: lastSync)
            let code = process.run(first)
            process.declineNext()
            process.leaveDrain()
            ProcessControl.exit(code)
        } catch {
            let reason =
                ProcessControl.exists("/dev/null") ? error.description : "there is no /dev/null"
            ProcessControl.exit(Runner.putBack(first, in: spool, reason))
        }
    }

    private init(
        spool: SpoolDirectory, workerID: String, heartbeat: TimeSpan, defaults: CommandDefaults,
        channel: Channel, lastSync: SharedCounter
    ) throws(Errno) {
        self.defaults = defaults
        self.spool = spool
        self.workerID = workerID
        self.heartbeat = heartbeat
        self.channel = channel
        self.lastSync = lastSync
        null = try ProcessControl.openForReading("/dev/null")
        try ProcessControl.becomeSubreaper()
        signals = try Signals([
            ProcessControl.child, ProcessControl.terminate, ProcessControl.interrupt,
            ProcessControl.hangUp, ProcessControl.look, ProcessControl.brokenPipe,
        ])
        loop = try EventLoop()
        deadlineTimer = try Timer(.monotonic)
        heartbeatTimer = try Timer(.monotonic)
        endingTimer = try Timer(.monotonic)
        try loop.watch(signals.number, token: Runner.Token.signals.rawValue)
        try loop.watch(deadlineTimer.number, token: Runner.Token.deadline.rawValue)
        try loop.watch(heartbeatTimer.number, token: Runner.Token.heartbeat.rawValue)
        try loop.watch(endingTimer.number, token: Runner.Token.endings.rawValue)
        try loop.watchForEnd(of: channel.number, token: Runner.Token.worker.rawValue)
    }

    func setHeartbeat() throws(Errno) {
        try heartbeatTimer.set(Clock.monotonic() + heartbeat.nanoseconds)
    }

    // MARK: One job after the other

    /// The jobs that it has been given.
    var given = 1
    /// Jobs whose end is on record, and that go on once that is durable.
    private var endings: [Ending] = []
    private struct Ending {
        let runner: Runner
        let recordedAt: Int64
        /// Since when its content is on the disk, so that a sync of running/ makes it durable. nil: it is on its way.
        var securedAt: Int64?
    }
    /// Whether a sync of them has failed. Nobody knows what is on the disk then, and a sync after that proves nothing:
    /// each is to be written once more.
    private var areEndingsInDoubt = false
    /// Whether the worker was told of an end, and hasn't answered yet.
    var awaitsAnswer = false
    /// Whether nothing of the jobs before is left.
    var isClean = true
    /// Reading ends of pipes that descendants of a command have kept: they have left its process group, or were to stay.
    private var leftOutputs: [CInt] = []

    private func run(_ first: LockedJob) -> CInt {
        var next = first
        while true {
            let code = runOne(next)
            guard code == Runner.ExitCode.settled else {
                settleEndings()
                return code
            }
            switch nextAtOnce() {
            case .job(let job): next = job
            case .unreadable:
                settleEndings()
                return Runner.ExitCode.unsettled
            case .none:
                settleEndings()
                guard mayTakeAnother else { return code }
                switch awaitNext() {
                case .job(let job): next = job
                case .none: return code
                case .unreadable: return Runner.ExitCode.unsettled
                }
            }
            given += 1
            RunnerProcess.setTitle(next.id)
        }
    }

    /// Leaves a process behind that takes, to nowhere, what descendants that go on may still write: without a reader, the
    /// next line would be the end of them (SIGPIPE). This one ends, as the worker and the job's lock want it.
    private func leaveDrain() {
        // Where no process can be had, it is as it would be without.
        guard !leftOutputs.isEmpty, case .child? = try? ProcessControl.fork() else { return }
        ProcessControl.closeDescriptors(except: leftOutputs)
        ProcessControl.setTitle("spool-drain")
        ProcessControl.becomeOrdinary()
        Descriptor.drain(leftOutputs)
        ProcessControl.exit(0)
    }

    /// The end of an id tells it from others of about the same time; the beginning doesn't.
    private static func setTitle(_ id: JobID) {
        let text = id.description
        ProcessControl.setTitle("spool-run \(text)", name: "spool:\(text.suffix(6))")
    }

    private var mayTakeAnother: Bool { isClean && given < RunnerProcess.mostJobs }

    private func runOne(_ locked: LockedJob) -> CInt {
        let runner = Runner(locked, in: self)
        // What may take its time is no company for ends that wait.
        if locked.job.stdin != nil { settleEndings() }
        let isStartSynced = locked.needsDurableStart
        // The sync of the start, or of other claims, is that of the ends too, unless an earlier one has failed.
        if isStartSynced { secureEndings() }
        let beginning = Clock.monotonic()
        var code = runner.begin()
        if code == nil {
            let synced = isStartSynced ? beginning : lastSync.nanoseconds
            if !areEndingsInDoubt { passOnEndings(securedBefore: synced) }
            settleEndingsSoon()
            code = runner.superviseToTheEnd()
            leftOutputs += runner.outputs.map(\.descriptor)
        } else {
            // The sync of all of them may be what failed.
            if isStartSynced, !endings.isEmpty { areEndingsInDoubt = true }
            settleEndings()
        }
        isClean =
            isClean && runner.leavesNothing && locked.file.size <= RunnerProcess.largestJob
        if code == nil {
            // Where nothing is synced, the end takes no longer than telling of it.
            if locked.job.effectiveSync == .full, mayTakeAnother, tell(.ends) {
                awaitsAnswer = true
                let isRecorded = runner.recordEnd()
                // Their content was written while the command ran.
                secureEndings()
                if isRecorded {
                    endings.append(Ending(runner: runner, recordedAt: Clock.monotonic()))
                    return Runner.ExitCode.settled
                }
            } else {
                _ = runner.finish()
            }
        }
        letGo(of: locked)
        return code ?? Runner.ExitCode.settled
    }

    // MARK: Ends that wait for a sync

    /// Makes the recorded ends durable and brings their jobs on, however long that takes; for when no command runs.
    private func settleEndings() {
        if endings.isEmpty { return }
        syncEndings()
        for ending in endings {
            if areEndingsInDoubt || !ending.runner.settle() { _ = ending.runner.finish() }
            letGo(of: ending.runner.locked)
        }
        endings = []
        areEndingsInDoubt = false
    }

    /// Brings the jobs on whose ends are durable. A command runs already, so nothing is waited for here: one where it
    /// fails is found in running/ without a lock, with its end, and goes on as that of a runner that died.
    private func passOnEndings(securedBefore time: Int64) {
        endings.removeAll { ending in
            guard let securedAt = ending.securedAt, securedAt < time else { return false }
            _ = ending.runner.settle()
            letGo(of: ending.runner.locked)
            return true
        }
    }

    /// Waits until what the recorded ends say is on the disk.
    private func secureEndings() {
        if areEndingsInDoubt { return }
        for index in endings.indices where endings[index].securedAt == nil {
            // Whatever it failed with, each of them is written once more then.
            guard (try? spool.flushEnd(of: endings[index].runner.locked)) != nil else {
                areEndingsInDoubt = true
                return
            }
            endings[index].securedAt = Clock.monotonic()
        }
    }

    /// Makes the recorded ends durable, or has them in doubt.
    private func syncEndings() {
        secureEndings()
        // As above.
        if !areEndingsInDoubt, (try? spool.syncRunning()) == nil { areEndingsInDoubt = true }
    }

    /// A command runs: ends may wait for a few more, but not for long.
    private func settleEndingsSoon() {
        guard let first = endings.first else { return }
        let end = first.recordedAt + RunnerProcess.endingPatience
        if endings.count >= RunnerProcess.mostEndings || Clock.monotonic() >= end {
            settleEndingsNow()
        } else {
            setEndingTimer(end)
        }
    }

    /// While a command runs, whose supervision can't wait long: where it fails, it is tried again later.
    private func settleEndingsNow() {
        if !areEndingsInDoubt { passOnEndings(securedBefore: lastSync.nanoseconds) }
        if endings.isEmpty { return }
        syncEndings()
        if !areEndingsInDoubt { return passOnEndings(securedBefore: .max) }
        endings.removeAll { ending in
            guard ending.runner.tryToFinish() else { return false }
            letGo(of: ending.runner.locked)
            return true
        }
        if endings.isEmpty {
            areEndingsInDoubt = false
            return
        }
        setEndingTimer(Clock.monotonic() + RunnerProcess.retryPause)
    }

    private func setEndingTimer(_ time: Int64) {
        do throws(Errno) {
            try endingTimer.set(time)
        } catch {
            // Nothing would remind us, so now it is.
            if !areEndingsInDoubt { settleEndingsNow() }
        }
    }

    /// The time of the timer has come.
    func endingTimerFired() {
        endingTimer.acknowledge()
        if !endings.isEmpty { settleEndingsNow() }
    }

    /// The first job is held by what this process was forked from, which never returns here.
    private func letGo(of locked: LockedJob) {
        if !locked.file.descriptor.letGo(for: null) { isClean = false }
    }
}
