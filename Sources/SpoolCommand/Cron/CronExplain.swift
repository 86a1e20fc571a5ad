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
    let result = try request.explanation(in: invocation.context, now: now)
    try ExplanationView.show(result, isJSON: invocation.has("json"), invocation.console)
    return ExitStatus.success
}

extension ScheduleRequest {
    func explanation(in context: Context, now: Instant) throws(SpoolError) -> Explanation {
        let schedule = try schedule(in: context)
        return Explanation(
            expression: schedule.expression.text, explanation: schedule.explanation,
            zone: schedule.zone.name, warnings: schedule.warnings(after: now).map(\.message))
    }
}

/// When a schedule is due, in words.
struct Explanation: Encodable {
    let expression: String
    let explanation: String
    let zone: String
    let warnings: [String]
}
