import SpoolSystem
import SpoolTime

/// Makes ids that grow. Within one process each is greater than the one before, also within one millisecond and if the
/// clock is set back a little.
package final class JobIDGenerator: @unchecked Sendable {
    /// The random source may be replaced by tests.
    private let random: @Sendable () -> (high: UInt16, low: UInt64)
    /// In milliseconds: ids grow though the time goes back by less.
    private let tolerance: Int64
    private let lock = Lock()
    /// Read and written with the lock.
    private var last: JobID?

    package init(
        tolerance: TimeSpan = .seconds(1),
        random: @escaping @Sendable () -> (high: UInt16, low: UInt64) = {
            var source = KernelRandom()
            return (UInt16(truncatingIfNeeded: source.next()), source.next())
        }
    ) {
        self.random = random
        self.tolerance = tolerance.nanoseconds / 1_000_000
    }

    /// An id for something that happened at `time`.
    ///
    /// Times that go back by less than the tolerance still give growing ids; an older time gives an id of that time.
    package func make(at time: Instant) -> JobID {
        lock.held {
            let milliseconds = max(0, time.milliseconds)
            if let previous = last, previous.milliseconds >= milliseconds,
                previous.milliseconds - milliseconds < tolerance, let next = previous.successor
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
