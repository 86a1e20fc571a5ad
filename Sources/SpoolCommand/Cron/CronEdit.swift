import Spool
import SpoolSystem
import SpoolTime

let cronEditCommand = CommandTable(
    "cron edit", "change a crontab, checked before it counts", operands: "[NAME]",
    options: [
        Option("file", "f", "FILE", "put this file in its place, without an editor; - reads stdin"),
        Option("strict", nil, nil, "refuse warnings too"),
        Option("empty", nil, nil, "take a text without entries too"),
        .noStart,
    ]
) { invocation throws(SpoolError) in
    let file = try invocation.crontabName()
    let spoolDirectory = try invocation.openSpool()
    let session = CrontabSession(invocation, spoolDirectory, file)
    let status =
        if let source = invocation.value("file") {
            try session.install(from: source)
        } else {
            try session.edit()
        }
    if status == ExitStatus.success { try invocation.ensureScheduler(of: spoolDirectory) }
    return status
}

extension Invocation {
    /// The crontab of the operand, as the spool calls it; without one, `crontab` itself.
    func crontabName() throws(SpoolError) -> String {
        guard let name = operands.first else { return "crontab" }
        guard operands.count == 1 else { throw .usage("one crontab at a time") }
        let file = name == "crontab" || name.hasPrefix("cron.d/") ? name : "cron.d/" + name
        guard SpoolDirectory.isCrontabFile(file) else {
            throw .usage("\"\(name)\": a crontab is called crontab, or by its name in cron.d")
        }
        return file
    }
}

/// A new text for a crontab: nothing takes the place of the old one that doesn't check.
private struct CrontabSession {
    private let invocation: Invocation
    private let spoolDirectory: SpoolDirectory
    /// `crontab` or `cron.d/NAME`.
    private let file: String

    private var console: Console { invocation.console }

    init(_ invocation: Invocation, _ spoolDirectory: SpoolDirectory, _ file: String) {
        self.invocation = invocation
        self.spoolDirectory = spoolDirectory
        self.file = file
    }

    // MARK: From a file

    func install(from source: String) throws(SpoolError) -> Int32 {
        let text =
            source == "-"
            ? try console.readInput(limit: CrontabText.limit)
            : try console.readFile(source, limit: CrontabText.limit)
        let name = source == "-" ? "standard input" : source
        let given = CrontabText(name: name, bytes: text)
        guard isWhole(given), try isGood(given) else {
            console.say("\(file) is as it was")
            return ExitStatus.dataError
        }
        tellPrevious(
            try spoolDirectory.installCrontab(text, as: file)
        )
        return ExitStatus.success
    }

    /// Whether the last line has its end. A writer that failed on the way leaves half a line, which may be
    /// another command that is good as well.
    private func isWhole(_ text: CrontabText) -> Bool {
        guard let last = text.bytes.last, last != UInt8(ascii: "\n") else { return true }
        let count = text.bytes.count { $0 == UInt8(ascii: "\n") } + 1
        console.say(
            "\(text.name):\(count): the last line has no line break at its end, so the text may have"
                + " been cut: end it with one")
        return false
    }

    /// Says how the text comes back that was replaced.
    ///
    /// - Parameter previous: where it lies, below the spool; nil: nothing was replaced.
    private func tellPrevious(_ previous: String?) {
        guard let previous else { return }
        let directory = invocation.value("dir").map { ["--dir", $0] } ?? []
        let operand = file == "crontab" ? [] : [String(file.dropFirst("cron.d/".count))]
        let words = ["spool"] + directory + ["cron", "edit", "-f"]
        let command = words + ["\(spoolDirectory.path)/\(previous)"] + operand
        console.say(
            "the former text of \(file) comes back by '"
                + command.map(Job.Command.quoted).joined(separator: " ") + "'")
    }

    // MARK: With an editor

    func edit() throws(SpoolError) -> Int32 {
        let old = try spoolDirectory.crontabText(file)?.bytes
        let name = file.split(separator: "/").last ?? "crontab"
        let unique = spoolDirectory.ids.make(at: Instant(nanoseconds: Clock.realtime()))
        let draft = EditedText(console: console, subject: file, limit: CrontabText.limit)
        return try draft.edit(
            old ?? CrontabSession.beginning, as: "spool-\(name)-\(unique)"
        ) { text, path throws(SpoolError) in
            guard try isGood(CrontabText(name: path, bytes: text)) else { return false }
            tellPrevious(
                try spoolDirectory.installCrontab(text, as: file, replacing: old))
            return true
        }
    }

    /// What a crontab that is made anew begins with.
    private static let beginning = Array(
        """
        # minute hour day-of-month month weekday command; spool-crontab(5) has the rest.
        # CRON_TZ=Europe/Paris
        # MAILTO=root

        """.utf8)

    /// Whether it may be installed. All that is wrong or doubtful is said.
    private func isGood(_ text: CrontabText) throws(SpoolError) -> Bool {
        let rules = try CrontabRules.ofThisMachine()
        let findings = CrontabFindings(
            text, rules, CrontabSurroundings(spool: spoolDirectory.path),
            now: Instant(nanoseconds: Clock.realtime()))
        let lines = try findings.lines(isJSON: false).map { $0 + "\n" }.joined()
        try console.write(Array(lines.utf8), .error)
        guard findings.errors == 0, !(invocation.has("strict") && findings.ownWarnings > 0) else {
            return false
        }
        guard findings.entries.isEmpty, !invocation.has("empty") else { return true }
        let what = text.bytes.isEmpty ? "is empty" : "has no entries"
        console.say("\(text.name) \(what): with --empty, nothing recurs by \(file) any more")
        return false
    }
}
