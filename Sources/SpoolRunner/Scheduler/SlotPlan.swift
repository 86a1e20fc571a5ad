import Spool
import SpoolSchedule

/// The treatment of the slots of an entry that have come: one step, up to the slot that is decided next. Pure.
struct SlotPlan: Equatable {
    /// How late a slot may be and still count as on time.
    enum Lateness {
        /// The scheduler ran all the while: the machine was busy.
        case busy
        /// It has just taken over, or the clock was set forward, or the machine slept: what is older than a
        /// restart takes was missed.
        case resumed

        var grace: TimeSpan { self == .busy ? .seconds(10) : .seconds(2) }
    }

    /// The slot that is decided; with it all earlier ones.
    var slot: Instant
    /// Whether it runs.
    var runs: Bool
    /// How many slots are lost: earlier ones, and this one where it doesn't run.
    var missed: Int
    /// It is one of several that are caught up, so that it must wait for the ones before it.
    var isBacklog = false

    /// How many slots `CATCH_UP=all` runs at most.
    static let catchUpLimit = 100

    /// - Parameters:
    ///   - mark: the last slot that was decided, or the first sight of the entry.
    ///   - delay: by how much its starts are put off.
    ///   - begin: when the scheduler began to look at what has come; lateness counts up to then.
    ///   - resumption: `CATCH_UP=all` catches up on slots up to then, whatever their lateness.
    /// - Returns: nil when no slot has come.
    static func next(
        _ schedule: Schedule, after mark: Instant, at now: Instant, _ settings: CrontabSettings,
        delay: TimeSpan, _ lateness: Lateness, since begin: Instant, resumedAt resumption: Instant
    ) -> SlotPlan? {
        guard let first = schedule.next(after: mark), first <= now else { return nil }
        func isInTime(_ slot: Instant) -> Bool {
            guard let deadline = settings.startDeadline else { return true }
            return now - (slot + delay) <= deadline
        }
        let isCaughtUp = settings.catchesUpOnAll && first <= resumption
        if begin - first <= lateness.grace, !isCaughtUp {
            let runs = isInTime(first)
            return SlotPlan(slot: first, runs: runs, missed: runs ? 0 : 1)
        }
        let newest = schedule.latest(atOrBefore: now) ?? first
        let count = schedule.count(after: mark, through: now)
        let lost = SlotPlan(slot: newest, runs: false, missed: count)
        switch settings.catchUp {
        case .all where settings.catchesUpOnAll:
            let caught = schedule.newestSlots(after: mark, through: now, limit: catchUpLimit)
            guard let oldest = caught.first(where: isInTime) else { return lost }
            let earlier = schedule.count(after: mark, through: oldest) - 1
            return SlotPlan(slot: oldest, runs: true, missed: earlier, isBacklog: true)
        case .last, .all:
            guard isInTime(newest) else { return lost }
            return SlotPlan(slot: newest, runs: true, missed: count - 1)
        case .none:
            return lost
        }
    }
}

extension CrontabSettings {
    /// Whether each slot that was missed, or came while another one waited, runs, one after the other.
    var catchesUpOnAll: Bool { catchUp == .all && overlap != .replace }
}
