/// Goes through a crontab line by line, with the settings as they stand.
struct CrontabParser {
    /// The whole file.
    private let text: [UInt8]
    private let options: CrontabFile.Options
    private let cache = ExpressionCache()
    private var zones: [String: Zone] = [:]
    private var settings = CrontabSettings()
    private var variables = CrontabVariables()
    /// Both of these, once an entry has asked for them.
    private var context: CrontabContext?
    private var entries: [CrontabLine] = []
    private var identities: [StableHash] = []
    private var diagnostics: [CrontabDiagnostic] = []
    private var assignments: [CrontabAssignment] = []
    /// The line being read, and its first byte.
    private var number = 0
    private var start = 0

    init(_ text: [UInt8], _ options: CrontabFile.Options) {
        self.text = text
        self.options = options
    }

    /// Names are given at the end, when it is known which entries are alike.
    var crontab: CrontabFile {
        var names = CrontabNames(complete(entries), identities)
        let named = names.named()
        let all = diagnostics + names.warnings
        return CrontabFile(
            entries: named, assignments: assignments,
            diagnostics: all.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
    }

    /// The same entries, each with the variables that it sees.
    private func complete(_ drafts: [CrontabLine]) -> [CrontabLine] {
        var entries = drafts
        var last: (draft: CrontabContext, whole: CrontabContext)?
        for index in entries.indices {
            let draft = entries[index].context
            let whole = last?.draft === draft ? last?.whole ?? draft : draft.with(variables)
            last = (draft, whole)
            entries[index].context = whole
        }
        return entries
    }

    /// - Parameter place: of the line in the file, without its end.
    mutating func read(_ place: Range<Int>, number: Int) {
        self.number = number
        start = place.lowerBound
        let line = Token(text[place].drop(while: Token.isBlank))
        guard !line.isEmpty, !line.begins(with: "#") else { return }
        if let null = line.bytes.firstIndex(of: 0) {
            report(
                .error, null..<null + 1,
                "the line holds a NUL character: take it away, or save the file as UTF-8 if it is"
                    + " UTF-16")
        } else if line.bytes.starts(with: CrontabFile.byteOrderMark) {
            let begin = line.position.lowerBound
            report(
                .error, begin..<begin + CrontabFile.byteOrderMark.count,
                "a byte order mark (U+FEFF) stands before the line: take it away")
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
        let isSetting = CrontabSettings.names.contains(name)
        if options.now != nil {
            assignments.append(
                CrontabAssignment(
                    name: name, value: value, line: number,
                    column: column(assignment.written.position.lowerBound)))
            if let hint = AssignmentHints(assignment.name, assignment.written, settings.seconds)
                .first
            {
                // A setting that is refused is reported below; two reports would be one too many.
                let severity: CrontabDiagnostic.Severity =
                    isSetting && !canSet(name, to: value) ? .error : .warning
                report(severity, hint.place, hint.message)
                if severity == .error { return }
            }
        }
        guard isSetting else {
            warnOfLookalike(assignment.name)
            variables.set(name, to: value)
            return
        }
        do {
            try set(name, to: value)
        } catch {
            report(.error, assignment.written.position, error.message)
        }
    }

    private func canSet(_ name: String, to value: String) -> Bool {
        var copy = settings
        // The only question is whether it can be set.
        return (try? copy.set(name, to: value, zones: options.zones)) != nil
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
    private mutating func warnOfLookalike(_ name: Token) {
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

// MARK: - Entries

extension CrontabParser {
    private mutating func readEntry(_ line: Token) {
        let parts = parts(of: line)
        let begin = line.position.lowerBound
        let end = parts.schedule.last?.position.upperBound ?? begin
        let expression: CronExpression
        do {
            expression = try cache.expression(
                text[begin..<end], hasSeconds: settings.seconds, settings.dayMatch,
                machine: options.machine, identity: { parts.identity })
        } catch {
            if let message = foreignMessage(line) {
                report(.error, begin..<end, message)
            } else {
                report(error, parts, begin)
            }
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
        warn(expression, context.zone, parts.schedule, job)
        identities.append(parts.fingerprint)
        entries.append(
            CrontabLine(
                name: "", line: number, expression: expression, user: parts.user?.text,
                job: CrontabLine.Work(job.text), jobColumn: column(job.position.lowerBound),
                context: context))
    }

    /// The text to write instead of a line that is another program's.
    private func foreignMessage(_ line: Token) -> String? {
        let text = line.text
        if let foreign = ForeignLine(text) { return foreign.message }
        if text.hasPrefix("-") {
            let fields = Token.tokens(of: line.dropFirst().bytes).prefix(5).map(\.text)
            // The only question is whether it is a schedule.
            guard (try? CronExpression(fields.joined(separator: " "))) != nil else { return nil }
            return "the `-` in front keeps another cron from logging: take it away"
        }
        let words = Token.tokens(of: line.bytes)
        guard let first = words.first, ["export", "set", "setenv"].contains(first.text),
            words.count > 1, Assignment(Token(line.bytes[words[1].position.lowerBound...])) != nil
        else { return nil }
        return "a variable is set without `\(first.text)`: take it away"
    }

    private mutating func currentContext() -> CrontabContext {
        if let context { return context }
        // A copy of the variables set so far would be one for each entry.
        let new = CrontabContext(
            settings, settings.zone ?? options.zone, CrontabVariables(), count: variables.count)
        context = new
        return new
    }

    private func parts(of line: Token) -> EntryParts {
        var rest = line.bytes
        func next() -> Token? {
            let word = rest.prefix { !Token.isBlank($0) }
            rest = rest[word.endIndex...].drop(while: Token.isBlank)
            return word.isEmpty ? nil : Token(word)
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
        parts.job = rest.isEmpty ? nil : Token(rest)
        return parts
    }

    /// How many words the schedule takes: never guessed from the looks of the words.
    private func scheduleCount(_ first: Token) -> Int {
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
        _ expression: CronExpression, _ zone: Zone, _ schedule: [Token], _ job: Token
    ) {
        let begin = schedule.first?.position.lowerBound ?? job.position.lowerBound
        var warnings = expression.warnings
        if let now = options.now {
            warnings = Schedule(expression, in: zone, firstSeen: now).warnings(after: now)
        }
        for warning in warnings {
            // An expression that is accepted is ASCII.
            let place = begin + warning.offset
            report(.warning, place..<place + warning.length, warning.message)
        }
        if options.now != nil {
            for hint in CommandHints(job, after: schedule).all {
                report(.warning, hint.place, hint.message)
            }
        }
        guard job.begins(with: "*") else { return }
        let command = Token(job.bytes.prefix { !Token.isBlank($0) })
        if command.isJust("*") || command.dropFirst().begins(with: "/") {
            report(
                .warning, command.position,
                "the command begins with `\(command.text)`, which looks like a sixth field; for"
                    + " seconds in front set SECONDS=yes")
        }
    }
}
