/// Hints about an entry's command that is accepted and surely not meant.
struct CommandHints {
    /// As it is written, up to the end of the line.
    private let job: Token
    private let first: Token
    private let schedule: [Token]

    init(_ job: Token, after schedule: [Token]) {
        self.job = job
        first = Token(job.bytes.prefix { !Token.isBlank($0) })
        self.schedule = schedule
    }

    struct Hint {
        /// In bytes of the file.
        let place: Range<Int>
        let message: String
    }

    var all: [Hint] {
        if job.text.hasPrefix("{\"") { return [] }
        return [beginning, percent, continuation].compactMap(\.self)
    }

    // MARK: How it begins

    private var beginning: Hint? {
        if let line = foreignLine { return Hint(place: schedulePlace, message: line.message) }
        if let period { return period }
        if first.begins(with: "-") { return flags }
        if first.begins(with: "#") {
            return Hint(
                place: job.position,
                message:
                    "the command is a comment, so nothing runs: put `#` before the whole line to"
                    + " switch it off")
        }
        if job.text.hasPrefix("{"), job.dropFirst().text.drop(while: { $0 == " " }).first == "\"" {
            return Hint(
                place: first.position,
                message: "a job in JSON begins with `{\"`, without a blank: this is a command")
        }
        return sixthField
    }

    private var schedulePlace: Range<Int> {
        let begin = schedule.first?.position.lowerBound ?? job.position.lowerBound
        return begin..<first.position.upperBound
    }

    /// A line that is valid by chance: `@monthly 15 cron.monthly run-parts`, `0 0 12 * * ? x`.
    private var foreignLine: ForeignLine? {
        let isQuartz = first.isJust("?")
        guard isQuartz || first.isNumber else { return nil }
        let words = (schedule.map(\.text) + [job.text]).joined(separator: " ")
        guard let line = ForeignLine(words) else { return nil }
        switch line {
        case .anacron, .schedule: return line
        default: return nil
        }
    }

    /// `@every 5 minutes x`.
    private var period: Hint? {
        guard schedule.count == 2, schedule[0].text == "@every", schedule[1].isNumber,
            !first.isNumber, first.bytes.allSatisfy(Token.isLetter),
            let span = TimeSpan(inWords: schedule[1].text + first.lowercased),
            span >= .seconds(1)
        else { return nil }
        return Hint(
            place: schedule[1].position.lowerBound..<first.position.upperBound,
            message: "the period is `\(schedule[1].text)` seconds and the command `\(first.text)`:"
                + " write `@every \(span)`")
    }

    private var flags: Hint {
        let isOpenBSD =
            first.bytes.count > 1 && first.dropFirst().text.allSatisfy { "nqs".contains($0) }
        return Hint(
            place: first.position,
            message: isOpenBSD
                ? "the command begins with `\(first.text)`, which is a flag to other crons: take it"
                    + " away; OVERLAP=skip, the default, is their `-s`"
                : "the command begins with `\(first.text)`, and no program is called so: take it away,"
                    + " or write the program before it")
    }

    private var sixthField: Hint? {
        guard schedule.count == 5 else { return nil }
        let text = first.text
        // With the second in front, the sixth is the weekday.
        let pick = StablePick(identity: "", machine: "")
        // The only question is whether it reads as a weekday.
        let isField =
            text.first?.isNumber ?? false
            && (try? FieldParser(field: .weekday, word: first, pick: pick).parse()) != nil
        let ends = text.lowercased().split(separator: "-").map(String.init)
        let isDays =
            ends.count == 2 && ends.allSatisfy(CronField.weekdayNames.contains)
            || ends.count == 2 && ends.allSatisfy(CronField.monthNames.contains)
        guard isField || isDays else { return nil }
        return Hint(
            place: first.position,
            message:
                "the command begins with `\(text)`, which looks like a sixth field; for seconds"
                + " in front set SECONDS=yes")
    }

    // MARK: What cron makes of it

    /// A percent sign that ends the command at a place at which no command ends.
    private var percent: Hint? {
        var isEscaped = false
        for index in job.bytes.indices {
            let byte = job.bytes[index]
            if byte == UInt8(ascii: "%"), !isEscaped {
                let before = String(decoding: job.bytes[..<index], as: UTF8.self)
                guard CommandHints.isUnfinished(before) else { return nil }
                return Hint(
                    place: index..<index + 1,
                    message: "a bare `%` ends the command, and what follows is its standard input:"
                        + " write `\\%` for a percent sign")
            }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
        }
        return nil
    }

    /// Whether a command can't end here: in quotes or a substitution, or where a format begins.
    private static func isUnfinished(_ command: String) -> Bool {
        if ["+", "printf ", "format=", "format ", "-c ", "="].contains(where: command.hasSuffix) {
            return true
        }
        var quote: Character?
        var depth = 0
        var previous: Character = " "
        for character in command {
            defer { previous = previous == "\\" ? " " : character }
            if previous == "\\", quote != "'" { continue }
            if let open = quote {
                if character == open { quote = nil }
                if open != "\"" { continue }
            } else if character == "'" || character == "\"" || character == "`" {
                quote = character
            }
            if character == "(", previous == "$" { depth += 1 }
            if character == ")", depth > 0 { depth -= 1 }
        }
        return quote != nil || depth > 0
    }

    private var continuation: Hint? {
        guard job.bytes.last == UInt8(ascii: "\\"),
            job.bytes.dropLast().last != UInt8(ascii: "\\")
        else { return nil }
        let end = job.position.upperBound
        return Hint(
            place: end - 1..<end,
            message:
                "a line isn't continued by `\\`: write the command on one line, or into a script")
    }
}
