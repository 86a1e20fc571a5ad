import SpoolSchedule

/// Makes ids that grow: within one process each is greater than the one before, also within one
/// millisecond and when the clock is set back a little.
package final class JobIDGenerator: Sendable {
    /// The random source may be replaced by tests.
    private let random: @Sendable () -> (high: UInt16, low: UInt64)
    private let last = LockedBox<JobID?>(nil)

    package init(
        random: @escaping @Sendable () -> (high: UInt16, low: UInt64) = {
            (UInt16.random(in: .min ... .max), UInt64.random(in: .min ... .max))
        }
    ) {
        self.random = random
    }

    /// An id for something that happened at `time`.
    ///
    /// Times that go back by less than a second still give growing ids; an older time, as a file has that
    /// was dropped while no worker ran, gives an id of that time.
    package func make(at time: Instant) -> JobID {
        last.withLock { last in
            let milliseconds = max(0, time.milliseconds)
            if let previous = last, previous.milliseconds >= milliseconds,
                previous.milliseconds - milliseconds < 1000, let next = previous.successor
            {
                last = next
                return next
            }
            let id = JobID(milliseconds: UInt64(milliseconds), random: random())
            last = id
            return id
        }
    }
}
