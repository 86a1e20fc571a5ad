import Spool
import SpoolSystem

/// The processes that run jobs: forked when they are needed, and kept while there is more to run.
final class RunnerPool {
    typealias Fork = (LockedJob, WorkerContext) throws(Errno) -> (Int32, RunnerChannel)

    let context: WorkerContext
    /// The runners of which events tell.
    var runners = RunnerTable()
    let unwatched: UnwatchedRunners
    let starts: RunnerStarts
    private let fork: Fork

    /// How many runners may be writing ends beside those whose commands run. As many gain from being synced together,
    /// and more processes aren't needed.
    private static let finishingLimit = 16

    init(_ context: WorkerContext, fork: @escaping Fork = RunnerChannel.fork) {
        self.context = context
        self.fork = fork
        starts = RunnerStarts(context)
        unwatched = UnwatchedRunners(context, starts)
    }

    /// Whether no job runs.
    var isEmpty: Bool { runners.isEmpty && unwatched.isEmpty }

    var freeSlots: Int { context.settings.slots - runners.slots - unwatched.slots }

    /// Whether another job may be started: a slot is free, and the disk keeps up with the ends of those before.
    var hasRoom: Bool {
        freeSlots > 0
            && runners.finishingCount < RunnerPool.finishingLimit + context.settings.slots
    }

    /// Whether a job is one of those that this worker has given away.
    func holds(_ location: JobLocation) -> Bool {
        runners.holds(location) || unwatched.holds(location)
    }

    // MARK: Jobs

    /// Gives a claimed job to a runner that has nothing to do, or else to a new one. The lock is the runner's alone from
    /// here on: ours is closed with the job.
    ///
    /// - Returns: false if there can be no runner, and the job waits again.
    func run(_ claimed: ClaimedJob) -> Bool { handOver(claimed) || startRunner(claimed.job) }

    private func handOver(_ claimed: ClaimedJob) -> Bool {
        let message = HandOver.handOver(claimed.job, claimedFrom: claimed.origin)
        // Best to one that waits with the sync of an end: it syncs this start with it.
        while let id = runners.takeFinishing() ?? runners.firstIdle {
            guard let channel = runners.channel(to: id),
                send(message, with: claimed.job, to: id, channel)
            else { continue }
            runners.give(AssignedJob(claimed.job, context), to: id)
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
        while let id = runners.takeFinishing() {
            // One that is dead, or doesn't listen, says so otherwise.
            try? runners[id]?.channel?.send(RunnerMessage.noJob)
        }
    }

    private func startRunner(_ locked: LockedJob) -> Bool {
        let location = locked.location
        let child: Int32
        let channel: RunnerChannel
        do throws(Errno) {
            (child, channel) = try fork(locked, context)
        } catch {
            let running = Reminder.running(location)
            context.failures.note(
                error, "fork", of: .work("fork"),
                advice: "no runner for \(location.id), which waits again; see 'ulimit -u' and -n")
            context.failures.attempt(.file(running), again: running) { () throws(SpoolError) in
                try PutBack(context.storage).putBack(locked, note: "not started: \(error)")
            }
            context.failures.backOff(.starting)
            return false
        }
        context.failures.overcome(.work("fork"))
        do throws(Errno) {
            try watch(child, channel, AssignedJob(locked, context))
            context.failures.overcome(.work("watch"))
        } catch {
            // It runs all the same.
            context.failures.note(
                error, "pidfd_open", of: .work("watch"),
                advice: "the runner of \(location.id) goes on, and is looked at every second")
            unwatched.add(child, AssignedJob(locked, context))
            context.failures.backOff(.starting)
        }
        return true
    }

    /// - Parameter channel: to a runner that this worker has forked; nil for another one's.
    private func watch(
        _ pid: Int32, _ channel: RunnerChannel?, _ job: AssignedJob
    ) throws(Errno) {
        let descriptor = try ProcessIdentity.openHandle(pid)
        let id = runners.makeID()
        try context.loop.watch(descriptor, as: .process(id))
        if let channel { try context.loop.watch(channel.number, as: .channel(id)) }
        runners.add(
            BusyRunner(
                job: job, descriptor: descriptor, pid: pid, isChild: channel != nil,
                channel: channel, jobCount: 1), as: id)
    }

    /// Counts the runner of a dead worker against the slots.
    func adopt(_ pid: Int32, _ job: Job, at location: JobLocation) {
        let assigned = AssignedJob(job, at: location, context)
        // It has begun another job since, and takes no more slots than that one.
        if let id = runners.adopted(pid) { return runners.give(assigned, to: id) }
        // If it ends in between, the descriptor says so at once, or can't be had.
        try? watch(pid, nil, assigned)
    }

    // MARK: The job after the present one

    /// Gives a runner the job that it takes when the command that it runs has ended.
    ///
    /// - Returns: false if the runner dies now.
    func giveNext(_ claimed: ClaimedJob, to id: RunnerID) -> Bool {
        guard let channel = runners[id]?.channel else { return false }
        let message = HandOver.handOver(claimed.job, claimedFrom: claimed.origin)
        guard send(message, with: claimed.job, to: id, channel) else { return false }
        runners.setNext(
            NextJob(
                job: AssignedJob(claimed.job, context), origin: claimed.origin, message: message,
                handedAt: Clock.monotonic()), of: id)
        return true
    }

    /// - Returns: nil if the runner has taken its next job.
    func takeBackNext(from id: RunnerID) -> (next: NextJob, message: Channel.Message)? {
        // If the channel fails, the runner is gone, and its end is told.
        guard let runner = runners[id], let next = runner.next,
            let message = (try? runner.channel?.takeBack(next.message)) ?? nil
        else { return nil }
        runners.setNext(nil, of: id)
        return (next, message)
    }
}
