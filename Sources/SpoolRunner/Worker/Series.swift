/// Work that the worker does to one file after the other.
enum Series: String {
    /// `starting` is of the runners of what has been claimed.
    case claiming, starting, admission, promotion
}
