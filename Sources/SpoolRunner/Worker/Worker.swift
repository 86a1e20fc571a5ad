import Spool
import SpoolCheck
import SpoolSystem

/// Takes waiting jobs and gives each a runner; brings jobs in whose time has come; finds what the dead have
/// left. One thread and one event loop: between events it uses no CPU.
///
/// Nothing that it knows is needed after its death. Any number of workers may serve one spool.
package final class Worker {
    private let context: WorkerContext
    private let signals: Signals
    private let watch: SpoolWatch
    private let backlog: Backlog
    private let inbox: DropInbox
    private let pool: RunnerPool
    private let recovery: Recovery
    private let prefetch: Prefetch
    private let scheduler: SchedulerKeeper
    private let departure: Departure
    private var registration: WorkerRegistration?
    private var draining: () -> Void = {}
    private var failedWaits = 0
    /// Whether what a power cut may have left has been looked for; nothing is claimed before.
    private var hasLookedAfterRestart = false

    package init(
        spool: SpoolDirectory, options: WorkerOptions = WorkerOptions(),
        report: @escaping (String) -> Void
    ) throws(SpoolError) {
        try spool.requireClosedLayout()
        try requireProcessTable()
        context = try WorkerContext(spool, options, report: report)
        do throws(Errno) {
            signals = try Signals([
                ProcessControl.terminate, ProcessControl.interrupt, ProcessControl.hangUp,
                ProcessControl.brokenPipe,
            ])
            watch = try SpoolWatch(context)
            backlog = try Backlog(context, watch)
        } catch {
            throw SpoolError(error, "signalfd or timerfd", spool.path)
        }
        inbox = DropInbox(context, backlog)
        pool = RunnerPool(context)
        recovery = Recovery(context, backlog, pool)
        prefetch = Prefetch(context, backlog, pool, recovery)
        scheduler = SchedulerKeeper(context)
        departure = Departure(context, backlog, pool, prefetch)
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
        watch.watchAll()
        try register()
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
        registration?.withdraw()
        scheduler.stop()
        seeOffIdle()
        if let error = departure.error { throw error }
    }

    /// Whoever waits for the end of this process may want to unmount the disk; a runner that has been stopped isn't
    /// waited for.
    private func seeOffIdle() {
        pool.dismissIdle()
        let end = Clock.monotonic() + 1_000_000_000
        while pool.hasIdle {
            let left = (end - Clock.monotonic()) / 1_000_000
            // They end by themselves; to see them off is a courtesy.
            guard left > 0, let sources = try? context.loop.wait(timeout: Int32(left)) else {
                return
            }
            let ends = sources.filter(\.isRunner)
            for source in ends { handle(source) }
            // Whatever else there is to be done isn't ours any more, and stays ready.
            if ends.isEmpty { Sleep.briefly() }
        }
    }

    private func register() throws(SpoolError) {
        let settings = context.settings
        registration = try context.spool.register(
            WorkerRecord(
                id: context.id, slots: settings.slots, queues: settings.queues,
                offers: settings.offers, isTransient: context.options.idleLimit != nil,
                isDaemon: context.options.schedules, hasFixedSlots: context.options.slots != nil,
                isDraining: departure.isStopping, startedAt: context.spool.now()))
    }

    /// Registers anew, and goes on where that fails.
    private func registerAgain() {
        context.failures.attempt(.work("workers")) { () throws(SpoolError) in try register() }
    }

    // MARK: Events

    /// Does what can be done now, then waits for events and takes them.
    private func step() {
        // Also what came in overdue: no timer was set for that.
        backlog.promoteDue()
        claimWhatFits()
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
        case .directory: watch.read { handle($1, in: $0) }
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
                    // Who submits a job must not count on this worker.
                    context.failures.attempt(.work("workers")) { () throws(SpoolError) in
                        try registration?.drain()
                    }
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
                case .everything: rescan()
                case .dropIns: if inbox.isEmpty { inbox.list() } else { inbox.admitSome() }
                case .scheduler: scheduler.start()
                case .idleRunners: if backlog.isEmpty { pool.dismissIdle() }
                case .prefetched: prefetch.review()
                case .settings: if context.haveSettingsChanged() { reread() }
                case .runners: pool.reapUnwatched { recovery.recoverSurely($0) }
                }
            }
        }
    }

    // MARK: Claims

    /// Takes waiting jobs while there are free slots: the most urgent first, and never a later one because an
    /// earlier one needs more slots than are free now.
    private func claimWhatFits() {
        defer { pool.sendNoJob() }
        guard hasLookedAfterRestart, !context.failures.isClaimingBackedOff,
            !recovery.mustLookForRunners
        else { return prefetch.flushBatch() }
        defer { if backlog.isEmpty { pool.dismissIdleLater() } }
        var isFresh = false
        while mayClaim, pool.hasRoom {
            if let claimed = prefetch.takeFirst() {
                run(claimed.job, claimed.origin)
                continue
            }
            guard let next = backlog.first else {
                // A fresh list that ran dry without any progress would only be the same again.
                if backlog.isComplete || isFresh { return }
                isFresh = true
                inbox.list()
                continue
            }
            switch backlog.claim(next.location, freeSlots: pool.freeSlots, take: run) {
            case .progress: isFresh = false
            case .busy: break
            case .backOff: return
            }
            backlog.remove(next)
        }
        pool.sendNoJob()
        if mayClaim { prefetch.claimNext() } else { prefetch.flushBatch() }
    }

    private var mayClaim: Bool {
        !departure.isStopping && !context.failures.isClaimingBackedOff
    }

    private func run(_ locked: LockedJob, _ origin: JobLocation) {
        if !pool.run(locked, claimedFrom: origin) { backlog.notice(locked.location) }
    }

    /// A command that submits a job looks for a living worker after that. So: withdraw first, look once more
    /// for jobs after that; one of the two sees the other.
    private func leavesAsNotNeeded() -> Bool {
        registration?.withdraw()
        registration = nil
        rescan()
        if backlog.isEmpty && backlog.isComplete && backlog.isScheduledEmpty {
            departure.leave()
            return true
        }
        departure.stay()
        registerAgain()
        return false
    }
}

// MARK: - Directories

extension Worker {
    /// - Parameter directory: nil: something was missed.
    private func handle(_ change: DirectoryWatch.Change, in directory: WatchedDirectory?) {
        guard let directory else { return rescan() }
        switch (directory, change.kind) {
        case (.spool, _) where change.name == SettingsFile.name:
            // An editor may take it away first, and write it then.
            context.reminders.add(.settings, at: Clock.monotonic() + 50_000_000)
        case (.spool, .appeared) where change.isDirectory: directoryWasMade(change.name)
        case (.spool, .vanished): departure.leaveIfRemoved()
        case (.incoming(let queue), .appeared), (.incoming(let queue), .written):
            incomingChanged(change, queue: queue)
        case (.scheduled, .appeared):
            if let name = JobFileName(change.name), name.fits(.scheduled) {
                backlog.notice(JobLocation(.scheduled, name))
            }
        case (.running, .written):
            if let name = JobFileName(change.name), name.fits(.running) {
                recovery.recoverIfOrphaned(JobLocation(.running, name))
            }
        case (.workers, .written): recovery.workerMayHaveDied()
        case (.state, _):
            guard backlog.readPauses() else { return }
            prefetch.putBack("the pauses have changed")
            inbox.list()
        default: break
        }
    }

    private func incomingChanged(_ change: DirectoryWatch.Change, queue: String?) {
        if let name = JobFileName(change.name), name.fits(.incoming) {
            backlog.noticeAgain(JobLocation(.incoming, subdirectory: queue, name))
        } else if change.isDirectory, queue == nil, NameRule.isName(change.name) {
            watch.watchQueue(change.name)
            inbox.list()
        } else if change.name.unicodeScalars.contains("\u{FFFD}") {
            // A name that isn't UTF-8, most likely: only a list has its bytes.
            inbox.list()
        } else {
            inbox.admit(change.name, queue: queue)
        }
    }

    /// By hand one was removed; whoever needed it first has made it again.
    private func directoryWasMade(_ name: String) {
        watch.watchAll()
        if name == "workers" { registerAgain() }
        rescan()
    }

    /// Looks at everything. The truth, whatever was reported: what waits, what is due, who is dead.
    private func rescan() {
        let begin = Clock.monotonic()
        defer { watch.setRescan(since: begin) }
        watch.watchAgain()
        departure.leaveIfRemoved()
        if departure.isLeaving { return }
        // Not on its way out: it isn't registered then.
        if registration != nil, context.haveSettingsChanged() { reread() }
        if !hasLookedAfterRestart {
            context.failures.attempt(.work("restart"), again: .everything) {
                () throws(SpoolError) in
                try AfterRestart(context.spool, report: context.report).repair()
                hasLookedAfterRestart = true
            }
        }
        _ = backlog.readPauses()
        backlog.listScheduled()
        backlog.promoteDue()
        recovery.rescan()
        inbox.list()
        context.failures.attempt(.work("sweep")) { () throws(SpoolError) in
            try context.spool.sweepLeftovers()
        }
    }

    /// Reads the settings again, and begins anew with them.
    private func reread() {
        do throws(SpoolError) {
            try context.readSettings()
            backlog.forgetIneligible()
            prefetch.putBack("the settings have changed")
            pool.dismissAll()
            try register()
            rescan()
            context.report(
                "settings read again: " + MessageText.count(context.settings.slots, "slot"))
        } catch {
            context.report(badSettings: error)
        }
    }
}
