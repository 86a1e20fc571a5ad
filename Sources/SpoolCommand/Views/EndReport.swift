import Spool

/// Says of the ends of jobs what the exit status alone doesn't.
struct EndReport {
    private let purpose: WaitView.Purpose
    private let console: Console
    private var told = 0
    private var hasToldFault = false
    /// Of thousands that fail, the first ones say what is wrong.
    private static let limit = 20

    init(_ purpose: WaitView.Purpose, _ console: Console) {
        self.purpose = purpose
        self.console = console
    }

    /// Why the kernel doesn't report what happens to the jobs.
    mutating func say(fault: String) {
        // With a command's output standard error is the command's alone, unless a person reads it.
        guard !hasToldFault, purpose != .follow || console.isErrorTerminal else {
            return
        }
        hasToldFault = true
        console.say(fault)
    }

    mutating func say(_ entry: JobEntry) {
        let attempt = entry.job?.attempts?.last
        if purpose == .follow || purpose == .run, let dropped = attempt?.log?.dropped {
            console.say(
                "the log is incomplete: \(dropped) bytes were dropped (\(attempt?.log?.cut ?? "?"))"
            )
        }
        guard entry.state != .completed else { return }
        let text = entry.state.rawValue + reason(entry)
        switch purpose {
        case .cancel: break
        case .wait:
            told += 1
            guard told <= EndReport.limit, entry.id != nil else { return }
            // The reason may be long.
            console.say("\(entry.called) \(text)")
        case .run, .follow:
            if hasOwnCode(attempt) && !console.isErrorTerminal { return }
            console.say("job \(text)")
        }
    }

    /// Says how many more there were.
    func end() {
        if told > EndReport.limit {
            console.say("and \(told - EndReport.limit) more that have not succeeded")
        }
    }

    /// An exit code speaks for itself, unless it is 0, and standard error is the command's. A shell's answer for a command that
    /// it can't run is told if its own words aren't shown.
    private func hasOwnCode(_ attempt: Attempt?) -> Bool {
        guard let attempt, attempt.outcome == .failed, let code = attempt.exitCode,
            attempt.command != nil, code != 0
        else { return false }
        return purpose == .follow || (code != 126 && code != 127)
    }

    private func reason(_ entry: JobEntry) -> String {
        guard let message = entry.message else { return "" }
        guard let id = entry.id, let attempt = entry.job?.attempts?.last, attempt.command != nil,
            entry.state == .failed || entry.state == .dead,
            let meaning = attempt.exitCode.flatMap(EndReport.meaning(ofShellCode:))
        else { return ": " + message }
        return ": \(message), as for \(meaning); 'spool logs \(id)' shows what it wrote"
    }

    /// The meaning that shells give an exit code.
    private static func meaning(ofShellCode code: Int32) -> String? {
        switch code {
        case 126: "a command that can't be run: it is no program, or may not be executed"
        case 127: "a command that was not found: check the name and PATH"
        default: nil
        }
    }
}
