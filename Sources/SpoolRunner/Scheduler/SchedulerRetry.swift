import SpoolSystem

/// When a scheduler tries again what failed, a little later each time.
struct SchedulerRetry {
    /// By the monotonic clock; nil: nothing is to be tried again.
    private(set) var time: Int64?
    /// How many failures there were in a row.
    private var failures = 0

    private static let delay = ExponentialDelay(shortest: 250_000_000, longest: 30_000_000_000)

    var hasFailed: Bool { failures > 0 }

    mutating func noteFailure() {
        failures += 1
        time = Clock.monotonic() + SchedulerRetry.delay.after(failures)
    }

    mutating func noteSuccess() { failures = 0 }

    /// Nothing has failed, but there is nothing to be done for so long.
    mutating func wait(nanoseconds: Int64) { time = Clock.monotonic() + nanoseconds }

    /// Its time has come.
    mutating func begin() { time = nil }
}
