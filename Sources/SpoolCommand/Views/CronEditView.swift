import Spool

/// `spool cron edit`.
struct CronEditView {
    /// `crontab` or `cron.d/NAME`.
    private let file: String
    /// The argument of `--dir`.
    private let directory: String?
    private let console: Console

    init(_ file: String, _ directory: String?, _ console: Console) {
        self.file = file
        self.directory = directory
        self.console = console
    }

    /// - Returns: the exit status.
    func status(of isInstalled: Bool) -> Int32 {
        if isInstalled { return ExitStatus.success }
        console.say("\(file) is as it was")
        return ExitStatus.dataError
    }

    func show(_ event: CronEditEvent) throws(SpoolError) {
        switch event {
        case .checked(let verdict): try show(verdict)
        case .installed(let count, let replacement):
            console.say("\(file): \(MessageText.count(count, "entry", "entries")) in force")
            replacement.map(say)
        }
    }

    /// Says all that is wrong or doubtful.
    private func show(_ verdict: CrontabVerdict) throws(SpoolError) {
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

    /// Says how the texts come back that are kept.
    private func say(_ replaced: CronEditEvent.Replacement) {
        replaced.former.map(say)
        if let path = replaced.inForce {
            console.say("the text that was in force comes back by \(command(path))")
        }
    }

    private func say(_ former: CronEditEvent.Former) {
        let text = "the former text of \(file)"
        switch former.errors {
        case 0: console.say("\(text) comes back by \(command(former.path))")
        case 1: console.say("\(text) has an error; it is kept in \(former.path)")
        case let count: console.say("\(text) has \(count) errors; it is kept in \(former.path)")
        }
    }

    /// The command that installs a text, in quotes.
    private func command(_ path: String) -> String {
        let operand = file == "crontab" ? [] : [String(file.dropFirst("cron.d/".count))]
        let words = ["spool"] + (directory.map { ["--dir", $0] } ?? []) + ["cron", "edit", "-f"]
        let all = words + [path] + operand
        return "'" + all.map(Job.Command.quoted).joined(separator: " ") + "'"
    }
}
