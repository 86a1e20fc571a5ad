import Spool
import SpoolSystem

/// The result of an attempt.
enum AttemptResult {
    /// The record of its end is made, and to be written.
    case ended
    /// The command never began, for a reason that is nothing against the job: it waits again.
    case unstarted(String)
    /// Somebody else has the job now.
    case takenAway
}

/// One attempt of a job. It records the start, and makes the record of the end. It owns the log, the time limit, the
/// cancellation and the heartbeat.
final class Execution<Body: AttemptBody> {
    private let locked: LockedJob
    private let body: Body
    private let context: RunnerContext
    private let connection: WorkerConnection
    private let log: LogWriter
    private var supervision: Supervision
    private var resistance = Resistance()
    /// The processes of its group that outlived the command, and were ended.
    private var outlived: [Attempt.Descendant] = []
    /// Whether the command has ended, with all of its process group.
    private(set) var isFinished = false

    init(
        of locked: LockedJob, _ body: Body, _ context: RunnerContext,
        _ connection: WorkerConnection
    ) {
        self.locked = locked
        self.body = body
        self.context = context
        self.connection = connection
        log = LogWriter(
            spool: context.spool, id: locked.id, limit: locked.job.effectiveOutputLimit.bytes)
        supervision = Supervision(
            timeout: locked.job.timeout, killAfter: locked.job.effectiveKillAfter,
            keepsChildren: locked.job.keepChildren ?? false)
    }

    /// Whether nothing of the job is left in this process: no pipe that somebody writes to, no child.
    var leavesNothing: Bool { isFinished && body.leavesNothing }
}

// MARK: - Start

extension Execution {
    private enum StartResult {
        case begun, takenAway, cancelled
        case failed(String)
    }

    /// Brings the command to run.
    ///
    /// - Returns: nil if it runs.
    func begin() -> AttemptResult? {
        var attempt = newAttempt()
        do throws(StartProblem) {
            if let identity = try body.prepare() { attempt.command = Attempt.Process(identity) }
        } catch {
            if error.isPassing { return .unstarted(error.message) }
            return fail(attempt, error.message, exitCode: error.exitCode)
        }
        attempt.startedAt = context.storage.now()
        let start = record(attempt)
        if case .begun = start { body.release() } else { body.abandon() }
        switch start {
        case .takenAway: return .takenAway
        case .failed(let reason): return .unstarted(reason)
        case .begun, .cancelled: break
        }
        Start(context.storage).noteStart(of: locked)
        if case .cancelled = start {
            return fail(nil, "cancelled before it began", .cancelled, exitCode: nil)
        }
        perform(supervision.begin(at: Clock.monotonic()))
        return nil
    }

    private func newAttempt() -> Attempt {
        var attempt = Attempt(
            number: locked.job.nextAttemptNumber, worker: context.workerID, host: Host.name,
            bootID: Host.bootID,
            runner: Attempt.Process(context.identity), command: nil,
            startedAt: context.storage.now())
        attempt.log = log.record
        return attempt
    }

    private func record(_ attempt: Attempt) -> StartResult {
        do throws(Errno) {
            try context.setHeartbeat()
        } catch {
            return .failed("\(error)")
        }
        do throws(SpoolError) {
            guard try Start(context.storage).recordStart(locked, attempt) else {
                return .takenAway
            }
        } catch {
            return .failed(error.message)
        }
        // A client that asked before the record was there found no runner to tell.
        return isCancelRequested ? .cancelled : .begun
    }

    /// Ends an attempt whose command could not be run at all.
    ///
    /// - Parameter attempt: not recorded yet, or nil when the job ends with it.
    private func fail(
        _ attempt: Attempt?, _ message: String, _ outcome: Attempt.Outcome = .failed,
        exitCode: Int32?
    ) -> AttemptResult {
        if let attempt {
            RetryPolicy.prepareNextAttempt(&locked.job)
            locked.job.attempts = (locked.job.attempts ?? []) + [attempt]
        }
        locked.editLastAttempt {
            $0.neverStarted(message, outcome, exitCode: exitCode, at: context.storage.now())
        }
        return .ended
    }
}

// MARK: - Supervise

extension Execution {
    func handle(signal: CInt) {
        switch signal {
        case ProcessControl.child: takeEvents()
        case ProcessControl.look: look()
        case ProcessControl.terminate, ProcessControl.interrupt: supervise(.toldToStop)
        default: break
        }
    }

    /// A process that the command has left behind may have ended.
    func lookAtGroup() {
        body.lookAnew()
        takeEvents()
    }

    private func takeEvents() {
        while !isFinished, let event = body.nextEvent() {
            // Before they get the signal, while they are there to be seen.
            if case .commandEnded(_, leavesOthers: true) = event, supervision.endsLeftovers {
                outlived = body.leftovers
            }
            supervise(event)
        }
    }

    func deadlinePassed() { supervise(.deadline) }

    func heartbeat() {
        look()
        // No event tells that a process has left the group, or that one has ended which can't be watched.
        if supervision.end != nil { lookAtGroup() }
        if !isFinished, let signal = resistance.again { send(signal) }
        context.beat(locked)
    }

    func output(_ stream: LogFormat.Stream) { body.output(stream, to: log) }

    private func supervise(_ event: Supervision.Event) {
        perform(supervision.handle(event, at: Clock.monotonic()))
    }

    private func perform(_ actions: [Supervision.Action]) {
        for action in actions {
            switch action {
            case .signalGroup(let signal): send(signal)
            // timerfd_settime(2) fails for wrong arguments only.
            case .setDeadline(let time): try? context.deadlineTimer.set(time)
            case .finish: isFinished = true
            }
        }
    }

    private func send(_ signal: CInt) {
        do throws(Errno) {
            try body.end(by: signal)
            _ = resistance.note(nil, of: signal)
        } catch {
            guard resistance.note(error, of: signal) else { return }
            let text = "\(error); it runs as another user, and keeps its slots until it ends"
            log.note("\(RunnerReport.resistance): \(text)", at: Clock.realtime())
            // Without a worker, the log and `status` say it.
            _ = connection.send(
                .resisting,
                RunnerReport(
                    RunnerReport.resistance, of: locked.location, errno: error.rawValue, text: text)
            )
        }
    }

    /// Looks whether the job is still ours, and still wanted.
    private func look() {
        if isTakenAway { supervise(.takenAway) }
        if isCancelRequested { supervise(.cancelRequested) }
    }

    /// A directory that can't be read just now is no reason to stop a command.
    private var isTakenAway: Bool {
        do throws(Errno) {
            let status = try context.storage.root.status(of: locked.path)
            return status?.identity != locked.file.identity
        } catch {
            return false
        }
    }

    /// A request that can't be seen now is seen at the next heartbeat.
    private var isCancelRequested: Bool {
        (try? CancelRequests(context.storage).isMade(locked.location)) == true
    }
}

// MARK: - End

extension Execution {
    /// Makes the record of the end, once all is over.
    ///
    /// - Returns: `.unstarted` if the command never began after all.
    func conclude() -> AttemptResult {
        // A descendant that has left the command's process group may keep the pipes open for ever, so what isn't there
        // now isn't waited for.
        while body.output(.output, to: log) {}
        while body.output(.error, to: log) {}
        let problem = body.startProblem()
        if let problem, problem.isPassing { return .unstarted(problem.message) }
        log.end()
        locked.editLastAttempt { attempt in
            if let problem {
                attempt.neverStarted(
                    problem.message, exitCode: problem.exitCode, at: context.storage.now())
            } else {
                supervision.conclude(&attempt, of: locked.job, at: context.storage.now())
                if let text = resistance.record { attempt.add(text) }
                attempt.recordOutliving(outlived)
            }
            attempt.log = log.record
        }
        if let reason = takeResult() {
            locked.editLastAttempt {
                $0.add("the result in SPOOL_RESULT was not taken: \(reason)")
            }
        }
        return .ended
    }

    /// Takes the result over that the command wrote, or else the end of its output.
    ///
    /// - Returns: why the one that it wrote isn't taken; nil where it is, or there is none.
    private func takeResult() -> String? {
        let written = context.storage.writtenResult(of: locked.location)
        if case .taken(let value) = written {
            locked.job.result = value
            return nil
        }
        if locked.job.attempts?.last?.outcome != .completed, !log.error.isEmpty {
            // A failure is told there.
            locked.job.result = .string(log.error.text)
        } else if !log.output.isEmpty {
            locked.job.result = .string(log.tailText)
        }
        if case .refused(let reason) = written { return reason }
        return nil
    }
}
