import Spool
import SpoolSystem

/// Which runner of a worker does what. It knows neither signals nor messages: it is told what has happened.
struct RunnerTable {
    /// Runners whose jobs take slots of the worker.
    private var busy: [RunnerID: BusyRunner] = [:]
    /// Runners that wait for another job.
    private var idle: [RunnerID: IdleRunner] = [:]
    /// Those whose command has ended just now: they would take another job at once.
    private var finishing: [RunnerID] = []
    private var lastID = RunnerID(number: 0)

    // MARK: Questions

    /// Whether no job runs.
    var isEmpty: Bool { busy.isEmpty }
    /// How many of those that wait may get another job.
    var idleCount: Int { idle.values.count { $0.channel != nil } }
    var busyIDs: Dictionary<RunnerID, BusyRunner>.Keys { busy.keys }
    var idleIDs: Dictionary<RunnerID, IdleRunner>.Keys { idle.keys }

    /// Those that the jobs take whose commands run.
    var slots: Int { busy.values.reduce(0) { $0 + ($1.isFinishing ? 0 : $1.job.slots) } }
    var finishingCount: Int { busy.values.count { $0.isFinishing } }

    /// Whether a job is one of those that the runners have been given.
    func holds(_ location: JobLocation) -> Bool {
        busy.values.contains { $0.job.location == location || $0.next?.job.location == location }
    }

    /// Whether a job of a kind runs.
    func runs(_ isMeant: (JobLocation) -> Bool) -> Bool {
        busy.values.contains { isMeant($0.job.location) }
    }

    /// A runner whose job takes slots.
    subscript(_ id: RunnerID) -> BusyRunner? { busy[id] }

    /// The runner of a dead worker, if it is counted here.
    func adopted(_ pid: Int32) -> RunnerID? {
        busy.first { !$0.value.isChild && $0.value.pid == pid }?.key
    }

    /// nil: it gets no other job.
    func channel(to id: RunnerID) -> RunnerChannel? { busy[id]?.channel ?? idle[id]?.channel }

    /// One that waits for another job.
    var firstIdle: RunnerID? { idle.first { $0.value.channel != nil }?.key }

    /// One that may be given the job that it takes when the command that it runs has ended.
    ///
    /// - Parameter time: before which its command must not have begun. A job given to such a runner would be taken back
    ///   for another one.
    func readyForNext(busySince time: Int64) -> RunnerID? {
        busy.first { $0.value.canTakeNext && $0.value.since >= time }?.key
    }

    /// Those that have been given such a job.
    var withNext: [RunnerID] { busy.filter { $0.value.next != nil }.map(\.key) }

    /// The one whose next job was handed over first.
    ///
    /// - Parameter time: before which its command must have begun.
    func withEarliestNext(busySince time: Int64) -> RunnerID? {
        var first: (id: RunnerID, handedAt: Int64)?
        for (id, runner) in busy where runner.since < time {
            guard let next = runner.next, next.handedAt < first?.handedAt ?? .max else { continue }
            first = (id, next.handedAt)
        }
        return first?.id
    }

    // MARK: Changes

    mutating func makeID() -> RunnerID {
        lastID.number += 1
        return lastID
    }

    mutating func add(_ runner: BusyRunner, as id: RunnerID) { busy[id] = runner }

    /// One whose command has ended just now. It is taken out of those.
    mutating func takeFinishing() -> RunnerID? { finishing.popLast() }

    /// A runner that is idle or finishing has got another job.
    mutating func give(_ job: AssignedJob, to id: RunnerID) {
        if let runner = idle.removeValue(forKey: id) {
            busy[id] = BusyRunner(
                job: job, descriptor: runner.descriptor, pid: runner.child, isChild: true,
                channel: runner.channel, jobCount: runner.jobCount &+ 1)
        } else if let runner = busy[id] {
            busy[id] = BusyRunner(
                job: job, descriptor: runner.descriptor, pid: runner.pid, isChild: runner.isChild,
                channel: runner.channel, jobCount: runner.jobCount &+ 1)
        }
    }

    mutating func setNext(_ next: NextJob?, of id: RunnerID) { busy[id]?.next = next }

    /// A runner's command has ended.
    ///
    /// - Parameters:
    ///   - isIdle: whether its end is durable too, so that the runner has nothing to do.
    ///   - now: of the monotonic clock.
    mutating func noteEnd(of id: RunnerID, isIdle: Bool, at now: Int64) -> CommandEnd? {
        guard let runner = busy[id], runner.isChild else { return nil }
        let end = CommandEnd(
            mustNotBeginTwice: runner.job.mustNotBeginTwice,
            time: runner.isFinishing ? nil : now - runner.since, takesNext: runner.next != nil)
        if let next = runner.next {
            busy[id]?.begin(next, at: now)
        } else if !isIdle {
            busy[id]?.isFinishing = true
            finishing.append(id)
        } else {
            busy[id] = nil
            idle[id] = IdleRunner(
                descriptor: runner.descriptor, child: runner.pid, channel: runner.channel,
                jobCount: runner.jobCount)
        }
        return end
    }

    /// A runner gets no other job.
    mutating func dropChannel(to id: RunnerID) {
        busy[id]?.channel = nil
        idle[id]?.channel = nil
    }

    mutating func removeIdle(_ id: RunnerID) -> IdleRunner? { idle.removeValue(forKey: id) }
    mutating func removeBusy(_ id: RunnerID) -> BusyRunner? { busy.removeValue(forKey: id) }
}

/// A runner's command has ended.
struct CommandEnd {
    let mustNotBeginTwice: Bool
    /// In nanoseconds; nil: it was told before.
    let time: Int64?
    /// Whether the runner goes on with the next job that it has been given.
    let takesNext: Bool
}
