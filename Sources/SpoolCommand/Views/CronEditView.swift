import Spool

/// `spool cron edit`.
struct CronEditView {
    /// `crontab` or `cron.d/NAME`.
    private let file: String
    private let spool: String
    /// The argument of `--dir`.
    private let directory: String?
    private let console: Console

    init(_ file: String, of spool: String, _ directory: String?, _ console: Console) {
        self.file = file
        self.spool = spool
        self.directory = directory
        self.console = console
    }

    /// - Returns: the exit status.
    func show(_ result: CronEditResult) -> Int32 {
        switch result {
        case .refused:
            console.say("\(file) is as it was")
            return ExitStatus.dataError
        case .installed(let previous):
            sayPrevious(previous)
            return ExitStatus.success
        }
    }

    /// Has the text edited until it is good or the person gives up.
    ///
    /// - Returns: the exit status.
    func edit(_ draft: CronDraft) throws(SpoolError) -> Int32 {
        let editor = EditedText(console: console, subject: file, limit: CrontabText.limit)
        return try editor.edit(draft.text, as: draft.name) { bytes, path throws(SpoolError) in
            let text = CrontabText(name: path, bytes: bytes)
            let verdict = try draft.check(text)
            try show(verdict)
            guard verdict.refusal == nil else { return false }
            sayPrevious(try draft.install(text))
            return true
        }
    }

    /// Says all that is wrong or doubtful.
    func show(_ verdict: CrontabVerdict) throws(SpoolError) {
        let name = verdict.text.name
        if case .openLine(let line)? = verdict.refusal {
            console.say(
                "\(name):\(line): the last line has no line break at its end, so the text may have"
                    + " been cut: end it with one")
        }
        if let findings = verdict.findings {
            let lines = try findings.lines(isJSON: false).map { $0 + "\n" }.joined()
            try console.write(Array(lines.utf8), .error)
        }
        if case .noEntries? = verdict.refusal {
            let what = verdict.text.bytes.isEmpty ? "is empty" : "has no entries"
            console.say("\(name) \(what): with --empty, nothing recurs by \(file) any more")
        }
    }

    /// Says how the text comes back that was replaced.
    private func sayPrevious(_ previous: String?) {
        guard let previous else { return }
        let operand = file == "crontab" ? [] : [String(file.dropFirst("cron.d/".count))]
        let words = ["spool"] + (directory.map { ["--dir", $0] } ?? []) + ["cron", "edit", "-f"]
        let command = words + ["\(spool)/\(previous)"] + operand
        console.say(
            "the former text of \(file) comes back by '"
                + command.map(Job.Command.quoted).joined(separator: " ") + "'")
    }
}
