import Glibc

package enum Pause {
    /// Two milliseconds: between two looks at a file that somebody else is moving this very moment.
    package static func briefly() {
        var time = timespec(tv_sec: 0, tv_nsec: 2_000_000)
        // A signal may cut it short, which is as good.
        nanosleep(&time, nil)
    }
}
