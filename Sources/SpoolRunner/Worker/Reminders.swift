import SpoolSystem
import SpoolTime

/// The things that a worker is to look at again, and when, with the timer of the first of them. Times are readings of
/// the monotonic clock in nanoseconds.
final class Reminders {
    private var times: [Reminder: Int64] = [:]
    /// How often in a row something was busy, or failed.
    private var counts: [Reminder: Int] = [:]
    private let timer: Timer

    init() throws(Errno) {
        timer = try Timer(.monotonic)
    }

    /// Of the timer.
    var number: CInt { timer.number }

    /// Has something looked at again after a short while, longer each time in a row. The longest wait is a second, or a
    /// minute if all directories are read then.
    ///
    /// - Parameter isFailure: whether it wasn't busy, but has failed: that may go on for long, and up to a minute may
    ///   pass until it is tried again.
    func add(_ reminder: Reminder, isFailure: Bool = false) {
        let count = counts[reminder, default: 0]
        counts[reminder] = count + 1
        let isSlow = isFailure || reminder == .everything || reminder == .scheduler
        let delay = ExponentialDelay(
            shortest: 5_000_000, longest: isSlow ? 60_000_000_000 : 1_000_000_000)
        add(reminder, at: Clock.monotonic() + delay.after(count))
    }

    func add(_ reminder: Reminder, at time: Int64) {
        times[reminder] = min(times[reminder] ?? .max, time)
    }

    func add(_ reminder: Reminder, after wait: TimeSpan) {
        let delay = min(max(wait.nanoseconds, 1_000_000), 60_000_000_000)
        add(reminder, at: Clock.monotonic() + delay)
    }

    /// - Parameter time: nil: it isn't looked at again.
    func set(_ reminder: Reminder, at time: Int64?) { times[reminder] = time }

    func contains(_ reminder: Reminder) -> Bool { times[reminder] != nil }

    /// Whether another file that has failed can have a reminder. They are few, since all of them are looked through each
    /// time that the timer is set.
    var hasRoom: Bool { times.count < Reminders.mostFiles }

    private static let mostFiles = 1000

    /// All of them, in no order.
    var all: Dictionary<Reminder, Int64>.Keys { times.keys }

    /// How often in a row it was busy, or failed.
    func count(of reminder: Reminder) -> Int { counts[reminder, default: 0] }

    /// It is busy no longer.
    func forgetCount(of reminder: Reminder) {
        if !counts.isEmpty { counts[reminder] = nil }
    }

    /// Of what somebody else has taken or removed meanwhile, nothing is heard any more.
    func forgetOldCounts() { counts = counts.filter { times[$0.key] != nil } }

    /// The things to look at now.
    var due: [Reminder] {
        let now = Clock.monotonic()
        return times.compactMap { $0.value <= now ? $0.key : nil }
    }

    /// Looks at something that is due.
    func take(_ reminder: Reminder, _ look: () -> Void) {
        times[reminder] = nil
        look()
        if times[reminder] == nil, !reminder.isDecidedLater { counts[reminder] = nil }
    }

    /// Has the timer ring when the next one is due, or at another time.
    func setTimer(orAt other: Int64?) throws(Errno) {
        let soonest = times.values.min()
        guard let other else { return try timer.set(soonest) }
        try timer.set(min(soonest ?? .max, other))
    }

    func acknowledgeTimer() { timer.acknowledge() }
}
