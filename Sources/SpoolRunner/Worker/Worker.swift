import Spool
import SpoolSystem

/// Takes waiting jobs and gives each a runner; brings jobs in whose time has come; finds what the dead have
/// left. One thread and one event loop: between events it uses no CPU.
///
/// Nothing that it knows is needed after its death. Any number of workers may serve one spool.
package final class Worker {
    /// What its event loop waits for.
    enum Source: RawRepresentable {
        case signals, directory, due, soon, rescan, scheduler
        /// The process of a runner, and its channel.
        case process(RunnerID)
        case channel(RunnerID)

        var isRunner: Bool {
            switch self {
            case .process, .channel: true
            default: false
            }
        }

        private static let others: [Source] = [
            .signals, .directory, .due, .soon, .rescan, .scheduler,
        ]

        init?(rawValue: UInt64) {
            let count = UInt64(Source.others.count)
            guard rawValue >= count else {
                self = Source.others[Int(rawValue)]
                return
            }
            let id = RunnerID(number: (rawValue - count) / 2)
            self = (rawValue - count).isMultiple(of: 2) ? .process(id) : .channel(id)
        }

        var rawValue: UInt64 {
            switch self {
            case .signals: 0
            case .directory: 1
            case .due: 2
            case .soon: 3
            case .rescan: 4
            case .scheduler: 5
            case .process(let id): 6 + 2 * id.number
            case .channel(let id): 7 + 2 * id.number
            }
        }
    }

    /// A job that a runner has been given.
    struct Assignment {
        let location: JobLocation
        let slots: Int
        /// Whether that its command may have begun must be known after a power cut.
        let mustNotBeginTwice: Bool

        /// - Parameter limit: the slots of the worker, which no job takes more than.
        init(_ job: Job, at location: JobLocation, slots limit: Int) {
            self.location = location
            slots = min(job.effectiveSlots, limit)
            mustNotBeginTwice = job.mustNotBeginTwice
        }
    }

    /// A runner whose job takes slots of this worker.
    struct Running {
        var job: Assignment
        /// When that became the job that it runs, by the monotonic clock.
        var since = Clock.monotonic()
        /// What it takes as soon as the command of that job has ended.
        var next: NextJob?
        let descriptor: CInt
        /// nil: the runner of a dead worker, which this one has adopted.
        let child: Int32?
        /// To a child; nil: it gets no other job.
        var channel: RunnerChannel?
        /// How many jobs it has been given, up to this one.
        var given: UInt8
        /// Whether its command has ended: its slots are free.
        var isEnding = false
    }

    /// A job that lies in the channel to its runner.
    struct NextJob {
        let job: Assignment
        let origin: JobLocation
        let message: [UInt8]
        /// By the monotonic clock.
        let handedAt: Int64
    }

    /// A runner that waits for another job.
    struct Resting {
        let descriptor: CInt
        let child: Int32
        /// nil: it was told to leave.
        var channel: RunnerChannel?
        let given: UInt8
    }

    let spool: SpoolDirectory
    let options: WorkerOptions
    let id: String
    /// Where it tells people what goes on.
    let report: (String) -> Void
    var settings: WorkerSettings
    /// The same as they were read, whatever has been made of them here since.
    var settingsAsRead: WorkerSettings
    /// What is wrong with the file, once that has been said.
    var settingsFault: String?
    let loop: EventLoop<Source>
    let signals: Signals
    /// nil: there is none to be had.
    var watch: DirectoryWatch?
    let dueTimer: Timer
    let soonTimer: Timer
    let rescanTimer: Timer
    var registration: WorkerRegistration?
    private var draining: () -> Void = {}
    /// Runners that died before their commands began, since one came so far.
    var deathsUnborn = 0
    /// The scheduler beside this worker, if its options want one.
    var scheduler: SchedulerProcess?
    /// When that began, by the monotonic clock, and how many of them in a row have ended soon after.
    var schedulerBegan: Int64 = 0
    var earlyEnds = 0

    /// How many of the names in a directory are held: so many that reading all names again, when these are used up,
    /// costs little for each of them where there are a million, and so few that they take some megabytes.
    static let windowSize = 1 << 16

    /// How long it does one kind of work of which there may be much before it looks at the others, in nanoseconds.
    static let turn: Int64 = 2_000_000

    /// What lies in incoming/, as far as this worker serves it.
    var waiting = SortedWindow<WaitingJob>(capacity: windowSize)
    /// What was dropped into incoming/ and is to be admitted, by time.
    var dropIns: ArraySlice<(name: String, queue: String?)> = []
    /// Whether more lies there, and whether any of what was listed could be admitted.
    var hasMoreDropIns = false
    var hasAdmitted = false
    /// What lies in scheduled/, by time.
    var timetable = SortedWindow<JobFileName>(capacity: windowSize)
    /// Jobs that this worker can't run.
    var ineligible: Set<JobID> = []
    var running: [RunnerID: Running] = [:]
    /// Its children of which no event tells: there was no descriptor for that.
    var unwatchedRunners: [Int32: Assignment] = [:]
    var resting: [RunnerID: Resting] = [:]
    /// Runners whose command has ended just now: they would take another job at once.
    var ending: [RunnerID] = []
    var nextID = RunnerID(number: 0)
    /// Jobs that are claimed, and wait for a slot.
    var prefetch = Prefetch()
    /// When this worker's last sync of running/ began that has succeeded, by the monotonic clock. Runners see it, as the
    /// ends that they had recorded before that are durable.
    let lastSync: SharedCounter
    var pauses = Pauses()
    /// Which directory a watch number stands for.
    var watched: [CInt: WatchedDirectory] = [:]
    /// Directories of which the kernel reports nothing: they are looked at every second.
    var unwatched: Set<String> = []
    /// Things to look at again at a time of the monotonic clock, in nanoseconds.
    var later: [Reminder: Int64] = [:]
    /// How often in a row something was busy, or failed.
    var attempts: [Reminder: Int] = [:]
    private var failedWaits = 0
    var failedReads = 0
    /// What fails over and over, and what waits on that account.
    var troubles = Troubles<Doing>()
    var rests: [Series: Rest] = [:]
    var isStopping = false
    var isLeaving = false
    /// Why it leaves before its work is done.
    var leavingError: SpoolError?
    /// Since when nothing was to be done, by the monotonic clock.
    var idleSince: Int64?
    /// What a dead worker had claimed waits again, and its runners may not have been counted yet: nothing is claimed
    /// before the next look.
    var mustLookForRunners = false
    /// Whether what a power cut may have left has been looked for; nothing is claimed before.
    var hasLookedAfterRestart = false

    package init(
        spool: SpoolDirectory, options: WorkerOptions = WorkerOptions(),
        report: @escaping (String) -> Void
    ) throws(SpoolError) {
        try spool.requireClosedLayout()
        try requireProcessTable()
        self.spool = spool
        self.options = options
        self.report = report
        id = spool.ids.make(at: spool.now()).description
        settings = try SettingsFile.read(spool).applied(to: options)
        settingsAsRead = settings
        _ = CommandDefaults.own(leftOut: report)
        do throws(Errno) {
            loop = try EventLoop()
            signals = try Signals([
                ProcessControl.terminate, ProcessControl.interrupt, ProcessControl.hangUp,
                ProcessControl.brokenPipe,
            ])
            dueTimer = try Timer(.realtime)
            soonTimer = try Timer(.monotonic)
            rescanTimer = try Timer(.monotonic)
            lastSync = try SharedCounter()
        } catch {
            throw SpoolError(error, "epoll, signalfd, timerfd or mmap", spool.path)
        }
    }

    /// Works until it is told to stop, or, as its options say, until there is nothing to do.
    ///
    /// - Parameters:
    ///   - ready: called once it would notice every new job.
    ///   - draining: called once it takes no more jobs, but waits for those that it runs.
    /// - Throws: what keeps it from beginning; `.notFound` when the spool was removed; and what keeps one
    ///   from its end that was to work until nothing is left.
    package func run(
        ready: () -> Void = {}, draining: @escaping () -> Void = {}
    ) throws(SpoolError) {
        self.draining = draining
        // Who sees it registered may count on being noticed.
        watchDirectories()
        try register()
        RunnerProcess.warmUp(spool)
        if options.schedules { startScheduler() }
        do throws(Errno) {
            try loop.watch(signals.number, as: .signals)
            try loop.watch(dueTimer.number, as: .due)
            try loop.watch(soonTimer.number, as: .soon)
            try loop.watch(rescanTimer.number, as: .rescan)
        } catch {
            throw SpoolError(error, "epoll_ctl", spool.path)
        }
        rescan()
        ready()
        while !isLeaving {
            step()
        }
        registration?.withdraw()
        scheduler?.stop()
        seeOffResting()
        if let leavingError { throw leavingError }
    }

    /// Whoever waits for the end of this process may want to unmount the disk; a runner that has been stopped isn't
    /// waited for.
    private func seeOffResting() {
        dismissResting()
        let end = Clock.monotonic() + 1_000_000_000
        while !resting.isEmpty {
            let left = (end - Clock.monotonic()) / 1_000_000
            // They end by themselves; to see them off is a courtesy.
            guard left > 0, let sources = try? loop.wait(timeout: Int32(left)) else { return }
            let ends = sources.filter(\.isRunner)
            for source in ends { handle(source) }
            // Whatever else there is to be done isn't ours any more, and stays ready.
            if ends.isEmpty { Sleep.briefly() }
        }
    }

    func register() throws(SpoolError) {
        registration = try spool.register(
            WorkerRecord(
                id: id, slots: settings.slots, queues: settings.queues, offers: settings.offers,
                isTransient: options.idleLimit != nil, isDaemon: options.schedules,
                hasFixedSlots: options.slots != nil, isDraining: isStopping,
                startedAt: spool.now()))
    }

    /// It was told to stop, and waits for the jobs that run. Who submits one must not count on it.
    private func drain() {
        attempt(.work("workers")) { () throws(SpoolError) in try registration?.drain() }
        draining()
    }

    /// Does what can be done now, then waits for events and takes them.
    private func step() {
        // Also what came in overdue: no timer was set for that.
        promoteDue()
        claimWhatFits()
        if decideToLeave() { return }
        setTimers()
        let sources: [Source]
        do throws(Errno) {
            sources = try loop.wait(timeout: prefetch.isBatching ? 0 : nil)
            overcome(.work("epoll"))
        } catch {
            tell(error, "epoll_wait", of: .work("epoll"))
            Sleep.after(failures: &failedWaits)
            return
        }
        failedWaits = 0
        for source in sources { handle(source) }
    }

    private func handle(_ source: Source) {
        switch source {
        case .signals: handleSignals()
        case .directory: handleChanges()
        case .due:
            dueTimer.acknowledge()
            promoteDue()
        case .soon:
            soonTimer.acknowledge()
            recheck()
        case .rescan:
            rescanTimer.acknowledge()
            // Of what somebody else has taken or removed meanwhile, nothing is heard any more.
            attempts = attempts.filter { later[$0.key] != nil }
            rescan()
        case .scheduler: schedulerEnded()
        case .process(let id): runnerEnded(id)
        case .channel(let id): didReceive(from: id)
        }
    }

    private func handleSignals() {
        // A signal that can't be read now is there at the next event.
        while let signal = (try? signals.next()) ?? nil {
            switch signal {
            case ProcessControl.hangUp: reread()
            case ProcessControl.terminate, ProcessControl.interrupt:
                // The second one means it: runners outlive us in any case.
                if isStopping || !options.drains {
                    isLeaving = true
                } else {
                    isStopping = true
                    drain()
                }
                isStopping = true
                putPrefetchedBack("its worker was told to stop")
            default: break
            }
        }
    }
}
