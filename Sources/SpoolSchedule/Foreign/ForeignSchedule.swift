/// A schedule as another program writes it, at the beginning of a text.
package struct ForeignSchedule {
    /// Whose it is, such as `Quartz's`.
    package let dialect: String
    /// The same in our words; nil if it can't be said.
    package let expression: String?
    /// Whether `expression` has six fields.
    package var hasSeconds = false
    /// Whether weekday and day of month must both match in `expression`.
    package var needsBoth = false
    /// nil: none is written.
    package var zone: String?
    /// Why it can't be said, or nil.
    package var reason: String?
    /// The text that follows the schedule.
    package var rest: Substring = ""

    /// The text to write instead, for a message.
    ///
    /// - Parameter command: the text to put after the schedule.
    package func advice(_ command: String = "") -> String {
        guard let expression else {
            return "this is \(dialect): \(reason ?? "it can't be said here")"
        }
        let settings =
            [
                zone.map { "CRON_TZ=\($0)" }, needsBoth ? "DAY_MATCH=and" : nil,
                hasSeconds ? "SECONDS=yes" : nil,
            ].compactMap(\.self)
        let line = command.isEmpty ? expression : "\(expression) \(command)"
        let above = settings.isEmpty ? "" : " with \(Words.list(settings))"
        return "this is \(dialect): write `\(line)`\(above)"
    }

    /// nil if the text begins with no schedule that is known, or with one of ours.
    package init?(_ text: some StringProtocol) {
        self.init(Substring(text), Prefixes())
    }

    /// The prefixes that may still stand in front of a schedule: a key, a zone, or a zone after a key. Nobody writes
    /// more of them, and each would have the rest read several times.
    private struct Prefixes {
        var key = true
        var zone = true
    }

    private init?(_ text: Substring, _ prefixes: Prefixes) {
        let text = text.drop(while: ForeignSchedule.isBlank)
        let found =
            ForeignSchedule.english(text) ?? ForeignSchedule.call(text)
            ?? ForeignSchedule.key(text, prefixes) ?? ForeignSchedule.quoted(text, prefixes)
            ?? ForeignSchedule.withZone(text, prefixes) ?? ForeignSchedule.quartz(text)
            ?? ForeignSchedule.calendar(text)
        guard let found else { return nil }
        self = found
    }

    private init(
        _ dialect: String, _ expression: String?, rest: Substring, reason: String? = nil
    ) {
        self.dialect = dialect
        self.expression = expression
        self.rest = rest.drop(while: ForeignSchedule.isBlank)
        self.reason = reason
    }

    static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    /// The first so many words, and the text that follows them.
    static func words(_ count: Int, of text: Substring) -> (words: [Substring], Substring) {
        var words: [Substring] = []
        var rest = text.drop(while: isBlank)
        while words.count < count, !rest.isEmpty {
            let word = rest.prefix { !isBlank($0) }
            words.append(word)
            rest = rest[word.endIndex...].drop(while: isBlank)
        }
        return (words, rest)
    }

    /// `every 5 minutes`.
    private static func english(_ text: Substring) -> ForeignSchedule? {
        for count in [3, 2] {
            let (words, rest) = ForeignSchedule.words(count, of: text)
            guard words.count == count, words[0].lowercased() == "every",
                words[count - 1].contains(where: \.isLetter),
                let span = TimeSpan(inWords: words[1...].joined().lowercased()),
                span >= .seconds(1)
            else { continue }
            return ForeignSchedule("plain English", "@every \(span)", rest: rest)
        }
        return nil
    }

    // MARK: cron(…), rate(…)

    private static func call(_ text: Substring) -> ForeignSchedule? {
        let name = text.prefix { $0.isLetter }
        guard ["cron", "rate", "at"].contains(name.lowercased()),
            text.dropFirst(name.count).first == "(",
            let end = text.firstIndex(of: ")")
        else { return nil }
        let dialect = "EventBridge's"
        let inside = text[
            text.index(after: text.index(text.startIndex, offsetBy: name.count))..<end]
        let rest = text[text.index(after: end)...]
        switch name.lowercased() {
        case "rate":
            let span = TimeSpan(inWords: inside)
            return ForeignSchedule(
                dialect, span.map { "@every \($0)" }, rest: rest,
                reason: "`\(inside)` is no length of time")
        case "at": return ForeignSchedule(dialect, "@at \(inside)", rest: rest)
        default:
            let (words, surplus) = ForeignSchedule.words(6, of: inside)
            guard words.count == 6, surplus.isEmpty else { return nil }
            return translated(dialect, ["0"] + words, rest: rest)
        }
    }

    // MARK: Quartz

    /// Seconds first, perhaps a year last, and `?` for one of the days. A schedule with its `?` one field earlier lacks
    /// the seconds.
    private static func quartz(_ text: Substring) -> ForeignSchedule? {
        let (six, rest) = ForeignSchedule.words(6, of: text)
        guard six.count == 6 else { return nil }
        if six[3] == "?" || six[5] == "?" {
            let (next, after) = ForeignSchedule.words(1, of: rest)
            guard let year = next.first, isYear(year) else {
                return translated("Quartz's", six, rest: rest)
            }
            return translated("Quartz's", six + [year], rest: after)
        }
        if six[2] == "?" || six[4] == "?", isYear(six[5]) {
            return translated("EventBridge's", ["0"] + six, rest: rest)
        }
        return nil
    }

    private static func isYear(_ word: Substring) -> Bool {
        word == "*"
            || word.first?.isNumber ?? false && word.prefix { $0.isNumber }.count == 4
                && word.allSatisfy { $0.isNumber || ",-/*".contains($0) }
    }

    /// - Parameter words: second, minute, hour, day of month, month, weekday, and perhaps year.
    private static func translated(
        _ dialect: String, _ words: [Substring], rest: Substring
    ) -> ForeignSchedule {
        if words.count > 6, words[6] != "*" {
            return ForeignSchedule(
                dialect, nil, rest: rest,
                reason: "the year `\(words[6])` can't be said; `@at` is for one time")
        }
        let fields = zip(CronField.allCases, words).map { field, word in
            word == "?" ? "*" : spelled(word, field)
        }
        let hasSeconds = fields[0] != "0"
        let expression = fields[(hasSeconds ? 0 : 1)...].joined(separator: " ")
        do throws(ExpressionError) {
            try ForeignSchedule.check(
                expression, CronExpression.Options(seconds: hasSeconds))
        } catch {
            return ForeignSchedule(dialect, nil, rest: rest, reason: error.message)
        }
        var schedule = ForeignSchedule(dialect, expression, rest: rest)
        schedule.hasSeconds = hasSeconds
        return schedule
    }

    /// A field in our words: steps begin at a range, and Sunday, their 1, is 0.
    private static func spelled(_ word: Substring, _ field: CronField) -> String {
        if field == .weekday, word.uppercased() == "L" { return "6" }
        return word.split(separator: ",", omittingEmptySubsequences: false).map { item in
            let parts = item.split(separator: "/", omittingEmptySubsequences: false)
            var base = field == .weekday ? shifted(parts[0]) : String(parts[0])
            guard parts.count == 2 else { return base }
            if let value = Int(base) {
                let last = field.all.upperBound
                base = value == field.all.lowerBound ? "*" : "\(value)-\(last)"
            }
            return "\(base)/\(parts[1])"
        }.joined(separator: ",")
    }

    private static func shifted(_ item: Substring) -> String {
        let ends = item.split(separator: "-", omittingEmptySubsequences: false).map { end in
            let figures = end.prefix { $0.isNumber }
            guard let day = Int(figures), (1...7).contains(day) else { return String(end) }
            return "\(day - 1)" + end.dropFirst(figures.count)
        }
        return ends.joined(separator: "-")
    }

    // MARK: Quotes and keys

    /// `schedule: "0 2 * * *"` of a YAML file.
    private static func key(_ text: Substring, _ prefixes: Prefixes) -> ForeignSchedule? {
        guard prefixes.key else { return nil }
        let line = text.hasPrefix("- ") ? text.dropFirst(2).drop(while: isBlank) : text
        let name = line.prefix { $0.isLetter || $0 == "_" }
        guard ["cron", "schedule", "crontab", "cron_expression"].contains(name.lowercased()),
            line.dropFirst(name.count).first == ":"
        else { return nil }
        let value = line.dropFirst(name.count + 1).drop(while: isBlank)
        let inner = Prefixes(key: false, zone: prefixes.zone)
        return quoted(value, inner, "a line of a YAML file")
            ?? plain(value, inner, "a line of a YAML file", rest: "")
    }

    private static func quoted(
        _ text: Substring, _ prefixes: Prefixes, _ dialect: String = "a schedule in quotes"
    ) -> ForeignSchedule? {
        let pairs: [Character: Character] = [
            "\"": "\"", "'": "'", "`": "`", "\u{201C}": "\u{201D}", "\u{2018}": "\u{2019}",
        ]
        guard let first = text.first, let last = pairs[first],
            let end = text.dropFirst().firstIndex(of: last)
        else { return nil }
        return plain(
            text.dropFirst()[..<end], prefixes, dialect, rest: text[text.index(after: end)...])
    }

    /// One of ours, or of the others', in other surroundings.
    private static func plain(
        _ text: Substring, _ prefixes: Prefixes, _ dialect: String, rest: Substring
    ) -> ForeignSchedule? {
        let trimmed = String(
            Token.tokens(of: Array(text.utf8)[...]).map(\.text).joined(separator: " "))
        if isOurs(trimmed) { return ForeignSchedule(dialect, trimmed, rest: rest) }
        guard var inner = ForeignSchedule(Substring(trimmed), prefixes), inner.rest.isEmpty else {
            return nil
        }
        inner.rest = rest.drop(while: isBlank)
        return inner
    }

    /// Reads one of ours, without a look at whose else it could be: that look comes here again.
    ///
    /// - Throws: with places in bytes.
    private static func check(
        _ text: String, _ options: CronExpression.Options
    ) throws(ExpressionError) {
        _ = try CronExpression(Array(text.utf8)[...], options, ExpressionCache())
    }

    private static func isOurs(
        _ text: String, _ options: CronExpression.Options = CronExpression.Options()
    ) -> Bool {
        // The only question is whether it is a schedule.
        (try? check(text, options)) != nil
    }

    /// `CRON_TZ=Europe/Paris 0 2 * * *` of Kubernetes and of Go programs.
    private static func withZone(_ text: Substring, _ prefixes: Prefixes) -> ForeignSchedule? {
        guard prefixes.zone else { return nil }
        let inner = Prefixes(key: false, zone: false)
        for name in ["CRON_TZ=", "TZ="] where text.hasPrefix(name) {
            let (words, rest) = ForeignSchedule.words(1, of: text.dropFirst(name.count))
            guard let zone = words.first,
                var found = plain(rest, inner, "a schedule with its zone in front", rest: "")
            else { continue }
            found.zone = String(zone)
            return found
        }
        return nil
    }

    // MARK: systemd

    private static func calendar(_ text: Substring) -> ForeignSchedule? {
        let key = "OnCalendar="
        let text = text.hasPrefix(key) ? text.dropFirst(key.count) : text
        for count in [4, 3, 2, 1] {
            let (words, rest) = ForeignSchedule.words(count, of: text)
            let written = words.joined(separator: " ")
            // Words that are no calendar may be one if there are fewer of them.
            guard words.count == count, isCalendar(words),
                let event = try? CalendarEvent(written),
                event.zone.map({ $0 == "UTC" || $0.contains("/") }) ?? true
            else { continue }
            var schedule = ForeignSchedule("a calendar of systemd's", event.expression, rest: rest)
            schedule.hasSeconds = event.hasSeconds
            schedule.needsBoth = event.needsBoth
            schedule.zone = event.zone
            let options = CronExpression.Options(
                seconds: event.hasSeconds, dayMatch: event.needsBoth ? .and : .cron)
            guard isOurs(event.expression, options) else { continue }
            return schedule
        }
        return nil
    }

    /// Whether these can't be anything else.
    private static func isCalendar(_ words: [Substring]) -> Bool {
        if words.count == 1, words[0].allSatisfy(\.isLetter) {
            return CalendarEvent.isShorthand(String(words[0]))
        }
        return words.contains {
            $0.contains(":") || $0.contains("..") || $0.hasPrefix("*-") || $0.hasSuffix("-*")
        }
    }
}
