import Spool
import SpoolSystem

/// The processes that run jobs: forked when they are needed, and kept while there is more to run.
final class RunnerPool {
    let context: WorkerContext
    /// Runners whose jobs take slots of this worker.
    var running: [RunnerID: BusyRunner] = [:]
    /// Runners that wait for another job.
    var idle: [RunnerID: IdleRunner] = [:]
    /// Those whose command has ended just now: they would take another job at once.
    var finishing: [RunnerID] = []
    let unwatched: UnwatchedRunners
    private var nextID = RunnerID(number: 0)
    let starts: RunnerStarts

    /// How many runners may be writing ends beside those whose commands run: as many as gain from being synced
    /// together, and no more processes than needed.
    private static let finishingLimit = 16

    init(_ context: WorkerContext) {
        self.context = context
        starts = RunnerStarts(context)
        unwatched = UnwatchedRunners(context, starts)
    }

    /// Whether no job runs.
    var isEmpty: Bool { running.isEmpty && unwatched.isEmpty }
    var hasIdle: Bool { !idle.isEmpty }

    var freeSlots: Int {
        context.settings.slots
            - running.values.reduce(0) { $0 + ($1.isFinishing ? 0 : $1.job.slots) }
            - unwatched.slots
    }

    /// Whether another job may be started: a slot is free, and the disk keeps up with the ends of those before.
    var hasRoom: Bool {
        freeSlots > 0
            && running.values.count { $0.isFinishing } < RunnerPool.finishingLimit
                + context.settings.slots
    }

    /// Whether a job is one of those that this worker has given away.
    func holds(_ location: JobLocation) -> Bool {
        running.values.contains { $0.job.location == location || $0.next?.job.location == location }
            || unwatched.holds(location)
    }

    // MARK: Jobs

    /// Gives a claimed job to a runner that has nothing to do, or else to a new one. The lock is the runner's alone from
    /// here on: ours is closed with `locked`.
    ///
    /// - Returns: false where there can be no runner, and the job waits again.
    func run(_ locked: LockedJob, claimedFrom origin: JobLocation) -> Bool {
        handOver(locked, claimedFrom: origin) || startRunner(locked)
    }

    private func handOver(_ locked: LockedJob, claimedFrom origin: JobLocation) -> Bool {
        let message = HandOver.handOver(locked, claimedFrom: origin)
        let job = Assignment(locked, context)
        // Best to one that waits with the sync of an end: it syncs this start with it.
        while let id = finishing.popLast() {
            guard let runner = running[id], let channel = runner.channel, let child = runner.child,
                send(message, with: locked, to: id, channel)
            else { continue }
            running[id] = BusyRunner(
                job: job, descriptor: runner.descriptor, child: child, channel: channel,
                jobCount: runner.jobCount &+ 1)
            return true
        }
        for (id, runner) in idle {
            guard let channel = runner.channel, send(message, with: locked, to: id, channel)
            else { continue }
            idle[id] = nil
            running[id] = BusyRunner(
                job: job, descriptor: runner.descriptor, child: runner.child, channel: channel,
                jobCount: runner.jobCount &+ 1)
            return true
        }
        return false
    }

    private func send(
        _ message: [UInt8], with locked: LockedJob, to id: RunnerID, _ channel: RunnerChannel
    ) -> Bool {
        do throws(Errno) {
            try channel.send(message, passing: locked.file.descriptor.number)
            return true
        } catch {
            // It is dead, or dies now.
            dismiss(id)
            return false
        }
    }

    /// Those that finish, and got no other job, need not wait.
    func sendNoJob() {
        while let id = finishing.popLast() {
            // One that is dead, or doesn't listen, says so otherwise.
            try? running[id]?.channel?.send(RunnerMessage.noJob)
        }
    }

    private func startRunner(_ locked: LockedJob) -> Bool {
        let location = locked.location
        let child: Int32
        let channel: RunnerChannel
        do throws(Errno) {
            (child, channel) = try RunnerChannel.fork(locked, context)
        } catch {
            let running = Reminder.running(location)
            context.failures.note(
                error, "fork", of: .work("fork"),
                advice: "no runner for \(location.id), which waits again; see 'ulimit -u' and -n")
            context.failures.attempt(.file(running), again: running) { () throws(SpoolError) in
                try PutBack(context.storage).putBack(locked, note: "not started: \(error)")
            }
            context.failures.backOff(.starting, concernsAll: true)
            return false
        }
        context.failures.overcome(.work("fork"))
        do throws(Errno) {
            try watch(child, channel, Assignment(locked, context))
            context.failures.overcome(.work("watch"))
        } catch {
            // It runs all the same.
            context.failures.note(
                error, "pidfd_open", of: .work("watch"),
                advice: "the runner of \(location.id) goes on, and is looked at every second")
            unwatched.add(child, Assignment(locked, context))
            context.failures.backOff(.starting, concernsAll: true)
        }
        return true
    }

    /// - Parameter channel: to a runner that this worker has forked; nil for another one's.
    private func watch(
        _ pid: Int32, _ channel: RunnerChannel?, _ job: Assignment
    ) throws(Errno) {
        let descriptor = try ProcessIdentity.openHandle(pid)
        let id = nextID
        nextID.number += 1
        try context.loop.watch(descriptor, as: .process(id))
        if let channel { try context.loop.watch(channel.number, as: .channel(id)) }
        running[id] = BusyRunner(
            job: job, descriptor: descriptor, child: channel == nil ? nil : pid,
            channel: channel, jobCount: 1)
    }

    /// Counts the runner of a dead worker against the slots.
    func adopt(_ pid: Int32, _ job: Job, at location: JobLocation) {
        // If it ends in between, the descriptor says so at once, or can't be had.
        try? watch(pid, nil, Assignment(job, at: location, context))
    }

    // MARK: The job after the present one

    /// Gives a runner the job that it takes when the command that it runs has ended.
    ///
    /// - Returns: false where the runner dies now.
    func giveNext(_ claimed: PrefetchedJobs.Claimed, to id: RunnerID) -> Bool {
        guard let channel = running[id]?.channel else { return false }
        let message = HandOver.handOver(claimed.job, claimedFrom: claimed.origin)
        guard send(message, with: claimed.job, to: id, channel) else { return false }
        running[id]?.next = NextJob(
            job: Assignment(claimed.job, context), origin: claimed.origin, message: message,
            handedAt: Clock.monotonic())
        return true
    }

    /// - Returns: nil where the runner has taken its next job.
    func takeBackNext(from id: RunnerID) -> (next: NextJob, message: Channel.Message)? {
        // Where the channel fails, the runner is gone, and its end is told.
        guard let runner = running[id], let next = runner.next,
            let message = (try? runner.channel?.takeBack(next.message)) ?? nil
        else { return nil }
        running[id]?.next = nil
        return (next, message)
    }
}
