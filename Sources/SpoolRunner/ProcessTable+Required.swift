import Spool
import SpoolSystem

/// Whoever judges whether processes live needs to see them.
func requireProcessTable() throws(SpoolError) {
    guard ProcessTable.isMounted else {
        throw SpoolError(
            .inputOutput,
            "/proc: isn't mounted, and workers and schedulers need it to see which processes live:"
                + " 'mount -t proc proc /proc'", path: "/proc")
    }
}
