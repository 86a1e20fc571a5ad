import Spool
import SpoolSystem
import SpoolTime

/// Something to look at again, soon, because it was busy or not ready.
enum Reminder: Hashable {
    case dropIn(name: String, queue: String?)
    case waiting(JobLocation)
    case running(JobLocation)
    /// A worker may have died.
    case death
    case scheduled(JobLocation)
    /// Something ran out, or can't be written; what was done to one file after the other goes on then.
    case rest(Series)
    /// A directory could not be read.
    case everything
    /// More was dropped than has been admitted.
    case dropIns
    /// The scheduler beside the worker has ended.
    case scheduler
    /// Runners have nothing to do.
    case resting
    /// Jobs are claimed ahead.
    case prefetched
    /// The settings were changed, or are being.
    case settings
    /// Of the end of a runner no event tells.
    case runners
}

extension Reminder {
    /// Whether looking again only puts it back among the others, where it may fail once more.
    fileprivate var isDecidedLater: Bool {
        switch self {
        case .waiting, .scheduled, .rest: true
        default: false
        }
    }
}

extension Worker {
    /// Looks at something again after a short while, longer each time in a row, up to a second, or to a minute
    /// where that means to read all directories.
    ///
    /// - Parameter isFailure: whether it wasn't busy, but has failed: that may go on for long, and up to a minute may
    ///   pass until it is tried again.
    func remind(_ reminder: Reminder, isFailure: Bool = false) {
        let count = attempts[reminder, default: 0]
        attempts[reminder] = count + 1
        let isSlow = isFailure || reminder == .everything || reminder == .scheduler
        let longest: Int64 = isSlow ? 60_000_000_000 : 1_000_000_000
        let delay = ExponentialDelay(shortest: 5_000_000, longest: longest).after(count)
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

    func recheck() {
        let now = Clock.monotonic()
        for (reminder, time) in later where time <= now {
            later[reminder] = nil
            switch reminder {
            case .dropIn(let name, let queue):
                if isResting(.admission) {
                    remind(reminder, at: rests[.admission]?.end ?? now)
                } else {
                    admit(name, queue: queue)
                }
            case .waiting(let location): noticeWaiting(location)
            case .running(let location): recoverIfOrphaned(location)
            case .death: workerMayHaveDied()
            case .scheduled(let location): timetable.insert(location.name)
            case .rest(let series):
                if isResting(series) {
                    // Another one has begun just now.
                    later[reminder] = rests[series]?.end
                } else if series == .admission {
                    listIncoming()
                }
            case .everything: rescan()
            case .dropIns: if dropIns.isEmpty { listIncoming() } else { admitSome() }
            case .scheduler: startScheduler()
            case .resting: if waiting.isEmpty { dismissResting() }
            case .prefetched: reviewPrefetched()
            case .settings: settingsMayHaveChanged()
            case .runners: lookAtUnwatchedRunners()
            }
            if later[reminder] == nil, !reminder.isDecidedLater { attempts[reminder] = nil }
        }
    }

    func setTimers() {
        var soonest = later.values.min()
        if let limit = options.idleLimit, let since = idleSince {
            soonest = min(soonest ?? .max, since + limit.nanoseconds)
        }
        if let time = givingUpTime { soonest = min(soonest ?? .max, time) }
        do throws(Errno) {
            try soonTimer.set(soonest)
            try dueTimer.set(isResting(.promotion) ? nil : timetable.first?.due?.nanoseconds)
            overcome(.work("timer"))
        } catch {
            tell(error, "timerfd_settime", of: .work("timer"))
        }
    }

    /// Sets the time of the next look at everything.
    ///
    /// - Parameter begin: when this one began, by the monotonic clock.
    func setRescan(since begin: Int64) {
        let now = Clock.monotonic()
        var interval = settings.rescan.nanoseconds
        // Where nothing is told, as often as takes little of the time.
        if !unwatched.isEmpty { interval = min(interval, max(1_000_000_000, 20 * (now - begin))) }
        do throws(Errno) {
            try rescanTimer.set(now + interval)
            overcome(.work("rescan"))
        } catch {
            tell(error, "timerfd_settime", of: .work("rescan"))
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
        while hasDue, !isResting(.promotion), Clock.monotonic() < end, let name = timetable.first {
            timetable.removeFirst()
            promote(JobLocation(.scheduled, name))
            if timetable.isEmpty && !timetable.isComplete { listScheduled() }
        }
    }

    private func promote(_ location: JobLocation) {
        let reminder = Reminder.scheduled(location)
        do throws(SpoolError) {
            if let target = try spool.promote(location) {
                noteSuccess(in: .promotion)
                noticeWaiting(target)
            } else if try spool.exists(location) {
                return remind(reminder)
            }
            if !attempts.isEmpty { attempts[reminder] = nil }
            overcome(.file(reminder))
        } catch {
            tell(error, of: .file(reminder))
            remind(reminder, isFailure: true)
            rest(.promotion, concernsAll: false)
        }
    }

    func listScheduled() {
        attempt(.work("scheduled"), again: .everything) { () throws(SpoolError) in
            let (first, hasMore) = try spool.timetable(limit: Worker.windowSize)
            timetable.refill(first, isComplete: !hasMore)
        }
    }
}
