import Spool
import SpoolSystem

/// Throws if processes can't be seen: nobody could tell then which of them live.
func requireProcessTable() throws(SpoolError) {
    guard ProcessTable.isMounted else {
        throw SpoolError(
            .inputOutput,
            "/proc: isn't mounted, and workers and schedulers need it to see which processes live:"
                + " 'mount -t proc proc /proc'", path: "/proc")
    }
}
