import Spool
import SpoolSystem

/// Signals that a command doesn't take: one that runs as another user, as by a set-user-ID program, can't be ended.
struct Resistance {
    /// What is sent again with each heartbeat: it may take it by then, and of those that got one some may be left that
    /// didn't.
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

    /// What the record of the attempt says of it.
    var record: String? { refusal.map { "it could not be ended: \($0)" } }
}

extension Runner {
    /// Signals the process group of the command.
    func send(_ signal: CInt, to command: Int32) {
        do throws(Errno) {
            try ProcessControl.signalGroup(command, signal)
            _ = resistance.note(nil, of: signal)
        } catch {
            guard resistance.note(error, of: signal) else { return }
            let text = "\(error); it runs as another user, and keeps its slots until it ends"
            log.note("\(RunnerReport.resistance): \(text)", at: Clock.realtime())
            // Without a worker, the log and `status` say it.
            _ = process.tell(
                .resists,
                RunnerReport(
                    RunnerReport.resistance, of: place, errno: error.rawValue, text: text))
        }
    }
}
