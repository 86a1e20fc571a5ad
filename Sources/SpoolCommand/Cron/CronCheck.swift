import Spool
import SpoolSchedule
import SpoolSystem

let cronCheckCommand = CommandTable(
    "cron check", "say what is wrong or doubtful in crontabs", operands: "[FILE ... | -]",
    options: [
        Option("strict", nil, nil, "exit 1 for warnings too"),
        Option("user-column", "u", nil, "a user stands before each job, as in /etc/crontab"),
        Option(
            "tz", "z", "ZONE", "the zone until CRON_TZ says otherwise (default: this machine's)"),
        Option("json", nil, nil, "a JSON object a line"),
    ]
) { invocation throws(SpoolError) in
    var check = CrontabCheck(invocation, try invocation.crontabRules())
    let failure = try invocation.forEachCrontab { source throws(SpoolError) in
        try check.add(source)
    }
    return try check.end() ?? failure ?? ExitStatus.success
}

/// All files, one after the other.
private struct CrontabCheck {
    private let invocation: Invocation
    private let rules: CrontabRules
    private let surroundings: CrontabSurroundings
    private var count = (entries: 0, errors: 0, warnings: 0)
    /// Those that are about the texts.
    private var ownWarnings = 0
    /// Where each entry stands first.
    private var seen: [EntryText: String] = [:]

    /// What makes two entries of different files the same.
    private struct EntryText: Hashable {
        let schedule: String
        let zone: String
        let user: String?
        let job: CrontabJob
    }

    init(_ invocation: Invocation, _ rules: CrontabRules) {
        self.invocation = invocation
        self.rules = rules
        // A crontab can be checked without a spool.
        surroundings = CrontabSurroundings(spool: try? invocation.spoolPath())
    }

    mutating func add(_ source: CrontabSource) throws(SpoolError) {
        switch source {
        case .text(let text):
            var own = rules
            if CrontabText.hasUserColumn(text.name) { own.hasUserColumn = true }
            var findings = CrontabFindings(
                text, own, surroundings, now: Instant(nanoseconds: Clock.realtime()))
            warnOfTwins(&findings, text.name)
            try show(findings)
        case .problem(let name, let message):
            try show(CrontabFindings(CrontabFinding(file: name, .error, message: message)))
        case .ignored(let name, let message):
            try show(CrontabFindings(CrontabFinding(file: name, message: message)))
        }
    }

    private mutating func warnOfTwins(_ findings: inout CrontabFindings, _ file: String) {
        var own: [EntryText: String] = [:]
        for entry in findings.entries {
            let text = EntryText(
                schedule: entry.expression.text, zone: entry.zone.name, user: entry.user,
                job: entry.job)
            if let other = seen[text] {
                findings.warn(
                    of: entry, in: file, "the same entry stands in \(other): both run; remove one")
            } else {
                own[text] = own[text] ?? "\(file):\(entry.line)"
            }
        }
        seen.merge(own) { first, _ in first }
    }

    private mutating func show(_ findings: CrontabFindings) throws(SpoolError) {
        for line in try findings.lines(isJSON: invocation.has("json")) {
            try invocation.console.print(line)
        }
        count.entries += findings.entries.count
        count.errors += findings.errors
        count.warnings += findings.warnings
        ownWarnings += findings.ownWarnings
    }

    /// - Returns: the exit status if something is wrong; nil if not.
    func end() throws(SpoolError) -> Int32? {
        let summary = [
            MessageText.count(count.entries, "entry", "entries"),
            MessageText.count(count.errors, "error"),
            MessageText.count(count.warnings, "warning"),
        ]
        try invocation.console.flush()
        invocation.console.say(summary.joined(separator: ", "))
        if count.errors > 0 { return ExitStatus.dataError }
        return ownWarnings > 0 && invocation.has("strict") ? ExitStatus.negative : nil
    }
}

extension Invocation {
    /// What a crontab's text doesn't say, as this machine and the options have it.
    fileprivate func crontabRules() throws(SpoolError) -> CrontabRules {
        var rules = try CrontabRules.ofThisMachine()
        if has("tz") { rules.zone = try zone() }
        rules.hasUserColumn = has("user-column")
        return rules
    }

    /// The files that are named; without any, those of the spool.
    ///
    /// - Returns: the exit status of the first file that is named and can't be read, which has been said; nil if
    ///   there is none.
    fileprivate func forEachCrontab(
        _ body: (CrontabSource) throws(SpoolError) -> Void
    ) throws(SpoolError) -> Int32? {
        guard !operands.isEmpty else {
            let spoolDirectory = try openSpool(create: false)
            let sources = try spoolDirectory.crontabSources()
            for source in sources { try body(source) }
            return nil
        }
        var failure: Int32?
        for name in operands {
            let bytes: [UInt8]
            do throws(SpoolError) {
                bytes =
                    name == "-"
                    ? try console.readInput(limit: CrontabText.limit)
                    : try console.readFile(name, limit: CrontabText.limit)
            } catch {
                console.say(error.message)
                failure = failure ?? ExitStatus.status(for: error)
                continue
            }
            let text = CrontabText(name: name == "-" ? "standard input" : name, bytes: bytes)
            try body(.text(text))
        }
        return failure
    }
}
