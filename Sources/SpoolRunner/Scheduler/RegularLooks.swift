import SpoolSystem

/// When a scheduler looks at files and at waiting entries without an event. Times are readings of the monotonic clock in
/// nanoseconds.
struct RegularLooks {
    /// When it looked last; nil: a look is due.
    private var last: Int64?
    private var lastSweep: Int64 = 0

    /// Between two looks where an event may be missing.
    static let shortestInterval: Int64 = 60_000_000_000
    /// Between two looks while the end of a job is waited for that no event tells of.
    private static let untoldInterval: Int64 = 2_000_000_000
    private static let longestInterval: Int64 = 3600_000_000_000

    /// If the kernel tells of every change, looks are rare: they are for what nobody has thought of.
    static func interval(isReliable: Bool, waits: Bool) -> Int64 {
        if !isReliable && waits { return untoldInterval }
        return isReliable && !waits ? longestInterval : shortestInterval
    }

    /// Everything has just been read.
    mutating func start(at now: Int64) { (last, lastSweep) = (now, now) }

    /// A look is due at once.
    mutating func hurry() { last = nil }

    /// - Returns: whether a look is due, which counts as done then.
    mutating func take(at now: Int64, interval: Int64) -> Bool {
        guard last.map({ now - $0 >= interval }) ?? true else { return false }
        last = now
        return true
    }

    /// - Returns: whether the leftovers are to be removed, which counts as done then.
    mutating func takeSweep(at now: Int64) -> Bool {
        guard now - lastSweep >= RegularLooks.longestInterval else { return false }
        lastSweep = now
        return true
    }
}
