import CSpoolSystem
import Glibc

package enum Sleep {
    /// Two milliseconds: between two looks at a file that somebody else is moving this very moment.
    package static func briefly() { take(delay.shortest) }

    /// After something has failed that is tried again: twice as long each time, up to a second.
    ///
    /// - Parameter failures: how many there were in a row before this one; counted on here.
    package static func after(failures: inout Int) {
        take(delay.after(failures))
        failures += 1
    }

    private static let delay = ExponentialDelay(shortest: 2_000_000, longest: 1_000_000_000)

    private static func take(_ nanoseconds: Int64) {
        var time = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        // A signal may cut it short, which is as good.
        nanosleep(&time, nil)
    }
}
