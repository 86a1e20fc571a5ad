import CSpoolSystem

/// A number that a process shares with those that it forks: each sees what another has set last.
package final class SharedCounter {
    private let place: OpaquePointer

    /// - Throws: if there is no memory for it.
    package init() throws(Errno) {
        guard let place = spool_make_shared_counter() else { throw Errno.last }
        self.place = place
    }

    deinit { spool_drop_shared_counter(place) }

    /// 0 in the beginning.
    package var nanoseconds: Int64 {
        get { spool_shared_counter(place) }
        set { spool_set_shared_counter(place, newValue) }
    }
}
