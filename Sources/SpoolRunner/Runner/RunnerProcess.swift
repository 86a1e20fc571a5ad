import Spool
import SpoolSystem
import SpoolTime

/// A process that runs one job after the other: the parent of each command, and the holder of each job's lock. It
/// outlives the worker that forked it, so workers come and go and no exit code is lost. Another fork for each job would
/// cost more than all else that is done for a short one.
///
/// It ends when its worker is gone or has no more for it, or when it was told to. It also ends if anything of a job is
/// left in it: a child, a pipe, or much memory.
final class RunnerProcess {
    private let context: RunnerContext
    private let connection: WorkerConnection
    private let ends: EndBatch
    /// Reading ends of pipes that descendants of a command have kept: they have left its process group, or were to stay.
    private var leftOutputs: [CInt] = []

    /// The most jobs that one process runs.
    private static let mostJobs = 1000

    /// Becomes the runner of a claimed job, and then of others; for a child that has just been forked from a
    /// worker.
    ///
    /// - Parameters:
    ///   - defaults: what commands find where their jobs say nothing.
    ///   - channel: to the worker, who says what the next job is.
    ///   - lastSync: when the worker's last sync of running/ began that has succeeded, by the monotonic clock.
    /// - Returns: never; the process ends with a `RunnerExitCode`.
    static func serve(
        _ first: LockedJob, in spool: SpoolDirectory, workerID: String, heartbeat: TimeSpan,
        defaults: CommandDefaults, channel: Channel, lastSync: SharedCounter
    ) -> Never {
        ProcessControl.leaveSession()
        RunnerProcess.setTitle(first.id)
        StandardStreams.detach()
        do throws(Errno) {
            let process = try RunnerProcess(
                RunnerContext(
                    spool: spool, workerID: workerID, heartbeat: heartbeat, defaults: defaults),
                WorkerConnection(channel, spool), lastSync)
            let code = process.run(first)
            process.declineNext()
            process.leaveDrain()
            ProcessControl.exit(code)
        } catch {
            let reason =
                FilePath("/dev/null").exists ? error.description : "there is no /dev/null"
            ProcessControl.exit(putBack(first, reason, spool.storage))
        }
    }

    private init(
        _ context: RunnerContext, _ connection: WorkerConnection, _ lastSync: SharedCounter
    ) throws(Errno) {
        self.context = context
        self.connection = connection
        ends = try EndBatch(context, lastSync)
        try context.loop.watchForEnd(of: connection.number, as: .worker)
    }

    private func run(_ first: LockedJob) -> CInt {
        var next = first
        while true {
            let code = runOne(next)
            guard code == RunnerExitCode.finished else {
                finishAll()
                return code
            }
            switch connection.nextAtOnce() {
            case .job(let job): next = job
            case .unreadable:
                finishAll()
                return RunnerExitCode.unfinished
            case .none:
                finishAll()
                guard mayTakeAnother else { return code }
                ProcessControl.setTitle("spool-run")
                switch connection.awaitNext(or: context.signals) {
                case .job(let job): next = job
                case .none: return code
                case .unreadable: return RunnerExitCode.unfinished
                }
            }
            RunnerProcess.setTitle(next.id)
        }
    }

    private var mayTakeAnother: Bool {
        context.isClean && !connection.isDeclining && connection.jobCount < RunnerProcess.mostJobs
    }

    private func runOne(_ locked: LockedJob) -> CInt {
        let command = CommandProcess(locked, context)
        let execution = Execution(of: locked, command, context, connection)
        let end = JobEnd(locked, context, connection)
        // Reading the input may take its time, and ends must not wait for that.
        if locked.job.stdin != nil { finishAll() }
        let isStartSynced = locked.needsDurableStart
        // The sync of the start, or of other claims, is that of the ends too, unless an earlier one has failed.
        if isStartSynced { ends.flushContents() }
        let beginning = Clock.monotonic()
        var code = RunnerExitCode.finished
        var isFinished = true
        if let failure = execution.begin() {
            switch failure {
            case .ended: insist(end) { () throws(SpoolError) in _ = try end.finish(.immediate) }
            case .unstarted(let reason):
                code = RunnerProcess.putBack(locked, reason, context.storage)
            case .takenAway: break
            }
            if isStartSynced { ends.doubt() }
            finishAll()
            context.noteEnd(of: locked, leavesNothing: execution.leavesNothing)
        } else {
            ends.commandBegan(syncedAt: isStartSynced ? beginning : nil)
            superviseToTheEnd(execution)
            let result = execution.conclude()
            if case .unstarted(let reason) = result { code = putBackSurely(end, reason) }
            leftOutputs += command.outputs.map(\.descriptor)
            context.noteEnd(of: locked, leavesNothing: execution.leavesNothing)
            if case .ended = result { isFinished = finish(end) }
        }
        if isFinished { context.close(locked) } else { ends.append(end) }
        return code
    }

    // MARK: Ends

    /// Writes the end of the job, together with those of the jobs that come next where there may be some.
    ///
    /// - Returns: whether the job has gone on; false if its end is on record, and not yet durable.
    private func finish(_ end: JobEnd) -> Bool {
        var progress = JobEnd.Progress.finished
        // If nothing is synced, the end takes no longer than telling of it.
        guard end.locked.job.effectiveSync == .full, mayTakeAnother, connection.sendFinishing()
        else {
            insist(end) { () throws(SpoolError) in progress = try end.finish(.immediate) }
            return true
        }
        insist(end) { () throws(SpoolError) in progress = try end.finish(.batched) }
        // Their content was written while the command ran.
        ends.flushContents()
        return progress == .finished
    }

    /// Makes the ends durable that wait for that, and brings their jobs on, however long that takes; for when no command
    /// runs.
    private func finishAll() {
        for end in ends.finalizeAll() {
            insist(end) { () throws(SpoolError) in _ = try end.finish(.immediate) }
            context.close(end.locked)
        }
    }

    /// Tries until it succeeds, on a full disk, say: the exit code is nowhere but here. Unless nobody can ask for it.
    private func insist(_ end: JobEnd, _ body: () throws(SpoolError) -> Void) {
        var failures = 0
        while true {
            do throws(SpoolError) {
                return try body()
            } catch {
                if end.isMissing { return }
                // The jobs that this process was to run next can't wait for that.
                declineNext()
                context.beat(end.locked)
                // People are told of what lasts.
                if failures >= 3, !end.hasReportedFailure { end.report(error) }
                // Nothing that could happen meanwhile is worth an earlier try, or an end of trying.
                Sleep.after(failures: &failures)
            }
        }
    }

    // MARK: Jobs that go back

    /// A command was let go, and could not begin for want of something that may be there the next time.
    private func putBackSurely(_ end: JobEnd, _ reason: String) -> CInt {
        var result: MoveResult?
        insist(end) { () throws(SpoolError) in result = try end.putBack(reason) }
        return RunnerExitCode.ofPuttingBack(result)
    }

    /// A failure before the command could begin costs the job nothing: it waits again.
    private static func putBack(_ locked: LockedJob, _ reason: String, _ storage: Storage) -> CInt {
        // A job that can't be put back stays in running/, where recovery says why.
        let result = try? PutBack(storage).putBack(locked, note: "not started: \(reason)")
        return RunnerExitCode.ofPuttingBack(result)
    }

    /// Brings the jobs back that the worker has sent meanwhile, and takes no other one: this process is held up, or ends.
    private func declineNext() {
        for job in connection.decline() {
            _ = RunnerProcess.putBack(job, "its runner takes no more", context.storage)
        }
    }

    /// The worker is gone: others may run what this process was to take next, as the command may still take long.
    /// Recovery finds that as all else that the worker had claimed.
    private func abandonNext() {
        for job in connection.decline() { HandOver(context.storage).abandon(job) }
    }

    // MARK: Supervision

    private func superviseToTheEnd(_ execution: Execution<CommandProcess>) {
        var failures = 0
        while !execution.isFinished {
            let sources: [RunnerContext.Source]
            do throws(Errno) {
                sources = try context.loop.wait()
                failures = 0
            } catch {
                // epoll_wait fails only for what can't be here; the command must not be left alone.
                Sleep.after(failures: &failures)
                continue
            }
            for source in sources { handle(source, execution) }
        }
    }

    private func handle(_ source: RunnerContext.Source, _ execution: Execution<CommandProcess>) {
        switch source {
        case .signals: handleSignals(execution)
        case .group: execution.lookAtGroup()
        case .deadline:
            context.deadlineTimer.acknowledge()
            execution.deadlinePassed()
        case .heartbeat:
            context.acknowledgeHeartbeat()
            execution.heartbeat()
        case .endings: ends.timerFired()
        case .worker:
            try? context.loop.stopWatching(connection.number)
            abandonNext()
        case .output: execution.output(.output)
        case .error: execution.output(.error)
        }
    }

    private func handleSignals(_ execution: Execution<CommandProcess>) {
        // A signal that can't be read now is there at the next event.
        while let signal = (try? context.signals.next()) ?? nil {
            execution.handle(signal: signal)
            switch signal {
            case ProcessControl.terminate, ProcessControl.interrupt: declineNext()
            default: break
            }
        }
    }

    /// Leaves a process behind that reads the output of descendants that go on, and drops it. Without a reader, the
    /// next line would be the end of them (SIGPIPE). This one ends, as the worker and the job's lock want it.
    private func leaveDrain() {
        // If there can be no process, descendants get a SIGPIPE, as they would without.
        guard !leftOutputs.isEmpty, case .child? = try? ProcessControl.fork() else { return }
        ProcessControl.closeDescriptors(except: leftOutputs)
        ProcessControl.setTitle("spool-drain")
        ProcessControl.becomeOrdinary()
        BareDescriptor.drain(leftOutputs)
        ProcessControl.exit(0)
    }

    /// The end of an id tells it from others of about the same time; the beginning doesn't.
    private static func setTitle(_ id: JobID) {
        let text = id.description
        ProcessControl.setTitle("spool-run \(text)", name: "spool:\(text.suffix(6))")
    }
}
