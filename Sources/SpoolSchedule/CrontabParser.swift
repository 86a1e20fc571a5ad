/// Goes through a crontab line by line, with the settings as they stand.
struct CrontabParser {
    private let options: Crontab.Options
    private var settings = CrontabSettings()
    private var environment: [String: String] = [:]
    private var entries: [CrontabEntry] = []
    private var diagnostics: [CrontabDiagnostic] = []
    /// The line being read.
    private var number = 0

    init(options: Crontab.Options) {
        self.options = options
    }

    /// Names are given at the end, when it is known which entries are alike.
    var crontab: Crontab {
        var names = CrontabNames(entries)
        let named = names.named()
        let all = diagnostics + names.warnings
        return Crontab(
            entries: named,
            diagnostics: all.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
    }

    mutating func read(_ characters: [Character], number: Int) {
        self.number = number
        let line = Word(characters.drop(while: Word.isBlank))
        guard let first = line.characters.first, first != "#" else { return }
        if let null = characters.firstIndex(of: "\0") {
            report(.error, null..<null + 1, "the line holds a NUL character: take it away")
        } else if let assignment = Assignment(line) {
            read(assignment)
        } else {
            readEntry(line)
        }
    }

    private mutating func report(
        _ severity: CrontabDiagnostic.Severity, _ position: Range<Int>, _ message: String
    ) {
        diagnostics.append(
            CrontabDiagnostic(
                severity: severity, line: number, column: position.lowerBound + 1,
                length: position.count, message: message))
    }
}

// MARK: - Settings

extension CrontabParser {
    private mutating func read(_ assignment: Assignment) {
        let name = assignment.name.text
        guard let value = assignment.value else {
            report(
                .error, assignment.written.position,
                "the quote before \(name)'s value is never closed: write it at the end too")
            return
        }
        guard CrontabSettings.names.contains(name) else {
            warnOfLookalike(assignment.name)
            environment[name] = value
            return
        }
        do {
            try settings.set(name, to: value, zones: options.zones)
        } catch {
            report(.error, assignment.written.position, error.message)
        }
    }

    /// A variable whose name is nearly a setting's.
    private mutating func warnOfLookalike(_ name: Word) {
        if name.text == "TZ" {
            report(
                .warning, name.position,
                "TZ goes to the job's environment; the clock the schedule follows is CRON_TZ")
            return
        }
        func plain(_ name: String) -> String { name.filter { $0 != "_" }.lowercased() }
        guard let meant = CrontabSettings.names.first(where: { plain($0) == plain(name.text) })
        else { return }
        report(
            .warning, name.position,
            "\(name.text) goes to the job's environment; the setting is \(meant)")
    }
}

/// `NAME=value`, with blanks around the sign, and quotes around the value if they are wanted.
private struct Assignment {
    let name: Word
    /// The value as written.
    let written: Word
    /// Without its quotes; nil when one is left open.
    let value: String?

    /// nil when the line is something else: no field of a schedule begins like a name and goes on
    /// with `=`.
    init?(_ line: Word) {
        let characters = line.characters
        let end = characters.firstIndex { !Assignment.isNameCharacter($0) } ?? characters.endIndex
        guard let first = characters.first, end > characters.startIndex, !Word.isDigit(first),
            let sign = characters[end...].firstIndex(where: { !Word.isBlank($0) }),
            characters[sign] == "="
        else { return nil }
        name = Word(characters[..<end])
        var rest = characters[(sign + 1)...].drop(while: Word.isBlank)
        while let last = rest.last, Word.isBlank(last) { rest.removeLast() }
        written = Word(rest)
        guard let quote = rest.first, quote == "\"" || quote == "'" else {
            value = written.text
            return
        }
        value = rest.count > 1 && rest.last == quote ? written.dropFirst().dropLast().text : nil
    }

    private static func isNameCharacter(_ character: Character) -> Bool {
        character.isASCII && (character.isLetter || character.isNumber || character == "_")
    }
}

// MARK: - Entries

extension CrontabParser {
    private mutating func readEntry(_ line: Word) {
        let words = Word.words(of: line.characters)
        let count = scheduleCount(words)
        let columns = count + (options.hasUserColumn ? 1 : 0)
        let schedule = Array(words.prefix(count))
        let user = options.hasUserColumn && words.count > count ? words[count].text : nil
        let rest = words.dropFirst(columns).first?.position.lowerBound
        let job = rest.map { Word(line.characters[$0...]) }

        let begin = line.position.lowerBound
        let end = schedule.last?.position.upperBound ?? begin
        let identity = CrontabNames.identity(schedule, user: user, job: job?.text ?? "")
        let expression: CronExpression
        do {
            expression = try CronExpression(
                String(line.characters[begin..<end]),
                options: CronExpression.Options(
                    seconds: settings.seconds, dayMatch: settings.dayMatch, identity: identity,
                    machine: options.machine))
        } catch {
            let offset = begin + error.offset
            let isLastWord = job == nil && offset >= schedule.last?.position.lowerBound ?? 0
            let doubt = isLastWord && count >= 5 ? "; or is a field missing before the job?" : ""
            report(.error, offset..<offset + error.length, error.message + doubt)
            return
        }
        guard let job else {
            let missing = options.hasUserColumn && user == nil ? "no user and no job" : "no job"
            report(
                .error, line.position.upperBound..<line.position.upperBound,
                "there is \(missing) after the schedule `\(expression.text)`: write the command")
            return
        }
        warn(expression, begin, job)
        entries.append(
            CrontabEntry(
                name: identity, line: number, expression: expression,
                zone: settings.zone ?? options.zone, user: user, job: CrontabJob(job.text),
                jobColumn: job.position.lowerBound + 1, settings: settings,
                environment: environment))
    }

    /// How many words the schedule takes: never guessed from what they look like.
    private func scheduleCount(_ words: [Word]) -> Int {
        guard let first = words.first, first.characters.first == "@" else {
            return settings.seconds ? 6 : 5
        }
        return ["@every", "@at"].contains(first.text) ? 2 : 1
    }

    private mutating func warn(_ expression: CronExpression, _ begin: Int, _ job: Word) {
        var warnings = expression.warnings
        if let now = options.now {
            let zone = settings.zone ?? options.zone
            warnings = Schedule(expression, in: zone, firstSeen: now).warnings(after: now)
        }
        for warning in warnings {
            let offset = begin + warning.offset
            report(.warning, offset..<offset + warning.length, warning.message)
        }
        let command = job.characters.prefix { !Word.isBlank($0) }
        if command.first == "*", command.dropFirst().first.map({ $0 == "/" }) ?? true {
            report(
                .warning, command.startIndex..<command.endIndex,
                "the command begins with `\(String(command))`, which looks like a sixth field; for"
                    + " seconds in front set SECONDS=yes")
        }
    }
}
