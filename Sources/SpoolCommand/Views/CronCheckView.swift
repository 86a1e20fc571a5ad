import Spool

/// `spool cron check`: a line a finding, and in the end what was found in all.
struct CronCheckView {
    private let isJSON: Bool
    private let console: Console
    private var count = (entries: 0, errors: 0, warnings: 0)
    /// Those that are about the texts.
    private var ownWarnings = 0

    init(isJSON: Bool, _ console: Console) {
        self.isJSON = isJSON
        self.console = console
    }

    mutating func show(_ findings: CrontabFindings) throws(SpoolError) {
        for line in try findings.lines(isJSON: isJSON) { try console.print(line) }
        count.entries += findings.entries.count
        count.errors += findings.errors
        count.warnings += findings.warnings
        ownWarnings += findings.ownWarnings
    }

    /// - Parameters:
    ///   - isStrict: whether warnings count, too.
    ///   - failures: how many files couldn't be read.
    /// - Returns: the exit status, with no regard to those files.
    func end(isStrict: Bool, failures: Int) throws(SpoolError) -> Int32 {
        let summary = [
            MessageText.count(count.entries, "entry", "entries"),
            MessageText.count(count.errors + failures, "error"),
            MessageText.count(count.warnings, "warning"),
        ]
        try console.flush()
        console.say(summary.joined(separator: ", "))
        if count.errors > 0 { return ExitStatus.dataError }
        return ownWarnings > 0 && isStrict ? ExitStatus.negative : ExitStatus.success
    }
}
