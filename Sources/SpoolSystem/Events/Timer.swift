import CSpoolSystem
import Glibc

/// timerfd(2): one alarm, readable when its time has come.
package final class Timer {
    package enum Clock: Sendable {
        /// Wall clock time in nanoseconds since the epoch. The alarm also goes off when the clock is set.
        case realtime
        /// Time that never jumps, as `Clock.monotonic` counts it; suspend isn't counted.
        case monotonic
    }

    private let descriptor: Descriptor
    private let clock: Clock
    private var current: Int64?

    package init(_ clock: Clock) throws(Errno) {
        self.clock = clock
        descriptor = Descriptor(
            owning: try systemCall { spool_timerfd_create(clock == .realtime) })
    }

    package var number: CInt { descriptor.number }

    /// Sets the alarm to an absolute time in nanoseconds; nil turns it off. A time that has passed rings
    /// at once.
    package func set(_ nanoseconds: Int64?) throws(Errno) {
        if nanoseconds == current { return }
        let value = nanoseconds.map { max($0, 1) } ?? 0
        try systemCall { spool_timerfd_set(descriptor.number, value, clock == .realtime) }
        current = nanoseconds
    }

    /// Takes the alarm. It must be set anew afterwards.
    package func acknowledge() {
        var count: UInt64 = 0
        // EAGAIN: it was set anew meanwhile. ECANCELED: the clock was set, and everything is due for
        // another look. Either way the alarm is off and the caller sets it again.
        _ = Glibc.read(descriptor.number, &count, 8)
        current = nil
    }
}
