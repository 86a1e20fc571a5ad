import Spool
import SpoolSystem

/// What runners say of their jobs, and how they end.
extension RunnerPool {
    /// A runner's command has ended.
    struct CommandEnd {
        let mustNotBeginTwice: Bool
        /// In nanoseconds; nil: it was told before.
        let time: Int64?
        /// Whether the runner goes on with the next job that it has been given.
        let takesNext: Bool
    }

    /// A runner says how far its job has come, or is gone itself.
    func didReceive(from id: RunnerID) -> CommandEnd? {
        guard let channel = self.channel(to: id) else { return nil }
        // A channel that fails is one whose runner is gone.
        guard let received = (try? channel.receive()) ?? nil, received.bytes.count >= 2,
            let message = RunnerMessage(rawValue: received.bytes[0])
        else {
            // The end of its process says the rest.
            dismiss(id)
            return nil
        }
        if message.isReport {
            context.take(message, RunnerReport(bytes: received.bytes.dropFirst(2)))
            return nil
        }
        // What it said before it got another job is about the one before.
        guard var runner = running[id], let child = runner.child,
            received.bytes[1] == runner.jobCount
        else { return nil }
        context.failures.overcome(.file(.running(runner.job.location)))
        starts.noteStarted()
        context.failures.claimAgainNow()
        let now = Clock.monotonic()
        let end = CommandEnd(
            mustNotBeginTwice: runner.job.mustNotBeginTwice,
            time: runner.isFinishing ? nil : now - runner.since, takesNext: runner.next != nil)
        if let next = runner.next {
            (runner.job, runner.since, runner.next) = (next.job, now, nil)
            runner.jobCount &+= 1
            running[id] = runner
        } else if message == .finishing {
            running[id]?.isFinishing = true
            finishing.append(id)
        } else {
            running[id] = nil
            idle[id] = IdleRunner(
                descriptor: runner.descriptor, child: child, channel: channel,
                jobCount: runner.jobCount)
            if idle.values.count(where: { $0.channel != nil }) > context.settings.slots {
                dismiss(id)
            }
        }
        return end
    }

    /// What a runner has said of jobs before it ended.
    func receiveReports(of id: RunnerID) {
        guard let channel = self.channel(to: id) else { return }
        // There is nothing more where it fails.
        while let received = (try? channel.receive()) ?? nil {
            guard let message = received.bytes.first.flatMap(RunnerMessage.init), message.isReport
            else { continue }
            context.take(message, RunnerReport(bytes: received.bytes.dropFirst(2)))
        }
    }

    /// A runner's process has ended: its slots are free.
    ///
    /// - Returns: what it had to do; nil: nothing.
    func remove(_ id: RunnerID) -> (runner: BusyRunner, exitCode: Int32?)? {
        dismiss(id)
        if let ended = idle.removeValue(forKey: id) {
            release(ended.descriptor)
            _ = Children.reap(ended.child)
            return nil
        }
        guard let ended = running.removeValue(forKey: id) else { return nil }
        release(ended.descriptor)
        var exitCode: Int32?
        if let child = ended.child, case .ended(let end) = Children.reap(child) {
            exitCode = end.exitCode
        }
        starts.noteEnd(exitCode)
        return (ended, exitCode)
    }

    private func release(_ descriptor: CInt) {
        // It is closed next, which ends the watch as well.
        try? context.loop.stopWatching(descriptor)
        BareDescriptor(descriptor).close()
    }

    func channel(to id: RunnerID) -> RunnerChannel? {
        running[id]?.channel ?? idle[id]?.channel
    }

    // MARK: Telling them to leave

    /// Closes the channel to a runner: it ends when it has nothing to do.
    func dismiss(_ id: RunnerID) {
        guard let channel = self.channel(to: id) else { return }
        // It is closed with its last holder, which ends the watch as well.
        try? context.loop.stopWatching(channel.number)
        running[id]?.channel = nil
        idle[id]?.channel = nil
    }

    /// Those that are idle leave.
    func dismissIdle() {
        for id in idle.keys { dismiss(id) }
    }

    /// No runner gets another job: they were forked with settings that aren't any more.
    func dismissAll() {
        dismissIdle()
        for id in running.keys { dismiss(id) }
    }

    /// After a while without a job there is no use in keeping them.
    func dismissIdleLater() {
        guard !context.reminders.contains(.idleRunners),
            idle.values.contains(where: { $0.channel != nil })
        else { return }
        context.reminders.add(.idleRunners, at: Clock.monotonic() + 1_000_000_000)
    }
}
