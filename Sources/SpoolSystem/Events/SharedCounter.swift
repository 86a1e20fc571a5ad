import CSpoolSystem

/// A time that a process and those that it forks see alike, as the one sets it last.
package final class SharedCounter {
    private let place: OpaquePointer

    /// - Throws: if there is no memory for it.
    package init() throws(Errno) {
        guard let place = spool_make_shared_time() else { throw Errno.last }
        self.place = place
    }

    deinit { spool_drop_shared_time(place) }

    /// 0 in the beginning.
    package var nanoseconds: Int64 {
        get { spool_shared_time(place) }
        set { spool_set_shared_time(place, newValue) }
    }
}
