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
    let request = try CronCheckRequest(invocation)
    var view = CronCheckView(isJSON: invocation.has("json"), invocation.console)
    let failures = try request.perform(in: invocation.context) { findings throws(SpoolError) in
        try view.show(findings)
    }
    let status = try view.end(
        isStrict: invocation.has("strict"), failures: failures.count)
    return status == ExitStatus.success ? ExitStatus.status(for: failures) : status
}

package struct CronCheckRequest {
    /// None: those of the spool.
    let files: [String]
    /// The machine's rules, with those of the options: a crontab's text doesn't say them.
    let rules: CrontabRules

    /// - Parameter files: none: those of the spool.
    package init(files: [String] = [], rules: CrontabRules) {
        self.files = files
        self.rules = rules
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        files = invocation.operands
        var rules = try CrontabRules.ofThisMachine()
        if invocation.has("tz") { rules.zone = try invocation.zone() }
        rules.hasUserColumn = invocation.has("user-column")
        self.rules = rules
    }

    /// All files, one after the other.
    ///
    /// - Returns: why files that are named can't be read; each has been said when it came.
    package func perform(
        in context: Context, _ take: (CrontabFindings) throws(SpoolError) -> Void
    ) throws(SpoolError) -> [SpoolError] {
        // A crontab can be checked without a spool.
        var check = CrontabCheck(
            rules, CrontabSurroundings(spool: try? context.spoolPath()))
        if files.isEmpty {
            for source in try context.openSpool(create: false).crontabSources() {
                try take(check.findings(of: source))
            }
            return []
        }
        var failures: [SpoolError] = []
        for file in files {
            var bytes: [UInt8] = []
            let isRead = context.attempt(&failures) { () throws(SpoolError) in
                bytes = try context.caller.read(file, limit: CrontabText.limit)
            }
            guard isRead else { continue }
            let text = CrontabText(name: Caller.name(of: file), bytes: bytes)
            try take(check.findings(of: .text(text)))
        }
        return failures
    }
}

/// Looks at crontabs, and remembers the entries of those before.
private struct CrontabCheck {
    private let rules: CrontabRules
    private let surroundings: CrontabSurroundings
    /// The first place of each entry.
    private var seen: [EntryText: String] = [:]

    /// Two entries of different files are the same if all of this is.
    private struct EntryText: Hashable {
        let schedule: String
        let zone: String
        let user: String?
        let job: CrontabLine.Work
    }

    init(_ rules: CrontabRules, _ surroundings: CrontabSurroundings) {
        self.rules = rules
        self.surroundings = surroundings
    }

    mutating func findings(of source: CrontabSource) -> CrontabFindings {
        switch source {
        case .text(let text):
            var own = rules
            if CrontabText.hasUserColumn(text.name) { own.hasUserColumn = true }
            var findings = CrontabFindings(
                text, own, surroundings, now: Instant(nanoseconds: Clock.realtime()))
            warnOfTwins(&findings, text.name)
            return findings
        case .problem(let name, let message):
            return CrontabFindings(CrontabFinding(file: name, .error, message: message))
        case .ignored(let name, let message):
            return CrontabFindings(CrontabFinding(file: name, message: message))
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
}
