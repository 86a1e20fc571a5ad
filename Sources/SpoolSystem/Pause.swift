import Glibc

package enum Pause {
    /// Two milliseconds: between two looks at a file that somebody else is moving this very moment.
    package static func briefly() { take(shortest) }

    /// After something has failed that is tried again: twice as long each time, up to a second.
    ///
    /// - Parameter failures: how many there were in a row before this one; counted on here.
    package static func after(failures: inout Int) {
        take(min(1_000_000_000, shortest << min(failures, 20)))
        failures += 1
    }

    /// In nanoseconds.
    private static let shortest = 2_000_000

    private static func take(_ nanoseconds: Int) {
        var time = timespec(
            tv_sec: nanoseconds / 1_000_000_000, tv_nsec: nanoseconds % 1_000_000_000)
        // A signal may cut it short, which is as good.
        nanosleep(&time, nil)
    }
}
