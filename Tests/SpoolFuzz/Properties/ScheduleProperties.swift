import SpoolSchedule

/// Of cron expressions. The first byte chooses the options.
enum ExpressionProperties {
    @Sendable static func check(_ bytes: [UInt8]) throws {
        guard let choice = bytes.first else { return }
        let text = Array(bytes.dropFirst()).text
        let options = CronExpression.Options(
            seconds: choice & 1 == 1, dayMatch: choice & 2 == 2 ? .and : .cron, identity: "i",
            machine: "m")
        let expression: CronExpression
        do throws(ExpressionError) {
            expression = try CronExpression(text, options: options)
        } catch {
            try require(!error.message.isEmpty, "no message")
            return try require(
                error.offset >= 0 && error.length >= 0
                    && error.offset + error.length <= text.count,
                "the error is outside: \(error.offset)+\(error.length) of \(text.count)")
        }
        try require(
            try CronExpression(expression.text, options: options) == expression,
            "its own text is another expression: \(expression.text)")
        for warning in expression.warnings {
            try require(
                warning.offset >= 0 && warning.offset + warning.length <= text.count,
                "the warning is outside: \(warning)")
        }
        try require(!expression.explanation.isEmpty, "no explanation")
        try ScheduleProperties.check(Schedule(expression, in: .utc))
    }
}

/// Of the slots of any schedule.
enum ScheduleProperties {
    static func check(_ schedule: Schedule) throws {
        let now = Instant(seconds: 1_795_000_000)
        let slots = schedule.slots(after: now, limit: 3)
        for (earlier, later) in zip([now] + slots, slots) {
            try require(earlier < later, "slots out of order: \(earlier), \(later)")
            try require(
                schedule.latest(atOrBefore: later) == later, "\(later) is a slot one way only")
            try require(
                schedule.count(after: earlier, through: later) == 1,
                "not one slot from \(earlier) to \(later)")
        }
    }
}

/// Of crontabs.
enum CrontabProperties {
    @Sendable static func check(_ bytes: [UInt8]) throws {
        let text = bytes.text
        let options = CrontabFile.Options(
            // No look at the machine's zones: what is found must follow from the input.
            zone: .utc, zones: ZoneDatabase(directories: []),
            hasUserColumn: bytes.first == UInt8(ascii: "u"), machine: "m",
            now: Instant(seconds: 1_795_000_000))
        let crontab = CrontabFile.parse(text, options: options)
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for diagnostic in crontab.diagnostics {
            try require((1...lines.count).contains(diagnostic.line), "no such line: \(diagnostic)")
            let length = lines[diagnostic.line - 1].count
            try require(
                diagnostic.column >= 1 && diagnostic.length >= 0
                    && diagnostic.column - 1 + diagnostic.length <= length,
                "outside its line of \(length): \(diagnostic) +\(diagnostic.length)")
            try require(!diagnostic.message.isEmpty, "no message")
        }
        try require(
            Set(crontab.entries.map(\.name)).count == crontab.entries.count, "a name given twice")
        try require(crontab.entries.count <= lines.count, "more entries than lines")
    }
}

/// Of zone files.
enum ZoneProperties {
    @Sendable static func check(_ bytes: [UInt8]) throws {
        let zone: Zone
        do throws(ZoneError) {
            zone = try Zone(name: "fuzz", bytes: bytes)
        } catch {
            return try require(!error.message.isEmpty, "no message")
        }
        for seconds: Int64 in [-100_000_000_000, -1, 0, 1_795_000_000, 250_000_000_000] {
            let offset = zone.offset(at: Instant(seconds: seconds))
            try require(abs(offset) <= 26 * 3600, "an offset of \(offset)")
            _ = zone.localTime(at: Instant(seconds: seconds))
        }
        for text in ["30 2 * * *", "*/7 * * * *", "0 0 29 2 *"] {
            try ScheduleProperties.check(Schedule(try CronExpression(text), in: zone))
        }
    }
}
