import Spool
import SpoolSystem

/// What runs one job, in a process of its own: the parent of its command, and the holder of its lock. It outlives
/// the worker that forked it, so workers come and go and no exit code is lost.
///
/// It owns the log, the timeout, the cancellation and the heartbeat, and writes the job's end.
package final class Runner {
    /// How the runner tells its worker what became of the job.
    package enum ExitCode {
        /// The job has gone on, one way or another.
        package static let settled: CInt = 0
        /// Memory, processes, descriptors or disk ran out before the command began: the job waits again.
        package static let exhausted: CInt = 75
        /// The job's file couldn't be brought on; whoever recovers it will.
        package static let unsettled: CInt = 74
    }

    enum Token: UInt64 {
        case signals, deadline, heartbeat, endings, worker, output, error
    }

    let spool: SpoolDirectory
    let locked: LockedJob
    let process: RunnerProcess
    let log: LogWriter
    var outputs: [(stream: LogFormat.Stream, descriptor: CInt)] = []
    private var supervision: Supervision
    private var command: Int32 = 0
    private var setup: CommandSetup?
    private var released: ReleasedCommand?
    private var isFinished = false
    /// What outlived the command in its process group, and was ended.
    private var outlived: [Attempt.Descendant] = []
    /// Where the job lies while this runs it.
    let place: JobLocation
    /// Whether people were told that its end can't be recorded.
    var hasToldFailure = false
    var resistance = Resistance()

    init(_ locked: LockedJob, in process: RunnerProcess) {
        spool = process.spool
        self.locked = locked
        place = locked.location
        self.process = process
        log = LogWriter(
            spool: spool, id: locked.id, limit: locked.job.effectiveOutputLimit.bytes)
        supervision = Supervision(
            timeout: locked.job.timeout, killAfter: locked.job.effectiveKillAfter,
            keepsChildren: locked.job.keepChildren ?? false)
    }

    /// Whether nothing of the job is left in this process: no pipe that somebody writes to, no child.
    var leavesNothing: Bool {
        guard isFinished, outputs.isEmpty, case .none = Children.reap(-1) else { return false }
        return true
    }

    /// What comes before the command can begin, and failed, costs the job nothing.
    static func putBack(
        _ locked: LockedJob, in spool: SpoolDirectory, _ reason: String
    ) -> CInt {
        // What can't be put back stays in running/, where whoever recovers it says why.
        let result = try? spool.putBack(locked, note: "not started: \(reason)")
        return result == .moved ? ExitCode.exhausted : ExitCode.unsettled
    }

    /// Brings the command to run.
    ///
    /// - Returns: nil when it runs; otherwise the job has gone on without it, or can't.
    func begin() -> CInt? {
        let attempt = newAttempt()
        do throws(SpoolError) {
            if locked.job.command == nil, let fault = try spool.handlerFault(locked.job.type ?? "")
            {
                return fail(attempt, "can't run \(fault)", exitCode: 126)
            }
        } catch {
            // Nothing is known of the handler then, so nothing against the job.
            return Runner.putBack(locked, in: spool, error.message)
        }
        let input: Descriptor
        do throws(SpoolError) {
            input = try locked.job.openStandardInput(orNothing: process.null)
        } catch {
            // What runs out for the time being isn't the job's fault.
            if error.concernsAll { return Runner.putBack(locked, in: spool, error.message) }
            return fail(attempt, error.message, exitCode: nil)
        }
        do throws(Errno) {
            return try start(attempt, input: input)
        } catch {
            return Runner.putBack(locked, in: spool, "\(error)")
        }
    }

    private func newAttempt() -> Attempt {
        var attempt = Attempt(
            number: locked.job.nextAttemptNumber, worker: process.workerID, host: Host.name,
            bootID: Host.bootID,
            runner: Attempt.Process(process.identity), command: nil,
            startedAt: spool.now())
        attempt.log = log.record
        return attempt
    }
}

// MARK: - Start

extension Runner {
    private func start(_ prepared: Attempt, input: borrowing Descriptor) throws(Errno) -> CInt? {
        let output = try Descriptor.pipe()
        let outputEnd = Descriptor(owning: output.write)
        outputs.append((.output, output.read))
        let error = try Descriptor.pipe()
        let errorEnd = Descriptor(owning: error.write)
        outputs.append((.error, error.read))
        for (_, descriptor) in outputs { try Descriptor.setNonBlocking(descriptor) }

        let setup = CommandSetup(
            locked.job, at: locked.location, spoolPath: spool.presentPath(),
            defaults: process.defaults)
        let held = try SuspendedProcess(setup, input: input, output: outputEnd, error: errorEnd)
        command = held.pid
        var attempt = prepared
        if let identity = held.identity {
            attempt.command = Attempt.Process(identity)
        }
        attempt.startedAt = spool.now()
        try watch()
        do throws(SpoolError) {
            // Taken away before it began: the command ends unborn with `held`.
            guard try spool.recordStart(locked, attempt) else { return ExitCode.settled }
        } catch {
            return Runner.putBack(locked, in: spool, error.message)
        }
        // Who asked before the record was there found no runner to tell.
        let isCancelled = (try? spool.isCancelRequested(locked.location)) == true
        if !isCancelled { released = held.release() }
        spool.noteStart(of: locked)
        if isCancelled {
            return fail(nil, "cancelled before it began", .cancelled, exitCode: nil)
        }
        self.setup = setup
        // Only the command and its descendants hold the writing ends now, so that their end is ours to see.
        _ = consume outputEnd
        _ = consume errorEnd
        perform(supervision.begin(at: Clock.monotonic()))
        return nil
    }

    private func watch() throws(Errno) {
        for (stream, descriptor) in outputs {
            let token: Token = stream == .output ? .output : .error
            try process.loop.watch(descriptor, token: token.rawValue)
        }
        try process.setHeartbeat()
    }

    /// Ends an attempt whose command could not be run at all.
    ///
    /// - Parameter attempt: not recorded yet, or nil when the job ends with it.
    private func fail(
        _ attempt: Attempt?, _ message: String, _ outcome: Attempt.Outcome = .failed,
        exitCode: Int32?
    ) -> CInt {
        if let attempt {
            RetryPolicy.prepareNextAttempt(&locked.job)
            locked.job.attempts = (locked.job.attempts ?? []) + [attempt]
        }
        editAttempt { $0.neverStarted(message, outcome, exitCode: exitCode, at: spool.now()) }
        return finish()
    }

    private func editAttempt(_ change: (inout Attempt) -> Void) {
        guard var attempt = locked.job.attempts?.popLast() else { return }
        change(&attempt)
        locked.job.attempts?.append(attempt)
    }
}

// MARK: - Supervise

extension Runner {
    /// Until the command has ended, with all of its process group.
    ///
    /// - Returns: nil where its end is to be recorded; otherwise it never began, and the job has gone on, or can't.
    func superviseToTheEnd() -> CInt? {
        var failures = 0
        while !isFinished {
            let events: [EventLoop.Event]
            do throws(Errno) {
                events = try process.loop.wait()
                failures = 0
            } catch {
                // epoll_wait fails only for what can't be here; the command must not be left alone.
                Pause.after(failures: &failures)
                continue
            }
            for event in events { handle(event) }
        }
        drainOutput()
        let failure = released.take()?.startFailure()
        if let failure, failure.isShortage(with: setup) {
            return putBackUnborn(failure.message(for: locked.job, setup))
        }
        log.end()
        editAttempt { attempt in
            if let failure {
                attempt.neverStarted(
                    failure.message(for: locked.job, setup),
                    exitCode: failure.shellExitCode, at: spool.now())
            } else {
                supervision.conclude(&attempt, of: locked.job, at: spool.now())
                if let text = resistance.record { attempt.add(text) }
                attempt.recordOutliving(outlived)
            }
            attempt.log = log.record
        }
        if let reason = takeResult(locked.job.attempts?.last?.outcome) {
            editAttempt { $0.add("the result in SPOOL_RESULT was not taken: \(reason)") }
        }
        return nil
    }

    private func handle(_ event: EventLoop.Event) {
        switch Token(rawValue: event.token) {
        case .signals: handleSignals()
        case .deadline:
            process.deadlineTimer.acknowledge()
            perform(supervision.handle(.deadline, at: Clock.monotonic()))
        case .heartbeat:
            process.heartbeatTimer.acknowledge()
            if let signal = resistance.again { send(signal, to: command) }
            look()
            beat()
        case .endings: process.endingTimerFired()
        case .worker: process.workerIsGone()
        case .output: pump(.output)
        case .error: pump(.error)
        case nil: break
        }
    }

    private func handleSignals() {
        // A signal that can't be read now is there at the next event.
        while let signal = (try? process.signals.next()) ?? nil {
            switch signal {
            case ProcessControl.child: reap()
            case ProcessControl.look: look()
            case ProcessControl.terminate, ProcessControl.interrupt:
                perform(supervision.handle(.toldToStop, at: Clock.monotonic()))
                process.declineNext()
            default: break
            }
        }
    }

    /// Takes all children that have ended: the command, and orphans among its descendants.
    private func reap() {
        while case .ended(let end) = Children.reap(-1) {
            guard end.pid == command else { continue }
            let others = if case .none = Children.reap(-command) { false } else { true }
            // Before they get the signal, while they are there to be seen.
            if others, supervision.endsLeftovers { outlived = findOutliving() }
            perform(
                supervision.handle(
                    .commandEnded(end, leavesOthers: others), at: Clock.monotonic()))
        }
        guard supervision.end != nil, !isFinished, case .none = Children.reap(-command) else {
            return
        }
        perform(supervision.handle(.groupEmpty, at: Clock.monotonic()))
    }

    private func findOutliving() -> [Attempt.Descendant] {
        // Where they can't be seen, they are ended all the same.
        let all = (try? ProcessTable.all()) ?? []
        return all.filter { $0.group == command && $0.pid != command && !$0.isZombie }
            .map { Attempt.Descendant(pid: $0.pid, name: ProcessTable.name(of: $0.pid) ?? "?") }
    }

    /// Looks whether the job is still ours, and still wanted.
    private func look() {
        if let status = try? spool.root.status(of: locked.path) {
            if status.identity != locked.file.identity {
                perform(supervision.handle(.takenAway, at: Clock.monotonic()))
            }
        } else if isMissing() {
            perform(supervision.handle(.takenAway, at: Clock.monotonic()))
        }
        // A request that can't be seen now is seen at the next heartbeat.
        if (try? spool.isCancelRequested(locked.location)) == true {
            perform(supervision.handle(.cancelRequested, at: Clock.monotonic()))
        }
    }

    /// A directory that can't be read just now is no reason to stop a command.
    func isMissing() -> Bool {
        do throws(Errno) {
            return try spool.root.status(of: locked.path) == nil
        } catch {
            return false
        }
    }

    func beat() {
        // A heartbeat that can't be written now may be written next time.
        try? locked.file.descriptor.touch()
        try? process.setHeartbeat()
    }

    private func perform(_ actions: [Supervision.Action]) {
        for action in actions {
            switch action {
            case .signalGroup(let signal): send(signal, to: command)
            // timerfd_settime(2) fails for wrong arguments only.
            case .setDeadline(let time): try? process.deadlineTimer.set(time)
            case .finish: isFinished = true
            }
        }
    }
}
