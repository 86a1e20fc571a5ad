import SpoolSchedule
import SpoolSystem

/// Makes ids that grow: within one process each is greater than the one before, also within one
/// millisecond and when the clock is set back a little.
package final class JobIDGenerator: @unchecked Sendable {
    /// The random source may be replaced by tests.
    private let random: @Sendable () -> (high: UInt16, low: UInt64)
    private let lock = Lock()
    /// Read and written with the lock.
    private var last: JobID?

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
        lock.held {
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
