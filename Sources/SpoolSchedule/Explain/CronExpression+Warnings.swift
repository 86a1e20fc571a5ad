extension CronExpression {
    /// Warnings about an expression that is accepted and probably not meant: a step longer than its range, and day of
    /// month and weekday together.
    public var warnings: [ExpressionWarning] {
        guard case .calendar(let fields, _) = content, !text.hasPrefix("@") else { return [] }
        let hasSteps = text.utf8.contains(UInt8(ascii: "/"))
        return (hasSteps ? fields.all.flatMap { $0.longSteps } : []) + combinedDays(fields)
    }

    private func combinedDays(_ fields: CronFields) -> [ExpressionWarning] {
        let (dayOfMonth, weekday) = (fields.dayOfMonth, fields.weekday)
        guard !dayOfMonth.isStar, !weekday.isStar else { return [] }
        let isBoth = dayMatch.needsBoth(dayOfMonth, weekday)
        let rule =
            isBoth
            ? "a day must match both; DAY_MATCH=or takes either"
            : "a day that matches either will do; DAY_MATCH=and asks for both"
        let reason =
            dayMatch != .cron
            ? "" : isBoth ? ", as one of them begins with `*`" : ", as neither begins with `*`"
        return [
            ExpressionWarning(
                .combinedDays, dayOfMonth.position.lowerBound..<weekday.position.upperBound,
                "day of month `\(dayOfMonth.text)` and weekday `\(weekday.text)` are both"
                    + " given\(reason): \(rule)")
        ]
    }
}

extension FieldPattern {
    fileprivate var longSteps: [ExpressionWarning] {
        positionedItems.compactMap { item, position in
            guard case .range(let range, let step) = item, step > 1,
                step > range.upperBound - range.lowerBound
            else { return nil }
            return ExpressionWarning(
                .longStep, position,
                "the step \(step) is longer than its range: only \(field.name)"
                    + " \(range.lowerBound) is left; write `\(range.lowerBound)`"
                    + (range == field.all ? period(step) : ""))
        }
    }
}

extension FieldPattern {
    /// The words for so many minutes, hours or days that no hour, day or month is as long.
    fileprivate func period(_ step: Int) -> String {
        let seconds: Int64
        switch field {
        case .second: seconds = 1
        case .minute: seconds = 60
        case .hour: seconds = 3600
        case .dayOfMonth: seconds = 86_400
        case .month, .weekday: return ""
        }
        let span = TimeSpan.seconds(Int64(step) * seconds)
        return span <= .longest ? ", or `@every \(span)` for one each \(span)" : ""
    }
}

extension Schedule {
    /// Warnings about a schedule that is accepted and may surprise. They are the expression's own, and those about
    /// times of day that fall into a change of the clock in the coming year.
    ///
    /// - Parameter now: from when to look ahead.
    /// - Returns: the expression's warnings, then at most one for each of the next changes.
    public func warnings(after now: Instant) -> [ExpressionWarning] {
        expression.warnings + clockWarnings(after: now)
    }

    private static let lookahead = 400 * 86_400

    private func clockWarnings(after now: Instant) -> [ExpressionWarning] {
        guard case .calendar(_, let pattern) = expression.content else {
            return pastWarnings(after: now)
        }
        if next(after: now) == nil {
            return [
                ExpressionWarning(
                    .neverInZone, expression.position,
                    "never fires in \(zone.name): its clock skips every time that"
                        + " `\(expression.text)` names")
            ]
        }
        guard !pattern.isWildcard else { return [] }
        let start = min(max(Int(now.seconds), Schedule.firstSecond), Schedule.lastSecond)
        return zone.clockChanges(after: start, through: start + Schedule.lookahead).compactMap {
            change in
            guard let match = pattern.firstMatch(atOrAfter: change.wall.lowerBound),
                change.wall.contains(match)
            else { return nil }
            let message = message(for: change, LocalTime(wallSeconds: match))
            return ExpressionWarning(.clockChange, expression.position, message)
        }
    }

    private func pastWarnings(after now: Instant) -> [ExpressionWarning] {
        guard case .once = expression.kind, next(after: now) == nil else { return [] }
        return [
            ExpressionWarning(
                .past, expression.position,
                "`\(expression.text)` has passed: it runs no more, and never did if it is new")
        ]
    }

    private func message(for change: Zone.ClockChange, _ time: LocalTime) -> String {
        let named = "\(time.timeOfDay) on \(time.date)"
        guard change.isForward else {
            return "\(named) comes twice in \(zone.name), as the clock goes back: the job runs the"
                + " first time only"
        }
        let span = zone.span(at: change.at)
        let end = LocalTime(wallSeconds: span.wallStart)
        let when =
            span.hasRunnableGap
            ? "the job runs at \(end.timeOfDay)" : "the job doesn't run then"
        return "\(named) doesn't exist in \(zone.name), as the clock goes forward: \(when)"
    }
}
