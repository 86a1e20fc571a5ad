import Spool
import SpoolSystem

/// Takes waiting jobs and gives each a runner; brings jobs in whose time has come; finds what the dead have
/// left. One thread and one event loop: between events it uses no CPU.
///
/// Nothing that it knows is needed after its death. Any number of workers may serve one spool.
package final class Worker {
    let context: WorkerContext
    private let signals: Signals
    let watch: SpoolWatch
    let backlog: Backlog
    let inbox: DropInbox
    let pool: RunnerPool
    let recovery: OrphanRecovery
    let prefetch: Prefetch
    private let scheduler: SchedulerKeeper
    let departure: Departure
    private let dispatcher: Dispatcher
    let registration: Registration
    private var draining: () -> Void = {}
    private var failedWaits = 0
    /// Whether what a power cut may have left has been looked for; nothing is claimed before.
    var hasLookedAfterRestart = false

    package init(
        spool: SpoolDirectory, options: WorkerOptions = WorkerOptions(),
        report: @escaping (String) -> Void
    ) throws(SpoolError) {
        try Ownership(spool.storage).requireClosedLayout()
        try requireProcessTable()
        context = try WorkerContext(spool, options, report: report)
        do throws(Errno) {
            signals = try Signals([
                ProcessControl.terminate, ProcessControl.interrupt, ProcessControl.hangUp,
                ProcessControl.brokenPipe,
            ])
        } catch {
            throw SpoolError(error, "signalfd", spool.path)
        }
        do throws(Errno) {
            watch = try SpoolWatch(context)
            backlog = try Backlog(context, watch)
        } catch {
            throw SpoolError(error, "timerfd", spool.path)
        }
        inbox = DropInbox(context, backlog)
        pool = RunnerPool(context)
        recovery = OrphanRecovery(context, backlog, pool)
        prefetch = Prefetch(context, backlog, pool, recovery)
        scheduler = SchedulerKeeper(context)
        departure = Departure(context, backlog, pool, prefetch)
        dispatcher = Dispatcher(context, backlog, inbox, pool, recovery, prefetch)
        registration = Registration(context)
    }

    /// Works until it is told to stop, or, as its options say, until there is nothing to do.
    ///
    /// - Parameters:
    ///   - ready: called once it would notice every new job.
    ///   - draining: called once it takes no more jobs, but waits for those that it runs.
    /// - Throws: an error that keeps it from beginning; `.notFound` if the spool was removed. If a worker is to end
    ///   when nothing is left, the failure that keeps it from that.
    package func run(
        ready: () -> Void = {}, draining: @escaping () -> Void = {}
    ) throws(SpoolError) {
        self.draining = draining
        // Clients that see it registered may count on being noticed.
        watch.watchAll()
        try registration.make(isDraining: false)
        RunnerProcess.warmUp(context.spool)
        if context.options.schedules { scheduler.start() }
        do throws(Errno) {
            try context.loop.watch(signals.number, as: .signals)
        } catch {
            throw SpoolError(error, "epoll_ctl", context.spool.path)
        }
        rescan()
        ready()
        while !departure.isLeaving { step() }
        registration.withdraw()
        scheduler.stop()
        seeOffIdle()
        if let error = departure.error { throw error }
    }

    /// Waits for idle runners, as the disk may be unmounted after this process. It doesn't wait for one that has been
    /// stopped.
    private func seeOffIdle() {
        pool.dismissIdle()
        let end = Clock.monotonic() + 1_000_000_000
        while !pool.runners.idleIDs.isEmpty {
            let left = (end - Clock.monotonic()) / 1_000_000
            // They end by themselves; to see them off is a courtesy.
            guard left > 0, let sources = try? context.loop.wait(timeout: Int32(left)) else {
                return
            }
            let ends = sources.filter(\.isRunner)
            for source in ends { handle(source) }
            // Other events aren't ours any more, and stay ready.
            if ends.isEmpty { Sleep.briefly() }
        }
    }

    // MARK: Events

    /// Does what can be done now, then waits for events and takes them.
    private func step() {
        // Also what came in overdue: no timer was set for that.
        backlog.promoteDue()
        dispatcher.claimWhatFits(
            isStopping: departure.isStopping, hasLookedAfterRestart: hasLookedAfterRestart)
        switch departure.decide(hasLookedAfterRestart: hasLookedAfterRestart) {
        case .leave: return
        case .leaveUnlessNeeded: if leavesAsNotNeeded() { return }
        case .stay: break
        }
        setTimers()
        let sources: [WorkerContext.Source]
        do throws(Errno) {
            sources = try context.loop.wait(timeout: prefetch.isBatching ? 0 : nil)
            context.failures.overcome(.work("epoll"))
        } catch {
            context.failures.note(error, "epoll_wait", of: .work("epoll"))
            Sleep.after(failures: &failedWaits)
            return
        }
        failedWaits = 0
        for source in sources { handle(source) }
    }

    private func setTimers() {
        do throws(Errno) {
            try context.reminders.setTimer(orAt: departure.nextDecision)
            try backlog.setTimer()
            context.failures.overcome(.work("timer"))
        } catch {
            context.failures.note(error, "timerfd_settime", of: .work("timer"))
        }
    }

    private func handle(_ source: WorkerContext.Source) {
        switch source {
        case .signals: handleSignals()
        case .directory: for change in watch.read() { handle(change) }
        case .due:
            backlog.acknowledgeTimer()
            backlog.promoteDue()
        case .soon:
            context.reminders.acknowledgeTimer()
            recheck()
        case .rescan:
            watch.acknowledgeTimer()
            context.reminders.forgetOldCounts()
            rescan()
        case .scheduler: scheduler.noteEnd()
        case .process(let id): runnerEnded(id)
        case .channel(let id):
            if let end = pool.didReceive(from: id) { prefetch.note(end) }
        }
    }

    private func handleSignals() {
        // A signal that can't be read now is there at the next event.
        while let signal = (try? signals.next()) ?? nil {
            switch signal {
            case ProcessControl.hangUp: reread()
            case ProcessControl.terminate, ProcessControl.interrupt:
                if departure.stop() {
                    // Clients must not count on this worker.
                    registration.drain()
                    draining()
                }
                prefetch.putBack("its worker was told to stop")
            default: break
            }
        }
    }

    /// A runner's process has ended: its job is looked at.
    private func runnerEnded(_ id: RunnerID) {
        pool.receiveReports(of: id)
        prefetch.takeBackFirst(from: id)
        guard let (ended, exitCode) = pool.remove(id) else { return }
        // Its last job may also be one that it has never seen, as it was about to end.
        if recovery.recoverSurely(ended.job.location) == .waits, exitCode == nil {
            pool.starts.noteDeath()
        }
        if let next = ended.next { recovery.recoverSurely(next.job.location) }
    }

    /// Looks at what is to be looked at again by now.
    private func recheck() {
        for reminder in context.reminders.due {
            context.reminders.take(reminder) {
                switch reminder {
                case .dropIn(let name, let queue): inbox.retry(name, queue: queue)
                case .waiting(let location), .scheduled(let location): backlog.notice(location)
                case .running(let location): recovery.recoverIfOrphaned(location)
                case .death: recovery.workerMayHaveDied()
                case .backOff(let series):
                    if context.failures.isBackingOff(series) {
                        // Another one has begun just now.
                        let end = context.failures.backOffEnd(of: series)
                        context.reminders.set(reminder, at: end)
                    } else if series == .admission {
                        inbox.list()
                    }
                case .passedOver(let series):
                    context.failures.beginAnew(series)
                    if series == .promotion {
                        backlog.listScheduled(isComplete: true)
                    } else {
                        inbox.list(
                            isComplete: series == .admission, isGoingOn: series == .admission)
                    }
                case .everything: rescan()
                case .dropIns: if inbox.isEmpty { inbox.list() } else { inbox.admitSome() }
                case .scheduler: scheduler.start()
                case .idleRunners: if backlog.isEmpty { pool.dismissIdle() }
                case .prefetched: prefetch.review()
                case .settings: if context.haveSettingsChanged() { reread() }
                case .registration:
                    departure.leaveIfRemoved()
                    if !departure.isLeaving {
                        registration.makeAgainIfGone(isDraining: departure.isStopping)
                    }
                case .runners: for job in pool.unwatched.reap() { recovery.recoverSurely(job) }
                }
            }
        }
    }

    /// A command that submits a job looks for a living worker after that. The worker withdraws first, and looks once
    /// more for jobs after that: one of the two sees the other.
    private func leavesAsNotNeeded() -> Bool {
        registration.withdraw()
        rescan()
        if backlog.isEmpty && backlog.isComplete && backlog.hasNothingScheduled {
            departure.leave()
            return true
        }
        departure.stay()
        registration.makeAgain(isDraining: departure.isStopping)
        return false
    }
}
