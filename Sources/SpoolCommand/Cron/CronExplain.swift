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
    let request = ExplainRequest(try ScheduleRequest(invocation, now: now), at: now)
    let result = try request.perform(in: invocation.context)
    try ExplanationView.show(result, isJSON: invocation.has("json"), invocation.console)
    return ExitStatus.success
}

package struct ExplainRequest {
    package let schedule: ScheduleRequest
    /// The warnings are about the slots after this.
    package let now: Instant

    package init(_ schedule: ScheduleRequest, at now: Instant) {
        self.schedule = schedule
        self.now = now
    }

    package func perform(in context: Context) throws(SpoolError) -> ExplainedSchedule {
        let schedule = try schedule.schedule(in: context)
        return ExplainedSchedule(
            expression: schedule.expression.text, explanation: schedule.explanation,
            zone: schedule.zone.name, warnings: schedule.warnings(after: now).map(\.message))
    }
}

/// When a schedule is due, in words.
package struct ExplainedSchedule: Encodable {
    package let expression: String
    package let explanation: String
    package let zone: String
    package let warnings: [String]
}
