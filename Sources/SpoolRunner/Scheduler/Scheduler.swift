import Spool
import SpoolSystem
import SpoolTime

/// The process that enqueues what recurs: the active scheduler of its spool, or one that stands by until
/// the active one is gone. One thread and one event loop: between events it uses no CPU.
///
/// It starts no job: that is the workers' part.
package final class Scheduler {
    /// What its event loop waits for.
    private enum Source: UInt64 {
        case signals, files, due, soon, lock, lifeline
    }

    private let spool: SpoolDirectory
    private let report: (String) -> Void
    private let loop: EventLoop<Source>
    private let signals: Signals
    private let files: CrontabWatch
    private let dueTimer: Timer
    private let soonTimer: Timer
    private var lock: SchedulerLock
    private var engine: SchedulerEngine?
    private var isLeaving = false
    /// Why it leaves where there is no spool any more.
    private var removal: SpoolError?
    private var retry = Retry()
    private var failedWaits = 0
    private var troubles = Troubles<String>()
    /// When the files, and what waits, were looked at last without an event, by the monotonic clock; nil:
    /// they are to be looked at now.
    private var lastLook: Int64?
    private var lastSweep: Int64 = 0

    private struct Retry {
        /// When to try again what failed, by the monotonic clock; nil: nothing did.
        var at: Int64?
        /// How many failures there were in a row.
        var failures = 0

        private static let delay = ExponentialDelay(
            shortest: 250_000_000, longest: 30_000_000_000)

        mutating func noteFailure() {
            failures += 1
            at = Clock.monotonic() + Retry.delay.after(failures)
        }
    }

    /// - Parameter report: tells people what goes on.
    package init(
        spool: SpoolDirectory, report: @escaping (String) -> Void
    ) throws(SpoolError) {
        try Ownership(spool.storage).requireClosedLayout()
        try requireProcessTable()
        self.spool = spool
        self.report = report
        do throws(Errno) {
            let loop = try EventLoop<Source>()
            self.loop = loop
            signals = try Signals([
                ProcessControl.terminate, ProcessControl.interrupt, ProcessControl.hangUp,
                ProcessControl.brokenPipe,
            ])
            dueTimer = try Timer(.realtime)
            soonTimer = try Timer(.monotonic)
            files = try CrontabWatch(spool, report: report) { number throws(Errno) in
                try loop.watch(number, as: .files)
            }
        } catch {
            throw SpoolError(error, "epoll, signalfd or timerfd", spool.path)
        }
        lock = try SchedulerLock(spool)
    }

    /// Schedules until it is told to stop by SIGTERM or SIGINT.
    ///
    /// - Parameters:
    ///   - once: ends by itself as soon as all that is due is decided.
    ///   - lifeline: a pipe's reading end: its end is a word to stop too; nil: none.
    /// - Throws: what keeps it from beginning; and `.notFound` when the spool was removed.
    package func run(once: Bool = false, lifeline: CInt? = nil) throws(SpoolError) {
        do throws(Errno) {
            try loop.watch(signals.number, as: .signals)
            try loop.watch(dueTimer.number, as: .due)
            try loop.watch(soonTimer.number, as: .soon)
            if let lifeline { try loop.watch(lifeline, as: .lifeline) }
        } catch {
            throw SpoolError(error, "epoll_ctl", spool.path)
        }
        takeOver()
        while !isLeaving {
            let isUpToDate = work()
            if once && isUpToDate { return tellOfWaiting() }
            wait()
        }
        if let removal { throw removal }
    }

    /// Who ends doesn't see to what waits for the end of a job.
    private func tellOfWaiting() {
        let count = engine?.waitingCount ?? 0
        guard count > 0 else { return }
        report(
            "\(MessageText.count(count, "entry has", "entries have")) slots that wait for the end of an earlier job:"
                + " they are decided by a scheduler that goes on, or the next time")
    }

    private func wait() {
        let sources: [Source]
        do throws(Errno) {
            try soonTimer.set(retry.at)
            sources = try loop.wait()
            failedWaits = 0
        } catch {
            tell(SpoolError(error, "epoll_wait or timerfd_settime", spool.path), of: "wait")
            Sleep.after(failures: &failedWaits)
            return
        }
        overcome("wait")
        for source in sources { handle(source) }
    }

    private func handle(_ source: Source) {
        switch source {
        case .signals: handleSignals()
        case .files: handleChanges()
        case .due: dueTimer.acknowledge()
        case .soon:
            soonTimer.acknowledge()
            retry.at = nil
            takeOver()
        case .lock: takeOver()
        case .lifeline: isLeaving = true
        }
    }

    private func handleSignals() {
        // A signal that can't be read now is there at the next event.
        while let signal = (try? signals.next()) ?? nil {
            switch signal {
            case ProcessControl.hangUp: lastLook = nil
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
            files.watchZones(engine.zoneDirectories)
            let hasEnded = changes.contains { isAwaited($0, by: engine) }
            return hasEnded ? try engine.recheckWaiting() : true
        }
    }
}

private func isAwaited(_ change: CrontabWatch.Change, by engine: SchedulerEngine) -> Bool {
    guard case .job(let id) = change else { return false }
    return id.map { engine.awaits($0) } ?? true
}

// MARK: - Active and standby

extension Scheduler {
    /// Becomes the active scheduler if nobody else is; otherwise waits for the lock.
    private func takeOver() {
        guard engine == nil, retry.at == nil else { return }
        do throws(SpoolError) {
            // The helper's descriptor leaves the event loop as it is closed.
            lock.stopWaiting()
            guard try lock.tryTake() else { return try standBy() }
            files.watchAll()
            leaveIfRemoved()
            if isLeaving { return }
            let engine = try SchedulerEngine(
                spool, SchedulerEngine.Surroundings(report: report))
            self.engine = engine
            files.watchZones(engine.zoneDirectories)
            lastLook = Clock.monotonic()
            lastSweep = Clock.monotonic()
            // After failures, that is said when it works.
            if retry.failures == 0 { tellOfEntries(engine) }
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

    private func standBy() throws(SpoolError) {
        let handle = try lock.startWaiting()
        do throws(Errno) {
            try loop.watch(handle, as: .lock)
        } catch {
            throw SpoolError(error, "epoll_ctl", spool.path)
        }
        report("standing by: another scheduler is active")
    }

    /// Another scheduler has become the leader, where locks lie or the lock's file was removed.
    private func stepDown() {
        report("another scheduler has taken over; trying again in a minute")
        engine = nil
        reopenLock()
        retry.at = Clock.monotonic() + Scheduler.shortestInterval
    }

    private func reopenLock() {
        do throws(SpoolError) {
            lock = try SchedulerLock(spool)
            overcome("lock")
        } catch {
            tell(error, of: "lock")
        }
    }

    private func tell(_ error: SpoolError, of doing: String) {
        let isNew = troubles.fail(doing, for: doing, error, at: Clock.monotonic())
        if isNew { report(error.message) }
    }

    private func overcome(_ doing: String) {
        if troubles.isEmpty { return }
        if let text = troubles.overcome(doing, at: Clock.monotonic()) { report(text) }
    }

    private func tellOfEntries(_ engine: SchedulerEngine) {
        report("scheduling " + MessageText.count(engine.entryCount, "entry", "entries"))
    }

    /// After an error only what is on disk counts: the engine begins anew, a little later each time.
    private func fail(_ error: SpoolError) {
        tell(error, of: "schedule")
        engine = nil
        retry.noteFailure()
    }
}

// MARK: - Work

extension Scheduler {
    private static let shortestInterval: Int64 = 60_000_000_000
    /// Where the end of a job that is waited for isn't told.
    private static let untoldInterval: Int64 = 2_000_000_000
    private static let longestInterval: Int64 = 3600_000_000_000

    /// Where the kernel tells of every change, a look is for what nobody has thought of.
    private var lookInterval: Int64 {
        let waits = engine?.waitsForJobs == true
        if !files.isReliable && waits { return Scheduler.untoldInterval }
        return files.isReliable && !waits
            ? Scheduler.longestInterval : Scheduler.shortestInterval
    }

    /// - Returns: whether all that is due is decided.
    private func work() -> Bool {
        attempt { engine throws(SpoolError) -> Bool in
            let now = Clock.monotonic()
            if lastLook.map({ now - $0 >= lookInterval }) ?? true {
                lastLook = now
                files.watchAll()
                leaveIfRemoved()
                if isLeaving { return true }
                try engine.rescanFiles()
                files.watchZones(engine.zoneDirectories)
                if try !engine.recheckWaiting() { return false }
            }
            if now - lastSweep >= Scheduler.longestInterval {
                lastSweep = now
                try engine.sweep()
            }
            guard var wake = try engine.tick() else { return false }
            if engine.waitsForJobs && !files.watchesJobs {
                files.watchesJobs = true
                // A job may have ended just before it was watched.
                guard try engine.recheckWaiting(), let next = try engine.tick() else {
                    return false
                }
                wake = next
            }
            files.watchesJobs = engine.waitsForJobs
            do throws(Errno) {
                try dueTimer.set(
                    min(wake, spool.storage.now() + TimeSpan(microseconds: lookInterval / 1000))
                        .nanoseconds
                )
            } catch {
                throw SpoolError(error, "timerfd_settime", spool.path)
            }
            if retry.failures > 0 {
                retry.failures = 0
                overcome("schedule")
                tellOfEntries(engine)
            }
            return true
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
