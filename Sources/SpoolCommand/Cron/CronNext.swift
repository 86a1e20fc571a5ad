import Spool
import SpoolSchedule
import SpoolSystem

let cronNextCommand = CommandTable(
    "cron next", "show when an expression or an entry is due next",
    operands: "EXPRESSION | ENTRY",
    options: [
        Option("after", "a", "INSTANT", "strictly after this (default: now)"),
        Option("count", "n", "COUNT", "so many slots (default: 1)"),
    ] + ScheduleRequest.options + [
        Option("json", nil, nil, "a JSON object a line")
    ]
) { invocation throws(SpoolError) in
    let after = try invocation.instantAfter()
    let count = try invocation.number("count", 1...1_000_000) ?? 1
    let request = try ScheduleRequest(invocation, now: after)
    let schedule = request.schedule
    let console = invocation.console
    var last = after
    var found = 0
    while found < count, let slot = schedule.next(after: last) {
        let line = try NextLine(slot: slot, zone: schedule.zone).text(
            isJSON: invocation.has("json"))
        try console.print(line)
        last = slot
        found += 1
    }
    guard found < count else { return ExitStatus.success }
    let text = schedule.expression.text
    if found > 0 {
        console.say("`\(text)`: no more slots after these")
        return ExitStatus.success
    }
    console.say(
        schedule.expression.kind == .reboot
            ? "`@reboot` has no next slot: it is due once after each boot"
            : "`\(text)`: no slot after \(ZonedTime(after, in: schedule.zone)) in"
                + " \(schedule.zone.name)")
    return ExitStatus.negative
}

extension Invocation {
    /// `--after`, by the clock of the zone where it has no offset of its own; else now.
    fileprivate func instantAfter() throws(SpoolError) -> Instant {
        guard has("after") else { return Instant(nanoseconds: Clock.realtime()) }
        let zone = try zone()
        return try value("after", ScheduleRequest.wantedInstant) {
            ZonedTime($0, in: zone)?.instant
        } ?? Instant(nanoseconds: Clock.realtime())
    }
}

/// A slot, for people and for programs.
private struct NextLine: Encodable {
    let slot: String
    let utc: String
    let zone: String

    init(slot: Instant, zone: Zone) {
        self.slot = ZonedTime(slot, in: zone).description
        utc = ZonedTime(slot, in: .utc).description
        self.zone = zone.name
    }

    func text(isJSON: Bool) throws(SpoolError) -> String {
        guard isJSON else { return slot }
        return try JSONText.line(self)
    }
}
