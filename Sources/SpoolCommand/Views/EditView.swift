import Spool

/// `spool edit`.
enum EditView {
    /// Says why a text is refused.
    static func say(_ fault: SpoolError, _ console: Console) {
        console.say(fault.message)
    }
}
