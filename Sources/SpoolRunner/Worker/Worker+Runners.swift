import Spool
import SpoolSystem

/// The processes that run jobs: forked when they are needed, and kept while there is more to run.
extension Worker {
    /// Gives a claimed job to a runner that has nothing to do, or else to a new one.
    func run(_ locked: LockedJob, claimedFrom origin: JobLocation) {
        if !handOver(locked, claimedFrom: origin) { startRunner(locked) }
        // The lock is the runner's alone from here on: ours is closed with `locked`.
    }

    /// - Parameters:
    ///   - descriptor: of the runner's process.
    ///   - given: how many jobs the runner has been given, with this one.
    private func running(
        _ job: Job, at location: JobLocation, descriptor: CInt, child: Int32?, channel: Channel?,
        given: UInt8 = 1
    ) -> Running {
        Running(
            location: location, slots: min(job.effectiveSlots, settings.slots),
            mustNotBeginTwice: job.mustNotBeginTwice, descriptor: descriptor, child: child,
            channel: channel, given: given)
    }

    private func handOver(_ locked: LockedJob, claimedFrom origin: JobLocation) -> Bool {
        let message = SpoolDirectory.handOver(locked, claimedFrom: origin, synced: lastSync)
        func isGiven(to token: UInt64, _ channel: Channel) -> Bool {
            do throws(Errno) {
                try channel.send(message, passing: locked.file.descriptor.number)
                return true
            } catch {
                // It is dead, or dies now.
                dismiss(token)
                return false
            }
        }
        // Best to one that waits with the sync of an end: it syncs this start with it.
        while let token = ending.popLast() {
            guard let runner = running[token], let channel = runner.channel,
                let child = runner.child, isGiven(to: token, channel)
            else { continue }
            running[token] = running(
                locked.job, at: locked.location, descriptor: runner.descriptor, child: child,
                channel: channel, given: runner.given &+ 1)
            return true
        }
        for (token, runner) in resting {
            guard let channel = runner.channel, isGiven(to: token, channel) else { continue }
            resting[token] = nil
            running[token] = running(
                locked.job, at: locked.location, descriptor: runner.descriptor,
                child: runner.child, channel: channel, given: runner.given &+ 1)
            return true
        }
        return false
    }

    /// Those that end, and got no other job, need not wait.
    func tellThatNothingComes() {
        while let token = ending.popLast() {
            // One that is dead, or doesn't listen, says so otherwise.
            try? running[token]?.channel?.send(RunnerProcess.nothing)
        }
    }

    private func startRunner(_ locked: LockedJob) {
        let location = locked.location
        let child: Int32
        let channel: Channel
        do throws(Errno) {
            let (ours, theirs) = try Channel.pair()
            switch try ProcessControl.fork() {
            case .child:
                ProcessControl.closeDescriptors(except: [
                    spool.root.number, locked.file.descriptor.number, theirs.number,
                ])
                RunnerProcess.serve(
                    locked, in: spool, workerID: id, heartbeat: settings.heartbeat, channel: theirs)
            case .parent(let pid): (child, channel) = (pid, ours)
            }
        } catch {
            report("no process for \(location.id): \(error)")
            attempt { () throws(SpoolError) in
                try spool.putBack(locked, note: "not started: \(error)")
            }
            return rest()
        }
        do throws(Errno) {
            try watchRunner(child, channel, locked.job, at: location)
        } catch {
            // It runs all the same, and counts again at the next look at everything.
            report("the runner of \(location.id) can't be watched: \(error)")
            rest()
        }
    }

    /// - Parameter channel: to a runner that this worker has forked; nil for another one's.
    func watchRunner(
        _ pid: Int32, _ channel: Channel?, _ job: Job, at location: JobLocation
    ) throws(Errno) {
        let descriptor = try ProcessIdentity.openHandle(pid)
        let token = nextToken
        nextToken += 2
        try loop.watch(descriptor, token: token)
        if let channel { try loop.watch(channel.number, token: token + 1) }
        running[token] = running(
            job, at: location, descriptor: descriptor, child: channel == nil ? nil : pid,
            channel: channel)
    }

    /// A runner says how far its job has come, or is gone itself.
    func runnerSpoke(_ token: UInt64) {
        guard let channel = running[token]?.channel ?? resting[token]?.channel else { return }
        guard let message = (try? channel.receive()) ?? nil, message.bytes.count == 2,
            let word = RunnerProcess.Word(rawValue: message.bytes[0])
        else {
            // The end of its process says the rest.
            dismiss(token)
            return
        }
        // What it said before it got another job is about the one before.
        guard let job = running[token], let child = job.child, message.bytes[1] == job.given else {
            return
        }
        attempts[.claiming] = nil
        switch word {
        case .ends:
            running[token]?.isEnding = true
            ending.append(token)
            ahead.noteEnd(
                of: job.mustNotBeginTwice, after: Clock.monotonic() - job.since,
                isShort: settings.brisk)
        case .rests:
            running[token] = nil
            resting[token] = Resting(
                descriptor: job.descriptor, child: child, channel: channel, given: job.given)
            if resting.values.count(where: { $0.channel != nil }) > settings.slots {
                dismiss(token)
            }
        }
    }

    /// A runner's process has ended: its slots are free, and its job is looked at.
    func runnerEnded(_ token: UInt64) {
        dismiss(token)
        if let ended = resting.removeValue(forKey: token) {
            release(ended.descriptor)
            _ = Children.reap(ended.child)
            return
        }
        guard let ended = running.removeValue(forKey: token) else { return }
        release(ended.descriptor)
        var exitCode: Int32?
        if let child = ended.child, case .ended(let end) = Children.reap(child) {
            exitCode = end.exitCode
        }
        switch exitCode {
        case Runner.ExitCode.settled: attempts[.claiming] = nil
        case Runner.ExitCode.exhausted:
            report("\(ended.location.id) could not be started now; it waits again")
            rest()
        default: recoverSurely(ended.location)
        }
    }

    private func release(_ descriptor: CInt) {
        try? loop.stopWatching(descriptor)
        Descriptor.close(descriptor)
    }

    // MARK: Telling them to leave

    /// Closes the channel to a runner: it ends when it has nothing to do.
    private func dismiss(_ token: UInt64) {
        guard let channel = running[token]?.channel ?? resting[token]?.channel else { return }
        try? loop.stopWatching(channel.number)
        running[token]?.channel = nil
        resting[token]?.channel = nil
    }

    /// Those that rest leave.
    func dismissResting() {
        for token in resting.keys { dismiss(token) }
    }

    /// No runner gets another job: they were forked with settings that aren't any more.
    func dismissRunners() {
        dismissResting()
        for token in running.keys { dismiss(token) }
    }

    /// After a while without a job there is no use in keeping them.
    func dismissRestingLater() {
        guard later[.resting] == nil, resting.values.contains(where: { $0.channel != nil }) else {
            return
        }
        remind(.resting, at: Clock.monotonic() + 1_000_000_000)
    }
}
