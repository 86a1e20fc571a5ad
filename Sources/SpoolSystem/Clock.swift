import Glibc

/// Readings of the kernel's clocks, in nanoseconds.
package enum Clock {
    /// Nanoseconds since 1970-01-01T00:00:00Z, as the machine's clock is set now.
    package static func realtime() -> Int64 { read(CLOCK_REALTIME) }

    /// Nanoseconds of a clock that is never set.
    package static func monotonic() -> Int64 { read(CLOCK_MONOTONIC) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        // Fails only for a clock that doesn't exist, and both of ours do.
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
