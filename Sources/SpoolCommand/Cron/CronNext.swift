import Spool
import SpoolSchedule
import SpoolSystem

let cronNextCommand = CommandTable(
    "cron next", "show when an expression or an entry is due next",
    operands: "EXPRESSION | ENTRY",
    options: [
        Option("after", "a", "INSTANT", "strictly after this (default: now)"),
        Option("count", "n", "COUNT", "how many slots to show (default: 1)"),
    ] + ScheduleRequest.options + [
        Option("json", nil, nil, "a JSON object a line")
    ]
) { invocation throws(SpoolError) in
    let request = try NextRequest(invocation)
    let (isJSON, console) = (invocation.has("json"), invocation.console)
    let result = try request.perform(in: invocation.context) { slot throws(SpoolError) in
        try NextView.show(slot, isJSON: isJSON, console)
    }
    return NextView.end(result, console)
}

package struct NextRequest {
    package let schedule: ScheduleRequest
    /// The slots after this one are wanted.
    package let after: Instant
    package let count: Int

    /// - Parameter count: from 1 on.
    package init(_ schedule: ScheduleRequest, after: Instant, count: Int = 1) {
        self.schedule = schedule
        self.after = after
        self.count = count
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        after = try NextRequest.after(invocation)
        count = try invocation.number("count", 1...1_000_000) ?? 1
        schedule = try ScheduleRequest(invocation, now: after)
    }

    /// `--after`, by the clock of the zone if it has no offset of its own; else now.
    private static func after(_ invocation: Invocation) throws(SpoolError) -> Instant {
        let now = Instant(nanoseconds: Clock.realtime())
        guard invocation.has("after") else { return now }
        let zone = try invocation.zone()
        return try invocation.value("after", ScheduleRequest.wantedInstant) {
            ZonedTime($0, in: zone)?.instant
        } ?? now
    }

    package func perform(
        in context: Context, _ take: (NextSlot) throws(SpoolError) -> Void
    ) throws(SpoolError) -> NextResult {
        let schedule = try schedule.schedule(in: context)
        var last = after
        var found = 0
        while found < count, let slot = schedule.next(after: last) {
            try take(NextSlot(slot, schedule.zone))
            last = slot
            found += 1
        }
        return NextResult(schedule: schedule, after: after, count: found, isShort: found < count)
    }
}

/// Which slots were found.
package struct NextResult {
    package let schedule: Schedule
    package let after: Instant
    package let count: Int
    /// Whether more were asked for.
    package let isShort: Bool
}

/// A slot, for people and for programs.
package struct NextSlot: Encodable {
    package let slot: String
    package let utc: String
    package let zone: String

    init(_ slot: Instant, _ zone: Zone) {
        self.slot = ZonedTime(slot, in: zone).description
        utc = ZonedTime(slot, in: .utc).description
        self.zone = zone.name
    }
}
