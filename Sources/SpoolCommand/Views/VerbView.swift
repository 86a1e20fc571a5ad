import Spool

/// The last line of a command that changed jobs.
enum VerbView {
    static func say(_ result: VerbResult, _ console: Console) {
        guard let done = result.done else { return }
        let text =
            result.count == 0
            ? "no such jobs here" : MessageText.count(result.count, "job") + " \(done)"
        console.say(
            [text, result.others.text(Invocation.option(for: .isOfAll))].compactMap(\.self).joined(
                separator: "; "))
    }

    /// - Returns: the exit status, that of the first failure.
    static func show(_ result: VerbResult, _ console: Console) -> Int32 {
        say(result, console)
        return ExitStatus.status(for: result.failures)
    }
}

extension ExitStatus {
    /// The status of the first of several failures, each of which has been said.
    static func status(for failures: [SpoolError]) -> Int32 {
        failures.first.map { status(for: $0) } ?? success
    }
}
