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
) { invocation throws(CommandFailure) in
    let rules = try invocation.crontabRules()
    let files = try invocation.crontabFiles()
    var count = (entries: 0, errors: 0, warnings: 0)
    for file in files {
        let findings = CrontabFindings(file, rules, now: Instant(nanoseconds: Clock.realtime()))
        for finding in findings.inOrder {
            for line in try finding.lines(isJSON: invocation.has("json")) {
                try spool { () throws(SpoolError) in try invocation.console.print(line) }
            }
        }
        count.entries += findings.entries
        count.errors += findings.errors
        count.warnings += findings.warnings
    }
    let summary = [
        MessageText.count(count.entries, "entry", "entries"),
        MessageText.count(count.errors, "error"), MessageText.count(count.warnings, "warning"),
    ]
    try spool { () throws(SpoolError) in try invocation.console.flush() }
    invocation.console.say(summary.joined(separator: ", "))
    if count.errors > 0 { return ExitStatus.dataError }
    return count.warnings > 0 && invocation.has("strict")
        ? ExitStatus.negative : ExitStatus.success
}

extension Invocation {
    /// What a crontab's text doesn't say, as this machine and the options have it.
    fileprivate func crontabRules() throws(CommandFailure) -> CrontabRules {
        var rules = try spool { () throws(SpoolError) in try CrontabRules.ofThisMachine() }
        if has("tz") { rules.zone = try zone() }
        rules.hasUserColumn = has("user-column")
        return rules
    }

    /// The files that are named, each read; without any, those of the spool.
    fileprivate func crontabFiles() throws(CommandFailure) -> [CrontabText] {
        var files: [CrontabText] = []
        for name in operands {
            let bytes = try spool { () throws(SpoolError) in
                name == "-"
                    ? try console.readInput(limit: CrontabText.limit)
                    : try console.readFile(name, limit: CrontabText.limit)
            }
            files.append(CrontabText(name: name == "-" ? "standard input" : name, bytes: bytes))
        }
        guard operands.isEmpty else { return files }
        let spoolDirectory = try openSpool(create: false)
        return try spool { () throws(SpoolError) in try spoolDirectory.crontabTexts() }
    }
}
