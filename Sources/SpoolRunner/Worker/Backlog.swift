import Spool
import SpoolSystem

/// The jobs that wait, in the order in which they are to run, and those that are scheduled.
final class Backlog {
    private let context: WorkerContext
    private let watch: SpoolWatch
    /// The jobs in incoming/ that this worker serves.
    private var waiting = SortedWindow<WaitingJob>(capacity: windowSize)
    /// The last of the jobs there that were passed over, as very many fail: all up to it have been tried.
    private var claimedThrough: WaitingJob?
    /// The jobs in scheduled/, by time.
    private var timetable = SortedWindow<JobFileName>(capacity: windowSize)
    /// The last of the names in scheduled/ that were passed over, as very many fail: all up to it have been tried.
    private var passedThrough: JobFileName?
    /// Jobs that this worker can't run.
    private var ineligible: Set<JobID> = []
    private var pauses = Pauses()
    private let dueTimer: Timer

    /// How many of the names in a directory are held. They are so many that reading a million names again, when these
    /// are used up, costs little for each. They are so few that they take some megabytes.
    static let windowSize = 1 << 16

    init(_ context: WorkerContext, _ watch: SpoolWatch) throws(Errno) {
        self.context = context
        self.watch = watch
        dueTimer = try Timer(.realtime)
        try context.loop.watch(dueTimer.number, as: .due)
    }

    /// The next job to run.
    var first: WaitingJob? { waiting.first }
    var isEmpty: Bool { waiting.isEmpty }
    /// Whether all that waits is held.
    var isComplete: Bool { waiting.isComplete }
    /// Whether nothing is scheduled.
    var hasNothingScheduled: Bool { timetable.isEmpty && timetable.isComplete }

    /// A job was seen where jobs wait, or where they are scheduled.
    func notice(_ location: JobLocation) {
        if location.place == .scheduled { return timetable.insert(location.name) }
        guard let job = WaitingJob(location) else { return }
        if let queue = location.subdirectory { watch.watchNewQueue(queue) }
        guard serves(location.subdirectory), !pauses.contains(location.queue ?? "") else { return }
        // An empty window doesn't take it, unless it is complete. The next list must show it then.
        if waiting.isEmpty, !waiting.isComplete, let last = claimedThrough, job < last {
            claimedThrough = nil
        }
        waiting.insert(job)
    }

    /// Its file is a new one.
    func noticeAgain(_ location: JobLocation) {
        ineligible.remove(location.id)
        notice(location)
    }

    /// The worker offers something else now.
    func forgetIneligible() { ineligible = [] }

    private func serves(_ queue: String?) -> Bool { context.settings.serves(queue) }

    // MARK: Lists

    /// Lists incoming/ once, and keeps the first names.
    ///
    /// - Parameters:
    ///   - withDropIns: whether dropped files are wanted too.
    ///   - last: only those behind this key of one.
    ///   - isGoingOn: whether jobs that were passed over are left out. Of those before them, only jobs that are known to
    ///     have come since are kept.
    /// - Returns: the dropped files, for the inbox; nil if they aren't wanted.
    func list(
        withDropIns: Bool, after last: String? = nil, isGoingOn: Bool = false
    ) -> DropInWindow? {
        var dropIns = withDropIns ? DropInWindow(after: last) : nil
        if !isGoingOn { claimedThrough = nil }
        let passed = claimedThrough
        var jobs = SmallestElements<WaitingJob>(limit: Backlog.windowSize)
        var queues: [String] = []
        context.failures.attempt(.work("incoming"), again: .everything) { () throws(SpoolError) in
            queues = try Listing(context.storage).queueDirectories()
        }
        for queue in queues { watch.watchQueue(queue) }
        for queue in [nil] + queues {
            // Any worker admits dropped files; they may belong to another queue.
            let isServed = serves(queue) && !pauses.contains(queue ?? Job.defaultQueue)
            let directory = queue.map { "incoming/" + $0 } ?? "incoming"
            // A queue that can't be read must not stop the others.
            context.failures.attempt(.work(directory + "/"), again: .everything) {
                () throws(SpoolError) in
                try context.storage.forEachRawEntry(in: directory) { raw in
                    if let name = JobFileName(bytes: raw.bytes),
                        let job = WaitingJob(name, queue: queue)
                    {
                        if isServed, !ineligible.contains(name.id),
                            passed.map({ $0 < job || waiting.contains(job) }) ?? true
                        {
                            jobs.insert(job)
                        }
                    } else {
                        dropIns?.insert(raw.entry, in: directory, queue: queue, of: context.spool)
                    }
                }
            }
        }
        waiting.refill(jobs.sorted(), isComplete: !jobs.hasDropped)
        return dropIns
    }

    /// - Parameter isComplete: whether those that were passed over are wanted, too.
    func listScheduled(isComplete: Bool = false) {
        if isComplete { passedThrough = nil }
        context.failures.attempt(.work("scheduled"), again: .everything) {
            () throws(SpoolError) in
            let (first, hasMore) = try Promote(context.storage).timetable(
                limit: Backlog.windowSize, after: passedThrough)
            timetable.refill(first, isComplete: !hasMore)
        }
    }

    /// - Returns: whether the pauses are others than before.
    func readPauses() -> Bool {
        let before = pauses
        context.failures.attempt(.work("pauses"), again: .everything) { () throws(SpoolError) in
            pauses = try context.spool.pauses()
        }
        return pauses != before
    }

    // MARK: Due jobs

    /// Whether the time of a scheduled job has come.
    var hasDue: Bool { timetable.first?.due.map { $0 <= context.storage.now() } ?? false }

    /// Brings jobs whose time has come to incoming/, in the order of their times. It does some of them at a time, so
    /// that jobs begin and end meanwhile.
    func promoteDue() {
        if timetable.isEmpty && !timetable.isComplete { listScheduled() }
        let end = Clock.monotonic() + WorkerContext.timeSlice
        while hasDue, !isPromotionHeldUp, Clock.monotonic() < end, let name = timetable.first {
            timetable.removeFirst()
            promote(JobLocation(.scheduled, name))
            if timetable.isEmpty && !timetable.isComplete { listScheduled() }
        }
    }

    private var isPromotionHeldUp: Bool { context.failures.isBackingOff(.promotion) }

    private func promote(_ location: JobLocation) {
        let reminder = Reminder.scheduled(location)
        do throws(SpoolError) {
            if let target = try Promote(context.storage).promote(location) {
                context.failures.noteSuccess(in: .promotion)
                notice(target)
            } else if try context.storage.isThere(location.path) {
                return context.reminders.add(reminder)
            }
            context.reminders.forgetCount(of: reminder)
            context.failures.overcome(.file(reminder))
        } catch {
            switch context.failures.failed(reminder, in: .promotion, error) {
            case .remembered: break
            case .passedOver: passedThrough = max(passedThrough ?? location.name, location.name)
            case .paused: context.reminders.add(reminder, isFailure: true)
            }
        }
    }

    func setTimer() throws(Errno) {
        try dueTimer.set(isPromotionHeldUp ? nil : timetable.first?.due?.nanoseconds)
    }

    func acknowledgeTimer() { dueTimer.acknowledge() }
}

// MARK: - Claims

extension Backlog {
    enum Step {
        case claimed(ClaimedJob)
        /// The job is out of the way, but not to be run here.
        case passed
        /// It can't be had now; a reminder is set.
        case busy
        /// Claiming must wait: the job stays the next one.
        case backOff
        /// No job is known to wait.
        case empty
    }

    /// Claims the next job, which isn't the next one after that, unless claiming must wait.
    func claimNext(freeSlots: Int) -> Step {
        guard let next = waiting.first else { return .empty }
        let step = claim(next, freeSlots: freeSlots)
        if case .backOff = step { return step }
        waiting.remove(next)
        return step
    }

    private func claim(_ job: WaitingJob, freeSlots: Int) -> Step {
        let location = job.location
        let reminder = Reminder.waiting(location)
        var step = Step.passed
        do throws(SpoolError) {
            switch try Claim(context.storage).claim(
                location, for: context.settings.offer, freeSlots: freeSlots)
            {
            case .claimed(let locked):
                context.failures.noteSuccess(in: .claiming)
                step = .claimed(ClaimedJob(job: locked, origin: location))
            case .tooLarge: return .backOff
            case .ineligible: ineligible.insert(location.id)
            case .busy:
                guard try context.storage.isThere(location.path) else { return .passed }
                context.reminders.add(reminder)
                return .busy
            case .rejected(let reason): context.report("rejected \(location.path): \(reason)")
            case .readmitted(let copy): notice(copy)
            case .expired, .cancelled, .gone: break
            }
            context.reminders.forgetCount(of: reminder)
            context.failures.overcome(.file(reminder))
            return step
        } catch {
            switch context.failures.failed(reminder, in: .claiming, error) {
            case .paused: return .backOff
            // One file that can't be read or moved must not stop the others.
            case .remembered: break
            case .passedOver: claimedThrough = max(claimedThrough ?? job, job)
            }
            return .busy
        }
    }
}
