import SpoolSystem

/// Signals that a command doesn't take: one that runs as another user, as by a set-user-ID program, can't be ended.
struct Resistance {
    /// The signal that is sent again with each heartbeat: the command may take it by then, or processes may be left
    /// that didn't get it.
    private(set) var again: CInt?
    private var refusal: Errno?

    /// - Returns: whether people are to be told.
    mutating func note(_ refusal: Errno?, of signal: CInt) -> Bool {
        // It follows another one, which has said it.
        if signal == ProcessControl.goOn { return false }
        again = refusal != nil || signal == ProcessControl.kill ? signal : nil
        guard let refusal, self.refusal == nil else { return false }
        self.refusal = refusal
        return true
    }

    /// The text about it in the attempt's record.
    var record: String? { refusal.map { "it could not be ended: \($0)" } }
}
