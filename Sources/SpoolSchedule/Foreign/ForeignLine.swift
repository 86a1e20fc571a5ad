/// A line of another program's table, that no crontab of cron's or of ours has.
package enum ForeignLine {
    /// `7 25 cron.weekly nice run-parts /etc/cron.weekly` of an anacrontab.
    case anacron(AnacronLine)
    /// A line of fcron's, which begins with `&`, `%`, `!` or `@` and a length of time.
    case fcron(FcronLine)
    /// A schedule in other words, and a command.
    case schedule(ForeignSchedule)
    /// `[Timer]`, and what is above and below it in a unit of systemd's.
    case unit(String)

    /// - Parameters:
    ///   - line: without its end and without blanks in front.
    package init?(_ line: some StringProtocol) {
        let text = Substring(line)
        if text.hasPrefix("["), text.hasSuffix("]"), text.dropFirst().first?.isLetter ?? false {
            self = .unit(String(text))
        } else if let anacron = AnacronLine(text) {
            self = .anacron(anacron)
        } else if let fcron = FcronLine(text) {
            self = .fcron(fcron)
        } else if let schedule = ForeignSchedule(text) {
            self = .schedule(schedule)
        } else {
            return nil
        }
    }

    package var isAnacron: Bool {
        if case .anacron = self { return true }
        return false
    }

    /// A description of the line, and the text to write instead.
    package var message: String {
        switch self {
        case .anacron(let line):
            let meant = line.schedule.map { "write `\($0) \(line.command)`" } ?? "it has no period"
            return "this is a line of an anacrontab (period, delay, name, command): \(meant)"
        case .fcron(let line):
            return "this is a line of fcron's: "
                + (line.schedule.map { "write `\($0) \(line.command)`" } ?? line.reason)
        case .schedule(let schedule): return schedule.advice(String(schedule.rest))
        case .unit(let section):
            return "`\(section)` begins a unit file of systemd's: 'spool cron import NAME.timer'"
                + " translates timers"
        }
    }
}

/// An entry of an anacrontab.
package struct AnacronLine {
    /// nil for a period that can't be said.
    package let schedule: String?
    /// Before the command starts, from when it is due.
    package let delay: TimeSpan
    /// The job's name there.
    package let name: String
    package let command: String

    private static let periods = [
        "1": "@daily", "7": "@weekly", "30": "@monthly", "31": "@monthly", "365": "@yearly",
    ]

    /// nil for any line that may be an entry of cron's.
    init?(_ text: Substring) {
        let (words, rest) = ForeignSchedule.words(3, of: text)
        guard words.count == 3, !rest.isEmpty, Token(String(words[1])).isNumber,
            let minutes = Token(String(words[1])).number, AnacronLine.isName(words[2])
        else { return nil }
        let period = String(words[0])
        if let nickname = ExpressionParser.nicknames.keys.first(where: { $0 == period }) {
            schedule = nickname
        } else if let days = Token(period).number {
            // With a name for its third field it is none of cron's, whatever the first two say.
            schedule = AnacronLine.periods[period] ?? (days > 0 ? "@every \(days)d" : nil)
        } else {
            return nil
        }
        delay = .seconds(Int64(minutes) * 60)
        name = String(words[2])
        command = String(rest)
    }

    /// Whether a word can be nothing in a schedule: it has letters, and none of the characters that fields are made of.
    private static func isName(_ word: Substring) -> Bool {
        guard word.first?.isLetter ?? false, !word.contains(where: { "*,?/#~".contains($0) }) else {
            return false
        }
        let field = Token(String(word))
        let pick = StablePick(identity: "", machine: "")
        // The only question is whether it reads as a field.
        let isField = [CronField.dayOfMonth, .month, .weekday].contains {
            (try? FieldParser(field: $0, word: field, pick: pick).parse()) != nil
        }
        let names = DayWords.monthNames + DayWords.weekdayNames
        return !isField && !names.contains { $0.lowercased() == word.lowercased() }
    }
}

/// A line of an fcrontab.
package struct FcronLine {
    /// nil if it can't be said.
    package let schedule: String?
    package let command: String
    /// Options that stand before the schedule, and are lost.
    package let options: String
    /// Why it can't be said.
    package let reason: String

    init?(_ text: Substring) {
        guard let first = text.first, "&%!@".contains(first) else { return nil }
        let head = text.dropFirst().prefix { !ForeignSchedule.isBlank($0) }
        let body = text.dropFirst(1 + head.count).drop(while: ForeignSchedule.isBlank)
        options = String(head)
        switch first {
        case "!":
            schedule = nil
            command = String(body)
            reason = "its options can't be said; spool-crontab(5) has settings of its own"
        case "%":
            schedule = nil
            command = String(body)
            reason = "a time within an interval can't be said: `~` picks one, as in `~ 3 * * *`"
        case "&":
            let (words, rest) = ForeignSchedule.words(5, of: body)
            let fields = words.joined(separator: " ")
            // The only question is whether it is a schedule.
            let isGood = (try? CronExpression(fields)) != nil && !rest.isEmpty
            schedule = isGood ? fields : nil
            command = String(rest)
            reason = "its schedule can't be read"
        default:
            // Only with blanks or options after the sign: `@daily` is anybody's.
            let isKnown = head.isEmpty || head.contains("(") || head.contains(",")
            guard isKnown || FcronLine.switches.contains(String(head)) else { return nil }
            let (words, rest) = ForeignSchedule.words(1, of: body)
            guard let period = words.first else { return nil }
            schedule = FcronLine.span(period).map { "@every \($0)" }
            command = String(rest)
            reason = "`\(period)` is no length of time that can be said"
        }
    }

    /// Options that may stand alone.
    private static let switches: Set<String> = [
        "bootrun", "runatreboot", "serial", "serialonce", "exesev", "forcemail", "mail",
        "mailzerolength", "nolog", "noticenotrun", "rebootreset", "reset", "runonce", "stdout",
        "strict", "volatile", "erroronlymail",
    ]

    /// Minutes, unless a letter says otherwise: `m` is months there, which have no length.
    private static func span(_ text: Substring) -> TimeSpan? {
        let spelled = text.last?.isNumber ?? false ? text + "m" : text
        guard !text.contains("m") else { return nil }
        return TimeSpan(spelled).flatMap { $0 >= .seconds(1) ? $0 : nil }
    }
}
