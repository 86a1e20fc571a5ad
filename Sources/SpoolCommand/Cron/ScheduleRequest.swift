import Spool
import SpoolSchedule

/// The subject of `spool cron next` and `spool cron explain`: an expression on the command line, or
/// an entry of the spool.
package struct ScheduleRequest {
    /// An expression, or an entry's name or its beginning.
    package let text: String
    private let zone: Zone
    private let options: CronExpression.Options
    /// From when `@every` counts.
    private let firstSeen: Instant
    /// A field that is for expressions only, and that the caller has given.
    private let ownField: RequestField?

    static let options = [
        Option("tz", "z", "ZONE", "the zone whose clock it follows (default: this machine's)"),
        Option("seconds", "s", nil, "six fields, the second first"),
        Option(
            "day-match", nil, "RULE", "how day of month and weekday combine: cron, and, or"),
        Option(
            "first-seen", nil, "INSTANT", "from when @every counts (default: the instant after)"),
    ]

    /// - Parameters:
    ///   - text: an expression, or an entry's name or its beginning.
    ///   - zone: of an expression; nil: this machine's.
    ///   - seconds: whether an expression has six fields, the second first.
    ///   - dayMatch: how day of month and weekday combine in an expression; nil: as for cron.
    ///   - firstSeen: from when `@every` counts.
    /// - Throws: `.inputOutput` if this machine's zone can't be read.
    package init(
        _ text: String, zone: Zone? = nil, seconds: Bool = false, dayMatch: DayMatch? = nil,
        firstSeen: Instant
    ) throws(SpoolError) {
        self.text = text
        self.zone = if let zone { zone } else { try ScheduleRequest.localZone() }
        self.firstSeen = firstSeen
        options = CronExpression.Options(
            seconds: seconds, dayMatch: dayMatch ?? .cron,
            machine: try CrontabRules.ofThisMachine().machine)
        let given: [(RequestField, Bool)] = [
            (.zone, zone != nil), (.seconds, seconds), (.dayMatch, dayMatch != nil),
        ]
        ownField = given.first(where: \.1)?.0
    }

    private static func localZone() throws(SpoolError) -> Zone {
        do {
            return try ZoneDatabase.fromEnvironment().localZone()
        } catch {
            throw SpoolError(.inputOutput, error.message)
        }
    }

    /// - Parameter now: from when `@every` counts, unless the command line says.
    init(_ invocation: Invocation, now: Instant) throws(SpoolError) {
        guard !invocation.operands.isEmpty else {
            throw .usage("no expression; write 'spool \(invocation.command.name) \"0 2 * * *\"'")
        }
        text = invocation.operands.joined(separator: " ")
        let zone = try invocation.zone()
        self.zone = zone
        options = CronExpression.Options(
            seconds: invocation.has("seconds"),
            dayMatch: try invocation.value("day-match", "cron, and or or") {
                DayMatch(rawValue: $0)
            } ?? .cron, machine: try CrontabRules.ofThisMachine().machine)
        firstSeen =
            try invocation.value("first-seen", ScheduleRequest.wantedInstant) {
                ZonedTime($0, in: zone)?.instant
            } ?? now
        let own: [RequestField] = [.zone, .seconds, .dayMatch, .firstSeen]
        ownField = own.first { invocation.has(Invocation.name(for: $0)) }
    }

    func schedule(in context: Context) throws(SpoolError) -> Schedule {
        do {
            let expression = try CronExpression(text, options: options)
            return Schedule(expression, in: zone, firstSeen: firstSeen)
        } catch {
            // An entry may be called `daily`, too.
            let isForeign = ForeignSchedule(text)?.rest.isEmpty ?? false
            do throws(SpoolError) {
                if let entry = try entry(in: context) { return entry.schedule }
            } catch  where isForeign {}
            throw SpoolError(.invalidJob, Caret.message(advised(error, context), text, error))
        }
    }

    /// A word that is no expression may be an entry's name, or its beginning.
    ///
    /// - Returns: nil when it can't be one.
    private func entry(in context: Context) throws(SpoolError) -> ScheduledEntry? {
        guard let first = text.first, first.isLetter,
            !text.contains(where: { " \t*,".contains($0) })
        else { return nil }
        let entry = try CronEntries(in: try context.openSpool(create: false)).find(text)
        guard let ownField else { return entry }
        throw .usage(
            "\(context.word(ownField)) is for expressions; the entry \(entry.name) has its own")
    }

    static let wantedInstant = "a time such as 2026-11-21T07:30:00Z or 2026-11-21T08:30"

    /// The error with fields of the request in the place of the settings that a crontab has for the same.
    private func advised(_ error: ExpressionError, _ context: Context) -> String {
        let seconds = context.word(.seconds)
        return error.message.replacing("set SECONDS=yes", with: "give \(seconds)")
            .replacing("SECONDS=yes", with: seconds)
            .replacing("DAY_MATCH=", with: context.word(.dayMatch) + " ")
            .replacing("CRON_TZ=", with: context.word(.zone) + " ")
    }
}

extension Invocation {
    /// The zone of `--tz`, else this machine's.
    func zone() throws(SpoolError) -> Zone {
        let zones = ZoneDatabase.fromEnvironment()
        do {
            guard let name = value("tz") else { return try zones.localZone() }
            return try zones.zone(named: name)
        } catch {
            guard has("tz") else { throw SpoolError(.inputOutput, error.message) }
            throw .usage("--tz: \(error.message)")
        }
    }
}
