/// Work that the worker does to one file after the other.
enum Series: String, CaseIterable {
    /// `starting` is of the runners of what has been claimed.
    case claiming, starting, admission, promotion

    /// The treatment of a file that has failed.
    enum Fate {
        /// It has a time of its own at which it is tried again.
        case remembered
        /// Too many have failed to remember each: it is tried again when all are, with the others of them.
        case passedOver
        /// The next file would fail too: all wait a while.
        case paused
    }
}
