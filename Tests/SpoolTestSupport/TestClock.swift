import Spool
import SpoolSystem
import SpoolTime

/// A clock that a test sets. It begins with the present time, since change times of files are real.
package final class TestClock: Sendable {
    private let box = LockedBox(Instant(nanoseconds: Clock.realtime()))

    package init() {}

    package var now: Instant { box.withLock { $0 } }

    package func set(_ instant: Instant) { box.withLock { $0 = instant } }

    package func advance(_ span: TimeSpan) { box.withLock { $0 = $0 + span } }

    /// For `SpoolDirectory(at:now:)`.
    package var reading: @Sendable () -> Instant { { [self] in now } }
}
