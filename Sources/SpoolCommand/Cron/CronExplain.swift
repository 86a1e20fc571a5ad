import Spool
import SpoolSystem
import SpoolTime

let cronExplainCommand = CommandTable(
    "cron explain", "say in words when an expression or an entry is due",
    operands: "EXPRESSION | ENTRY",
    options: ScheduleRequest.options + [
        Option("json", nil, nil, "as a JSON object")
    ]
) { invocation throws(SpoolError) in
    let now = Instant(nanoseconds: Clock.realtime())
    let request = try ScheduleRequest(invocation, now: now)
    let schedule = request.schedule
    let warnings = schedule.warnings(after: now)
    let console = invocation.console
    if invocation.has("json") {
        let record = Explained(
            expression: schedule.expression.text, explanation: schedule.explanation,
            zone: schedule.zone.name, warnings: warnings.map(\.message))
        try console.print(try JSONText.line(record))
        return ExitStatus.success
    }
    try console.print(schedule.explanation)
    for warning in warnings { console.say("warning: \(warning.message)") }
    return ExitStatus.success
}

/// `--json`.
private struct Explained: Encodable {
    let expression: String
    let explanation: String
    let zone: String
    let warnings: [String]
}
