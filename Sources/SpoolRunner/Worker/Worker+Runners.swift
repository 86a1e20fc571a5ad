import Spool
import SpoolSystem

/// The processes that run jobs: forked when they are needed, and kept while there is more to run.
extension Worker {
    /// Gives a claimed job to a runner that has nothing to do, or else to a new one.
    func run(_ locked: LockedJob, claimedFrom origin: JobLocation) {
        if !handOver(locked, claimedFrom: origin) { startRunner(locked) }
        // The lock is the runner's alone from here on: ours is closed with `locked`.
    }

    func assignment(of locked: LockedJob) -> Assignment {
        Assignment(locked.job, at: locked.location, slots: settings.slots)
    }

    private func handOver(_ locked: LockedJob, claimedFrom origin: JobLocation) -> Bool {
        let message = SpoolDirectory.handOver(locked, claimedFrom: origin)
        let job = assignment(of: locked)
        func isGiven(to token: RunnerID, _ channel: RunnerChannel) -> Bool {
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
            running[token] = Running(
                job: job, descriptor: runner.descriptor, child: child, channel: channel,
                given: runner.given &+ 1)
            return true
        }
        for (token, runner) in resting {
            guard let channel = runner.channel, isGiven(to: token, channel) else { continue }
            resting[token] = nil
            running[token] = Running(
                job: job, descriptor: runner.descriptor, child: runner.child, channel: channel,
                given: runner.given &+ 1)
            return true
        }
        return false
    }

    /// Those that end, and got no other job, need not wait.
    func tellThatNothingComes() {
        while let token = ending.popLast() {
            // One that is dead, or doesn't listen, says so otherwise.
            try? running[token]?.channel?.send(RunnerMessage.noJob)
        }
    }

    private func startRunner(_ locked: LockedJob) {
        let location = locked.location
        let child: Int32
        let channel: RunnerChannel
        do throws(Errno) {
            let (ours, theirs) = try Channel.pair()
            switch try ProcessControl.fork() {
            case .child:
                let needed = [locked.file.descriptor.number, theirs.number]
                ProcessControl.closeDescriptors(except: spool.descriptors + needed)
                RunnerProcess.serve(
                    locked, in: spool, workerID: id, heartbeat: settings.heartbeat,
                    defaults: settings.commands, channel: theirs, lastSync: lastSync)
            case .parent(let pid): (child, channel) = (pid, RunnerChannel(ours, theirs))
            }
        } catch {
            tell(
                error, "fork", of: .work("fork"),
                advice: "no runner for \(location.id), which waits again; see 'ulimit -u' and -n")
            attempt(.file(.running(location)), again: .running(location)) { () throws(SpoolError) in
                try spool.putBack(locked, note: "not started: \(error)")
            }
            noticeWaiting(locked.location)
            return rest(.starting, concernsAll: true)
        }
        overcome(.work("fork"))
        do throws(Errno) {
            try watchRunner(child, channel, assignment(of: locked))
            overcome(.work("watch"))
        } catch {
            // It runs all the same.
            tell(
                error, "pidfd_open", of: .work("watch"),
                advice: "the runner of \(location.id) goes on, and is looked at every second")
            unwatchedRunners[child] = assignment(of: locked)
            remind(.runners)
            rest(.starting, concernsAll: true)
        }
    }

    /// - Parameter channel: to a runner that this worker has forked; nil for another one's.
    func watchRunner(
        _ pid: Int32, _ channel: RunnerChannel?, _ job: Assignment
    ) throws(Errno) {
        let descriptor = try ProcessIdentity.openHandle(pid)
        let token = nextID
        nextID.number += 1
        try loop.watch(descriptor, as: .process(token))
        if let channel { try loop.watch(channel.number, as: .channel(token)) }
        running[token] = Running(
            job: job, descriptor: descriptor, child: channel == nil ? nil : pid,
            channel: channel, given: 1)
    }

    /// A runner says how far its job has come, or is gone itself.
    func didReceive(from token: RunnerID) {
        guard let channel = running[token]?.channel ?? resting[token]?.channel else { return }
        // A channel that fails is one whose runner is gone.
        guard let message = (try? channel.receive()) ?? nil, message.bytes.count >= 2,
            let said = RunnerMessage(rawValue: message.bytes[0])
        else {
            // The end of its process says the rest.
            dismiss(token)
            return
        }
        if said.isReport { return hear(said, RunnerReport(bytes: message.bytes.dropFirst(2))) }
        // What it said before it got another job is about the one before.
        guard var runner = running[token], let child = runner.child,
            message.bytes[1] == runner.given
        else { return }
        overcome(.file(.running(runner.job.location)))
        noteStarted()
        claimAgainNow()
        let now = Clock.monotonic()
        if !runner.isEnding {
            prefetch.noteEnd(
                of: runner.job.mustNotBeginTwice, after: now - runner.since,
                isShort: settings.prefetchBelow)
        }
        if let next = runner.next {
            (runner.job, runner.since, runner.next) = (next.job, now, nil)
            runner.given &+= 1
            running[token] = runner
            prefetch.noteProgress()
            return
        }
        switch said {
        case .finishing:
            running[token]?.isEnding = true
            ending.append(token)
        case .idle:
            running[token] = nil
            resting[token] = Resting(
                descriptor: runner.descriptor, child: child, channel: channel,
                given: runner.given)
            if resting.values.count(where: { $0.channel != nil }) > settings.slots {
                dismiss(token)
            }
        case .failing, .overcame, .resisting: break
        }
    }

    /// What a runner reports of a job, which need not be the one that it has now.
    private func hear(_ message: RunnerMessage, _ report: RunnerReport) {
        let doing = report.location.map { Doing.file(.running($0)) } ?? .work("end")
        switch message {
        case .idle, .finishing: break
        case .failing: tell(report.error(in: spool.path), of: doing)
        case .overcame: overcome(doing)
        // It says so once of each.
        case .resisting: self.report(report.error(in: spool.path).message)
        }
    }

    /// What a runner has said of jobs before it ended.
    private func hearTheRest(of token: RunnerID) {
        guard let channel = running[token]?.channel ?? resting[token]?.channel else { return }
        // There is nothing more where it fails.
        while let message = (try? channel.receive()) ?? nil {
            guard let said = message.bytes.first.flatMap(RunnerMessage.init), said.isReport
            else { continue }
            hear(said, RunnerReport(bytes: message.bytes.dropFirst(2)))
        }
    }

    /// A runner has begun a job, and more than that.
    private func noteStarted() {
        deathsUnborn = 0
        overcome(.work("start"))
        noteSuccess(in: .starting)
    }

    /// A runner's process has ended: its slots are free, and its job is looked at.
    func runnerEnded(_ token: RunnerID) {
        hearTheRest(of: token)
        if let claimed = takeBack(from: token) { prefetch.putFirst(claimed) }
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
        noteEnd(exitCode)
        // Its last job may also be one that it has never seen, as it was about to end.
        if recoverSurely(ended.job.location) == .waits, exitCode == nil { noteDeathUnborn() }
        if let next = ended.next { recoverSurely(next.job.location) }
    }

    /// A runner has died before its command began, and its job waits again at no cost: where each of them does, it would
    /// go on so for ever, as fast as processes can be made.
    private func noteDeathUnborn() {
        deathsUnborn += 1
        guard deathsUnborn >= Worker.deathsInSeries else { return }
        let error = SpoolError(
            .busy,
            "\(deathsUnborn) runners in a row have died before their commands began, and the jobs wait again:"
                + " the kernel's log (dmesg) may say what ends them")
        tell(error, of: .work("start"))
        rest(.starting, concernsAll: true)
    }

    /// So many may have been ended by somebody.
    private static let deathsInSeries = 3

    /// - Parameter exitCode: nil: it isn't known, or there was none.
    private func noteEnd(_ exitCode: Int32?) {
        switch exitCode {
        case RunnerExitCode.exhausted:
            let why =
                ProcessControl.exists("/dev/null")
                ? "its history says why" : "there is no /dev/null"
            let error = SpoolError(
                .busy, "a job could not be started now, and waits again: \(why)")
            tell(error, of: .work("start"))
            rest(.starting, concernsAll: true)
        case RunnerExitCode.finished:
            noteStarted()
            claimAgainNow()
        default: claimAgainNow()
        }
    }

    /// Those whose process has ended free their slots.
    func lookAtUnwatchedRunners() {
        for (child, job) in unwatchedRunners {
            let exitCode: Int32?
            switch Children.reap(child) {
            case .running: continue
            case .ended(let end): exitCode = end.exitCode
            case .none: exitCode = nil
            }
            unwatchedRunners[child] = nil
            noteEnd(exitCode)
            recoverSurely(job.location)
        }
        if !unwatchedRunners.isEmpty { remind(.runners) }
    }

    private func release(_ descriptor: CInt) {
        // It is closed next, which ends the watch as well.
        try? loop.stopWatching(descriptor)
        Descriptor.close(descriptor)
    }

    // MARK: Telling them to leave

    /// Closes the channel to a runner: it ends when it has nothing to do.
    func dismiss(_ token: RunnerID) {
        guard let channel = running[token]?.channel ?? resting[token]?.channel else { return }
        // It is closed with its last holder, which ends the watch as well.
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
