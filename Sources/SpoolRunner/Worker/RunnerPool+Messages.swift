import Spool
import SpoolSystem

/// The messages and ends of runners.
extension RunnerPool {
    /// A runner says how far its job has come, or is gone itself.
    func didReceive(from id: RunnerID) -> CommandEnd? {
        guard let channel = runners.channel(to: id) else { return nil }
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
        // A message from before it got another job is about the one before.
        guard let runner = runners[id], runner.isChild, received.bytes[1] == runner.jobCount
        else { return nil }
        context.failures.overcome(.file(.running(runner.job.location)))
        starts.noteStarted()
        context.failures.claimAgainNow()
        let end = runners.noteEnd(of: id, isIdle: message == .idle, at: Clock.monotonic())
        if runners[id] == nil, runners.idleCount > context.settings.slots { dismiss(id) }
        return end
    }

    /// Takes the reports that a runner has sent before it ended.
    func receiveReports(of id: RunnerID) {
        guard let channel = runners.channel(to: id) else { return }
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
        if let ended = runners.removeIdle(id) {
            release(ended.descriptor)
            _ = Children.reap(ended.child)
            return nil
        }
        guard let ended = runners.removeBusy(id) else { return nil }
        release(ended.descriptor)
        var exitCode: Int32?
        if ended.isChild, case .ended(let end) = Children.reap(ended.pid) {
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

    // MARK: Telling them to leave

    /// Closes the channel to a runner: it ends when it has nothing to do.
    func dismiss(_ id: RunnerID) {
        guard let channel = runners.channel(to: id) else { return }
        // It is closed with its last holder, which ends the watch as well.
        try? context.loop.stopWatching(channel.number)
        runners.dropChannel(to: id)
    }

    /// Those that are idle leave.
    func dismissIdle() {
        for id in runners.idleIDs { dismiss(id) }
    }

    /// No runner gets another job: they were forked with settings that aren't any more.
    func dismissAll() {
        dismissIdle()
        for id in runners.busyIDs { dismiss(id) }
    }

    /// After a while without a job there is no use in keeping them.
    func dismissIdleLater() {
        guard !context.reminders.contains(.idleRunners),
            runners.firstIdle != nil
        else { return }
        context.reminders.add(.idleRunners, at: Clock.monotonic() + 1_000_000_000)
    }
}
