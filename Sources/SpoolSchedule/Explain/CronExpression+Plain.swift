extension CronExpression {
    /// Why an expression is none for a plain cron.
    public struct Inexpressible: Error, Hashable, Sendable {
        /// The obstacle, for people.
        public let reason: String

        public init(reason: String) {
            self.reason = reason
        }
    }

    /// The same schedule in the five fields or the nickname that every cron knows.
    ///
    /// The value that `~` has picked is written as a number.
    ///
    /// - Throws: the part that a plain cron can't express.
    public func plain() throws(Inexpressible) -> String {
        switch content {
        case .every: throw Inexpressible(reason: "@every counts from when the entry was first seen")
        case .once: throw Inexpressible(reason: "@at is once, and cron comes back every year")
        case .reboot: return "@reboot"
        case .calendar(let fields, _):
            if text.hasPrefix("@") { return text }
            if let second = fields.second, second.bits != 1 {
                throw Inexpressible(reason: "it names seconds, and cron knows minutes")
            }
            try checkDayMatch(fields)
            var words: [String] = []
            for field in [
                fields.minute, fields.hour, fields.dayOfMonth, fields.month, fields.weekday,
            ] {
                words.append(try field.plain())
            }
            return words.joined(separator: " ")
        }
    }

    private func checkDayMatch(_ fields: CronFields) throws(Inexpressible) {
        let (days, weekdays) = (fields.dayOfMonth, fields.weekday)
        if days.isStar || weekdays.isStar { return }
        guard dayMatch.needsBoth(days, weekdays) != DayMatch.cron.needsBoth(days, weekdays) else {
            return
        }
        throw Inexpressible(
            reason: "DAY_MATCH=\(dayMatch): cron combines `\(days.text)` and `\(weekdays.text)`"
                + " the other way")
    }
}

extension FieldPattern {
    fileprivate func plain() throws(CronExpression.Inexpressible) -> String {
        var written: [String] = []
        for item in items {
            guard case .range(let range, let step) = item else {
                throw CronExpression.Inexpressible(
                    reason: "`\(text)` in the \(field.name) field is beyond cron")
            }
            let isAll = range == field.all && written.isEmpty && beginsWithStar
            var text = isAll ? "*" : "\(range.lowerBound)"
            if !isAll, range.count > 1 { text += "-\(range.upperBound)" }
            if step > 1, range.count > 1 { text += "/\(step)" }
            written.append(text)
        }
        return written.joined(separator: ",")
    }
}
