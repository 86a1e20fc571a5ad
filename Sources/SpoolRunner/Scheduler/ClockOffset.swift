import SpoolTime

/// The wall clock against the monotonic one: it tells when the former was set, or the machine has slept.
struct ClockOffset {
    /// In nanoseconds.
    private var offset: Int64
    /// The measure of lateness. It is `.resumed` until everything that was due at a start or a jump has been decided.
    private(set) var lateness = SlotPlan.Lateness.resumed
    /// The last time at which it was `.resumed`. If a slot up to then is undecided, somebody may have failed to look when
    /// it came.
    private(set) var resumption: Instant

    /// - Parameter monotonic: the reading of the monotonic clock, in nanoseconds.
    init(at now: Instant, monotonic: Int64) {
        offset = now.nanoseconds - monotonic
        resumption = now
    }

    /// Notices a jump of more than a second. Forward, it is downtime.
    ///
    /// - Returns: whether the clock was set back. Decided slots stay decided then, unless they are far in the future.
    mutating func notice(at now: Instant, monotonic: Int64) -> Bool {
        let step = now.nanoseconds - monotonic - offset
        offset += step
        let isJump = abs(step) > 1_000_000_000
        if isJump { lateness = .resumed }
        if lateness == .resumed { resumption = now }
        return isJump && step < 0
    }

    /// All that was due is decided.
    mutating func noteDecided() { lateness = .busy }
}
