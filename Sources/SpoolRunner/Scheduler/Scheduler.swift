import Spool
import SpoolSystem
import SpoolTime

/// The process that enqueues what recurs: the active scheduler of its spool, or one that stands by until
/// the active one is gone. One thread and one event loop: between events it uses no CPU.
///
/// It starts no job: that is the workers' part.
package final class Scheduler {
    private let context: SchedulerContext
    private let signals: Signals
    private let files: CrontabWatch
    private let dueTimer: Timer
    private let soonTimer: Timer
    private let standby: Standby
    private var engine: SchedulerEngine?
    private var isLeaving = false
    /// Why it leaves if the spool was removed.
    private var removal: SpoolError?
    private var retry = SchedulerRetry()
    private var looks = RegularLooks()
    private var failedWaits = 0

    private var spool: SpoolDirectory { context.spool }

    /// - Parameter report: tells people what goes on.
    package init(
        spool: SpoolDirectory, report: @escaping (String) -> Void
    ) throws(SpoolError) {
        try Ownership(spool.storage).requireClosedLayout()
        try requireProcessTable()
        do throws(Errno) {
            context = try SchedulerContext(spool, report: report)
            signals = try Signals([
                ProcessControl.terminate, ProcessControl.interrupt, ProcessControl.hangUp,
                ProcessControl.brokenPipe,
            ])
            dueTimer = try Timer(.realtime)
            soonTimer = try Timer(.monotonic)
            files = try CrontabWatch(context)
        } catch {
            throw SpoolError(error, "epoll, signalfd or timerfd", spool.path)
        }
        standby = try Standby(context)
    }

    /// Schedules until it is told to stop by SIGTERM or SIGINT.
    ///
    /// - Parameters:
    ///   - once: ends by itself as soon as all that is due is decided.
    ///   - lifeline: a pipe's reading end: its end is a word to stop too; nil: none.
    /// - Throws: what keeps it from beginning; and `.notFound` when the spool was removed.
    package func run(once: Bool = false, lifeline: CInt? = nil) throws(SpoolError) {
        do throws(Errno) {
            try context.loop.watch(signals.number, as: .signals)
            try context.loop.watch(dueTimer.number, as: .due)
            try context.loop.watch(soonTimer.number, as: .soon)
            if let lifeline { try context.loop.watch(lifeline, as: .lifeline) }
        } catch {
            throw SpoolError(error, "epoll_ctl", spool.path)
        }
        takeOver()
        while !isLeaving {
            let isUpToDate = work()
            let mayGoOn = engine?.progress.hindered.mayGoOnSoon ?? false
            if once && isUpToDate && !mayGoOn { return try tellOfRest() }
            wait()
        }
        if let removal { throw removal }
    }

    /// A scheduler that ends leaves waiting slots to the next one.
    ///
    /// - Throws: if something is in the way of an entry.
    private func tellOfRest() throws(SpoolError) {
        let count = engine.map { $0.progress.waiting.count(in: $0.progress.entries) } ?? 0
        if count > 0 {
            context.report(
                "\(MessageText.count(count, "entry has", "entries have")) slots that wait for the end of an earlier job:"
                    + " they are decided by a scheduler that goes on, or the next time")
        }
        guard let hindered = engine?.progress.hindered, !hindered.keys.isEmpty else { return }
        throw SpoolError(
            .inputOutput,
            "\(spool.path): \(hindered.summary) couldn't go on; the next scheduler tries again",
            path: spool.path)
    }

    private func wait() {
        let sources: [SchedulerContext.Source]
        do throws(Errno) {
            try soonTimer.set(retry.time)
            sources = try context.loop.wait()
            failedWaits = 0
        } catch {
            context.tell(SpoolError(error, "epoll_wait or timerfd_settime", spool.path), of: "wait")
            Sleep.after(failures: &failedWaits)
            return
        }
        context.overcome("wait")
        for source in sources { handle(source) }
    }

    private func handle(_ source: SchedulerContext.Source) {
        switch source {
        case .signals: handleSignals()
        case .files: handleChanges()
        case .due: dueTimer.acknowledge()
        case .soon:
            soonTimer.acknowledge()
            retry.begin()
            takeOver()
        case .lock: takeOver()
        case .lifeline: isLeaving = true
        }
    }

    private func handleSignals() {
        // A signal that can't be read now is there at the next event.
        while let signal = (try? signals.next()) ?? nil {
            switch signal {
            case ProcessControl.hangUp: looks.hurry()
            case ProcessControl.terminate, ProcessControl.interrupt: isLeaving = true
            default: break
            }
        }
    }

    private func handleChanges() {
        let changes = files.read()
        if changes.contains(.spool) { leaveIfRemoved() }
        if isLeaving { return }
        attempt { engine throws(SpoolError) -> Bool in
            if changes.contains(.zones) { try engine.rescanFiles() }
            if changes.contains(.crontabs) { try engine.loadTables() }
            files.watchZones(engine.tables.zoneDirectories)
            let hasEnded = changes.contains { change in
                guard case .job(let id) = change else { return false }
                return id.map { engine.progress.waiting.awaits($0) } ?? true
            }
            return hasEnded ? try engine.recheckWaiting() : true
        }
    }

    // MARK: Active and standby

    /// Becomes the active scheduler if nobody else is; otherwise waits for the lock.
    private func takeOver() {
        guard engine == nil, retry.time == nil else { return }
        do throws(SpoolError) {
            guard try standby.takeOver() else { return }
            files.watchAll()
            leaveIfRemoved()
            if isLeaving { return }
            let engine = try SchedulerEngine(
                spool, SchedulerSurroundings(report: context.report))
            self.engine = engine
            files.watchZones(engine.tables.zoneDirectories)
            looks.start(at: Clock.monotonic())
            // After failures, that is said when it works.
            if !retry.hasFailed { tellOfEntries(engine) }
        } catch {
            fail(error)
        }
    }

    /// A scheduler of what nobody can reach is no use to anybody.
    private func leaveIfRemoved() {
        guard let removal = SpoolFormat(spool.storage).deletionError() else { return }
        self.removal = removal
        isLeaving = true
    }

    /// Another scheduler has become the leader, where locks lie or the lock's file was removed.
    private func stepDown() {
        context.report("another scheduler has taken over; trying again in a minute")
        engine = nil
        standby.reopen()
        retry.wait(nanoseconds: RegularLooks.shortestInterval)
    }

    private func tellOfEntries(_ engine: SchedulerEngine) {
        context.report(
            "scheduling " + MessageText.count(engine.progress.entries.all.count, "entry", "entries")
        )
    }

    /// After an error only what is on disk counts: the engine begins anew, a little later each time.
    private func fail(_ error: SpoolError) {
        context.tell(error, of: "schedule")
        engine = nil
        retry.noteFailure()
    }

    // MARK: Work

    private var lookInterval: Int64 {
        RegularLooks.interval(
            isReliable: files.isReliable,
            waits: engine.map { !$0.progress.waiting.isEmpty } ?? false)
    }

    /// - Returns: whether all that is due is decided.
    private func work() -> Bool {
        attempt { engine throws(SpoolError) -> Bool in
            let now = Clock.monotonic()
            if looks.take(at: now, interval: lookInterval) {
                files.watchAll()
                leaveIfRemoved()
                if isLeaving { return true }
                try engine.rescanFiles()
                files.watchZones(engine.tables.zoneDirectories)
                if try !engine.recheckWaiting() { return false }
            }
            if looks.takeSweep(at: now) { try engine.sweep() }
            guard var wake = try engine.tick() else { return false }
            if !engine.progress.waiting.isEmpty && !files.watchesJobs {
                files.watchesJobs = true
                // A job may have ended just before it was watched.
                guard try engine.recheckWaiting(), let next = try engine.tick() else {
                    return false
                }
                wake = next
            }
            files.watchesJobs = !engine.progress.waiting.isEmpty
            try setTimer(wake)
            if retry.hasFailed {
                retry.noteSuccess()
                context.overcome("schedule")
                tellOfEntries(engine)
            }
            return true
        }
    }

    private func setTimer(_ wake: Instant) throws(SpoolError) {
        let look = spool.storage.now() + TimeSpan(microseconds: lookInterval / 1000)
        do throws(Errno) {
            try dueTimer.set(min(wake, look).nanoseconds)
        } catch {
            throw SpoolError(error, "timerfd_settime", spool.path)
        }
    }

    /// - Parameter body: returns false when it is the leader no longer.
    /// - Returns: whether it was done.
    @discardableResult
    private func attempt(_ body: (SchedulerEngine) throws(SpoolError) -> Bool) -> Bool {
        guard let engine else { return false }
        do throws(SpoolError) {
            if try body(engine) { return true }
            stepDown()
        } catch {
            fail(error)
        }
        return false
    }
}
