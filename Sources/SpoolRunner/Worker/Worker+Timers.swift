import Spool
import SpoolSchedule
import SpoolSystem

/// Something to look at again, soon, because it was busy or not ready.
enum Reminder: Hashable {
    case dropIn(name: String, queue: String?)
    case waiting(JobLocation)
    case running(JobLocation)
    /// A worker may have died.
    case death
    case scheduled(JobLocation)
    /// Resources ran out; claiming goes on then.
    case claiming
    /// A directory could not be read.
    case everything
    /// More was dropped than has been admitted.
    case dropIns
    /// The scheduler beside the worker has ended.
    case scheduler
    /// Runners have nothing to do.
    case resting
    /// Jobs are claimed ahead.
    case ahead
    /// The settings were changed, or are being.
    case settings
}

extension Worker {
    /// Looks at something again after a short while, longer each time in a row, up to a second, or to a minute
    /// where that means to read all directories.
    func remind(_ reminder: Reminder) {
        let count = attempts[reminder, default: 0]
        attempts[reminder] = count + 1
        let longest: Int64 = reminder == .everything ? 60_000_000_000 : 1_000_000_000
        let delay = min(longest, Int64(5_000_000) << min(count, 14))
        remind(reminder, at: Clock.monotonic() + delay)
    }

    func remind(_ reminder: Reminder, at time: Int64) {
        later[reminder] = min(later[reminder] ?? .max, time)
    }

    /// - Parameter instant: of the wall clock.
    func remind(_ reminder: Reminder, after instant: Instant) {
        let wait = (instant - spool.now()).nanoseconds
        remind(reminder, at: Clock.monotonic() + min(max(wait, 1_000_000), 60_000_000_000))
    }

    func lookAgain() {
        let now = Clock.monotonic()
        for (reminder, time) in later where time <= now {
            later[reminder] = nil
            switch reminder {
            case .dropIn(let name, let queue): admit(name, queue: queue)
            case .waiting(let location): noticeWaiting(location)
            case .running(let location): mayHaveBeenLeft(location)
            case .death: workerMayHaveDied()
            case .scheduled(let location): timetable.insert(location.name)
            case .claiming: break
            case .everything: lookAtEverything()
            case .dropIns: if dropIns.isEmpty { listIncoming() } else { admitSome() }
            case .scheduler: startScheduler()
            case .resting: if waiting.isEmpty { dismissResting() }
            case .ahead: reviewAhead()
            case .settings: settingsMayHaveChanged()
            }
            if later[reminder] == nil { attempts[reminder] = nil }
        }
    }

    func setTimers() {
        var soonest = later.values.min()
        if let limit = options.idleLimit, let since = idleSince {
            soonest = min(soonest ?? .max, since + limit.nanoseconds)
        }
        do throws(Errno) {
            try soonTimer.set(soonest)
            try dueTimer.set(timetable.first?.due?.nanoseconds)
        } catch {
            report("timerfd_settime: \(error)")
        }
    }

    func setRescan() {
        do throws(Errno) {
            try rescanTimer.set(Clock.monotonic() + settings.rescan.nanoseconds)
        } catch {
            report("timerfd_settime: \(error)")
        }
    }

    // MARK: Due jobs

    /// Whether the time of a scheduled job has come.
    var hasDue: Bool { timetable.first?.due.map { $0 <= spool.now() } ?? false }

    /// Brings jobs whose time has come to incoming/, in the order of their times: some of them, and the rest in its
    /// next turns, so that jobs begin and end meanwhile.
    func promoteDue() {
        if timetable.isEmpty && !timetable.isComplete { listScheduled() }
        let end = Clock.monotonic() + Worker.turn
        while hasDue, Clock.monotonic() < end, let name = timetable.first {
            timetable.removeFirst()
            let location = JobLocation(.scheduled, name)
            attempt(again: .scheduled(location)) { () throws(SpoolError) in
                if let target = try spool.promote(location) {
                    noticeWaiting(target)
                } else if try spool.exists(location) {
                    remind(.scheduled(location))
                }
            }
            if timetable.isEmpty && !timetable.isComplete { listScheduled() }
        }
    }

    func listScheduled() {
        attempt(again: .everything) { () throws(SpoolError) in
            let (first, hasMore) = try spool.timetable(limit: Worker.windowSize)
            timetable.refill(first, isComplete: !hasMore)
        }
    }
}
