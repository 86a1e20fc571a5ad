/// Goes through a crontab line by line, with the settings as they stand.
struct CrontabParser {
    /// The whole file.
    private let text: [UInt8]
    private let options: Crontab.Options
    private let cache = ExpressionCache()
    private var zones: [String: Zone] = [:]
    private var settings = CrontabSettings()
    private var environment: [String: String] = [:]
    /// Both of these, once an entry has asked for them.
    private var context: CrontabContext?
    private var entries: [CrontabEntry] = []
    private var identities: [Fingerprint] = []
    private var diagnostics: [CrontabDiagnostic] = []
    /// The line being read, and where it begins.
    private var number = 0
    private var start = 0

    init(_ text: [UInt8], _ options: Crontab.Options) {
        self.text = text
        self.options = options
    }

    /// Names are given at the end, when it is known which entries are alike.
    var crontab: Crontab {
        var names = CrontabNames(entries, identities)
        let named = names.named()
        let all = diagnostics + names.warnings
        return Crontab(
            entries: named,
            diagnostics: all.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
    }

    /// - Parameter place: of the line in the file, without its end.
    mutating func read(_ place: Range<Int>, number: Int) {
        self.number = number
        start = place.lowerBound
        let line = Word(text[place].drop(while: Word.isBlank))
        guard !line.isEmpty, !line.begins(with: "#") else { return }
        if let null = line.bytes.firstIndex(of: 0) {
            report(.error, null..<null + 1, "the line holds a NUL character: take it away")
        } else if let assignment = Assignment(line) {
            context = nil
            read(assignment)
        } else {
            readEntry(line)
        }
    }

    /// - Parameter place: in bytes of the file.
    private mutating func report(
        _ severity: CrontabDiagnostic.Severity, _ place: Range<Int>, _ message: String
    ) {
        let column = column(place.lowerBound)
        diagnostics.append(
            CrontabDiagnostic(
                severity: severity, line: number, column: column,
                length: self.column(place.upperBound) - column, message: message))
    }

    /// 1 for the first character of the line.
    private func column(_ place: Int) -> Int { text[start..<place].characterCount + 1 }
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
            try set(name, to: value)
        } catch {
            report(.error, assignment.written.position, error.message)
        }
    }

    private mutating func set(
        _ name: String, to value: String
    ) throws(CrontabSettings.Refusal) {
        if name == "CRON_TZ", let zone = zones[value] {
            settings.zone = zone
            return
        }
        try settings.set(name, to: value, zones: options.zones)
        if name == "CRON_TZ" { zones[value] = settings.zone }
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
        let bytes = line.bytes
        let end = bytes.firstIndex { !Assignment.isNameByte($0) } ?? bytes.endIndex
        guard let first = bytes.first, end > bytes.startIndex, !Word.isDigit(first),
            let sign = bytes[end...].firstIndex(where: { !Word.isBlank($0) }),
            bytes[sign] == UInt8(ascii: "=")
        else { return nil }
        name = Word(bytes[..<end])
        var rest = bytes[(sign + 1)...].drop(while: Word.isBlank)
        while let last = rest.last, Word.isBlank(last) { rest.removeLast() }
        written = Word(rest)
        guard let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
        else {
            value = written.text
            return
        }
        value = rest.count > 1 && rest.last == quote ? written.dropFirst().dropLast().text : nil
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        Word.isLetter(byte) || Word.isDigit(byte) || byte == UInt8(ascii: "_")
    }
}

// MARK: - Entries

extension CrontabParser {
    private mutating func readEntry(_ line: Word) {
        let parts = parts(of: line)
        let begin = line.position.lowerBound
        let end = parts.schedule.last?.position.upperBound ?? begin
        let expression: CronExpression
        do {
            expression = try cache.expression(
                text[begin..<end], hasSeconds: settings.seconds, settings.dayMatch,
                machine: options.machine, identity: { parts.identity })
        } catch {
            report(error, parts, begin)
            return
        }
        guard let job = parts.job else {
            let isBare = options.hasUserColumn && parts.user == nil
            report(
                .error, line.position.upperBound..<line.position.upperBound,
                "there is \(isBare ? "no user and no job" : "no job") after the schedule"
                    + " `\(expression.text)`: write the command")
            return
        }
        let context = currentContext()
        warn(expression, context.zone, begin, job)
        identities.append(parts.fingerprint)
        entries.append(
            CrontabEntry(
                name: "", line: number, expression: expression, user: parts.user?.text,
                job: CrontabJob(job.text), jobColumn: column(job.position.lowerBound),
                context: context))
    }

    private mutating func currentContext() -> CrontabContext {
        if let context { return context }
        let new = CrontabContext(settings, settings.zone ?? options.zone, environment)
        context = new
        return new
    }

    private func parts(of line: Word) -> EntryParts {
        var rest = line.bytes
        func next() -> Word? {
            let word = rest.prefix { !Word.isBlank($0) }
            rest = rest[word.endIndex...].drop(while: Word.isBlank)
            return word.isEmpty ? nil : Word(word)
        }
        var parts = EntryParts()
        let first = next()
        parts.count = first.map(scheduleCount) ?? 0
        var word = first
        while let field = word {
            parts.schedule.append(field)
            word = parts.schedule.count < parts.count ? next() : nil
        }
        if options.hasUserColumn { parts.user = next() }
        parts.job = rest.isEmpty ? nil : Word(rest)
        return parts
    }

    /// How many words the schedule takes: never guessed from what they look like.
    private func scheduleCount(_ first: Word) -> Int {
        guard first.begins(with: "@") else { return settings.seconds ? 6 : 5 }
        return ["@every", "@at"].contains(first.text) ? 2 : 1
    }

    private mutating func report(_ error: ExpressionError, _ parts: EntryParts, _ begin: Int) {
        var message = error.message
        let place = begin + error.offset
        if parts.job == nil, parts.count >= 5,
            place >= parts.schedule.last?.position.lowerBound ?? 0
        {
            message += "; or is a field missing before the job?"
        }
        report(.error, place..<place + error.length, message)
    }

    private mutating func warn(
        _ expression: CronExpression, _ zone: Zone, _ begin: Int, _ job: Word
    ) {
        var warnings = expression.warnings
        if let now = options.now {
            warnings = Schedule(expression, in: zone, firstSeen: now).warnings(after: now)
        }
        for warning in warnings {
            // An expression that is accepted is ASCII.
            let place = begin + warning.offset
            report(.warning, place..<place + warning.length, warning.message)
        }
        guard job.begins(with: "*") else { return }
        let command = Word(job.bytes.prefix { !Word.isBlank($0) })
        if command.isJust("*") || command.dropFirst().begins(with: "/") {
            report(
                .warning, command.position,
                "the command begins with `\(command.text)`, which looks like a sixth field; for"
                    + " seconds in front set SECONDS=yes")
        }
    }
}

/// What an entry's line is made of.
private struct EntryParts {
    var schedule: [Word] = []
    /// How many words the schedule should have.
    var count = 0
    var user: Word?
    var job: Word?

    /// What makes the entry itself, wherever its line stands: its words, blanks between them apart.
    var identity: String {
        var pieces = [schedule.map(\.text).joined(separator: " ")]
        if let user { pieces.append(user.text) }
        return (pieces + [job?.text ?? ""]).joined(separator: "\n")
    }

    /// Of the same.
    var fingerprint: Fingerprint {
        var print = Fingerprint()
        for (index, word) in schedule.enumerated() {
            if index > 0 { print.add(" ".utf8) }
            print.add(word.bytes)
        }
        for word in [user, job] {
            guard let word else { continue }
            print.add("\n".utf8)
            print.add(word.bytes)
        }
        return print
    }
}
