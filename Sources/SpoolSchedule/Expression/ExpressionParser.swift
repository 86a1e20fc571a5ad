/// Tells the sorts of expression apart and reads each.
struct ExpressionParser {
    let options: CronExpression.Options
    /// Of the whole text, in bytes.
    let length: Int
    let cache: ExpressionCache

    static let nicknames = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *",
        "@weekly": "0 0 * * 0", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
        "@hourly": "0 * * * *",
    ]

    /// The `@` words, in the order in which to name them.
    static let words = [
        "@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@reboot",
        "@every", "@at",
    ]

    func parse(_ words: [Token]) throws(ExpressionError) -> CronExpression.Content {
        guard let first = words.first else {
            throw ExpressionError(
                .fieldCount, 0..<length, "the schedule is empty: write five fields, or @daily")
        }
        if first.begins(with: "@") { return try parseNickname(first, words.dropFirst()) }
        try checkCount(words)
        let pick = StablePick(identity: options.identity, machine: options.machine)
        let fields = try CronFields(words[...], hasSeconds: options.seconds, pick, cache)
        return try calendar(fields)
    }

    private func checkCount(_ words: [Token]) throws(ExpressionError) {
        let wanted = options.seconds ? 6 : 5
        let order = CronFields.order(hasSeconds: options.seconds).map(\.name)
        let list = order.joined(separator: ", ")
        if words.count < wanted {
            let missing = order.dropFirst(words.count).joined(separator: ", ")
            throw ExpressionError(
                .fieldCount, length..<length,
                "\(words.count) of \(wanted) fields (\(list)): add \(missing)")
        }
        if words.count > wanted {
            let rest = words[wanted...]
            let end = rest.last?.position.upperBound ?? length
            let surplus = rest.map(\.text).joined(separator: " ")
            let advice = secondsAdvice(words) ?? "take away `\(surplus)`"
            throw ExpressionError(
                .fieldCount, words[wanted].position.lowerBound..<end,
                "\(words.count) fields where \(wanted) are read (\(list)): \(advice)")
        }
    }

    /// The advice about six fields that have the second in front; nil if they aren't that.
    private func secondsAdvice(_ words: [Token]) -> String? {
        let pick = StablePick(identity: "", machine: "")
        // The only question is whether it would be a schedule then.
        guard words.count == 6, !options.seconds,
            (try? CronFields(words[...], hasSeconds: true, pick, cache)) != nil
        else { return nil }
        let five = words.dropFirst().map(\.text).joined(separator: " ")
        return "for seconds in front set SECONDS=yes"
            + (words[0].number == 0 ? ", or write `\(five)`, which is the same" : "")
    }

    private func calendar(_ fields: CronFields) throws(ExpressionError) -> CronExpression.Content {
        let pattern = CalendarPattern(fields, match: options.dayMatch, cache)
        guard pattern.canMatch else { throw neverFires(fields) }
        return .calendar(fields, pattern)
    }

    private func neverFires(_ fields: CronFields) -> ExpressionError {
        let dayOfMonth = fields.dayOfMonth
        let months = (1...12).filter(fields.month.bits.has)
        let longest = months.map { CivilDate.days(inMonth: $0, year: 2000) }.max() ?? 31
        let hasDay = (0..<7).contains {
            MonthShape(length: longest, firstWeekday: $0).days(of: dayOfMonth) != 0
        }
        if hasDay {
            return ExpressionError(
                .neverFires, dayOfMonth.position.lowerBound..<fields.weekday.position.upperBound,
                "never fires: day of month `\(dayOfMonth.text)` and weekday"
                    + " `\(fields.weekday.text)` never fall together, and both must match here;"
                    + " DAY_MATCH=or takes either")
        }
        let named =
            fields.month.isStar
            ? "any month" : Words.list(months.map { DayWords.monthNames[$0 - 1] }, "or")
        return ExpressionError(
            .neverFires, dayOfMonth.position,
            "never fires: there is no day `\(dayOfMonth.text)` in \(named), the longest has"
                + " \(longest) days; write `L` for the last day of the month")
    }
}

// MARK: - Nicknames

extension ExpressionParser {
    private func parseNickname(_ name: Token, _ rest: ArraySlice<Token>) throws(ExpressionError)
        -> CronExpression.Content
    {
        switch name.text {
        case "@every": return .every(try parsePeriod(name, rest))
        case "@at": return .once(try parseTime(name, rest))
        case "@reboot":
            try checkNothing(after: name, rest)
            return .reboot
        default:
            guard let text = ExpressionParser.nicknames[name.text] else { throw unknown(name) }
            try checkNothing(after: name, rest)
            let words = Token.tokens(of: Array(text.utf8)[...])
            let fields = try CronFields(
                words[...], hasSeconds: false, StablePick(identity: "", machine: ""), cache)
            return .calendar(fields, CalendarPattern(fields, match: .cron, cache))
        }
    }

    private func unknown(_ name: Token) -> ExpressionError {
        let lower = name.lowercased
        let advice: String
        if let meant = ExpressionParser.words.contains(lower) ? lower : meaning(of: lower) {
            advice = "write `\(meant)`"
        } else {
            advice = "write one of \(ExpressionParser.words.joined(separator: " "))"
        }
        return ExpressionError(
            .unknownNickname, name.position, "`\(name.text)` is no schedule: \(advice)")
    }

    /// Words of other schedulers.
    private static let others = [
        "@minutely": "* * * * *", "@every_minute": "* * * * *", "@every_second": "@every 1s",
        "@secondly": "@every 1s", "@quarterly": "0 0 1 1,4,7,10 *",
        "@semiannually": "0 0 1 1,7 *", "@biannually": "0 0 1 1,7 *",
        "@weekday": "0 0 * * 1-5", "@weekdays": "0 0 * * 1-5", "@weekend": "0 0 * * 6,7",
        "@weekends": "0 0 * * 6,7", "@noon": "0 12 * * *", "@nightly": "@daily",
        "@everyday": "@daily", "@boot": "@reboot", "@startup": "@reboot", "@once": "@reboot",
    ]

    /// The evident meaning of an unknown word: one of another scheduler's, or a number of seconds.
    private func meaning(of name: String) -> String? {
        if let known = ExpressionParser.others[name] { return known }
        for prefix in ["@every", "@"] where name.hasPrefix(prefix) {
            let period = name.dropFirst(prefix.count).drop { "_-=:".contains($0) }
            if let span = TimeSpan(inWords: period), span >= .seconds(1) { return "@every \(span)" }
        }
        return nil
    }

    private func checkNothing(after name: Token, _ rest: ArraySlice<Token>) throws(ExpressionError)
    {
        guard let first = rest.first, let last = rest.last else { return }
        throw ExpressionError(
            .fieldCount, first.position.lowerBound..<last.position.upperBound,
            "`\(name.text)` is a whole schedule: take away `\(first.text)` and what follows")
    }

    private func parsePeriod(_ name: Token, _ rest: ArraySlice<Token>) throws(ExpressionError)
        -> TimeSpan
    {
        guard let word = rest.first else {
            throw ExpressionError(
                .badTime, name.position, "`@every` lacks its period: write one as in `@every 90s`")
        }
        let whole = rest.map(\.text).joined(separator: " ")
        if rest.count > 1, let span = TimeSpan(inWords: whole), span >= .seconds(1) {
            throw ExpressionError(
                .badTime, word.position.lowerBound..<(rest.last ?? word).position.upperBound,
                "a period is one word: write `@every \(span)`")
        }
        try checkNothing(after: name, rest.dropFirst())
        guard let period = TimeSpan(word.text) else {
            let meant = TimeSpan(inWords: word.lowercased).map { "`@every \($0)`" }
            throw ExpressionError(
                .badTime, word.position,
                "`\(word.text)` is not a length of time: write "
                    + (meant ?? "`90s`, `10m`, `2h30m` or `1d`"))
        }
        guard period >= .seconds(1), period.microseconds % 1_000_000 == 0 else {
            throw ExpressionError(
                .badTime, word.position,
                "`@every \(word.text)`: the period is whole seconds, one at least; write"
                    + " `@every \(max(1, period.microseconds / 1_000_000))s`")
        }
        return period
    }

    private func parseTime(_ name: Token, _ rest: ArraySlice<Token>) throws(ExpressionError)
        -> OnceTime
    {
        guard let word = rest.first else {
            throw ExpressionError(
                .badTime, name.position,
                "`@at` lacks its time: write one as in `@at 2026-12-24T18:00`")
        }
        let later = rest.dropFirst()
        if let time = later.first, later.count == 1,
            LocalTime("\(word.text)T\(time.text)") != nil
        {
            throw ExpressionError(
                .badTime, word.position.lowerBound..<time.position.upperBound,
                "a time is one word: write `@at \(word.text)T\(time.text)`")
        }
        try checkNothing(after: name, later)
        if let local = LocalTime(word.text) { return .local(local) }
        if let instant = Instant(rfc3339: word.text) {
            return .instant(Instant(seconds: instant.seconds))
        }
        if LocalTime("\(word.text)T00:00") != nil {
            throw ExpressionError(
                .badTime, word.position,
                "`\(word.text)` lacks its time of day: write it in the same word, as in"
                    + " `@at \(word.text)T00:00`")
        }
        throw ExpressionError(
            .badTime, word.position,
            "`\(word.text)` is not a time there is: write `2026-12-24T18:00`, or with an offset"
                + " `2026-12-24T18:00:00+01:00`")
    }
}
