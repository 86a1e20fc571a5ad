import Spool
import SpoolSchedule

let cronExportCommand = CommandTable(
    "cron export", "print the entries as a crontab for cron", operands: "[ENTRY ...]", options: []
) { invocation throws(SpoolError) in
    let translation = try CronExportRequest(names: invocation.operands).perform(
        in: invocation.context)
    return try TranslationView.show(translation, invocation.console)
}

package struct CronExportRequest {
    /// None: all entries.
    let names: [String]

    package init(names: [String] = []) {
        self.names = names
    }

    package func perform(in context: Context) throws(SpoolError) -> CronTranslation {
        let entries = try CronEntries(in: try context.openSpool(create: false))
        let chosen = try entries.chosen(names)
        var export = CrontabExport(zone: try CrontabRules.ofThisMachine().zone)
        for table in entries.tables where !table.errors.isEmpty { export.add(errorsOf: table) }
        for entry in chosen { export.add(entry) }
        return export.translation
    }
}

/// Entries of a spool as a user's crontab for cronie.
private struct CrontabExport {
    private(set) var translation = CronTranslation()
    /// Variables as they stand at the end of the text so far.
    private var variables: [String: String] = [:]
    private let zone: Zone

    /// - Parameter zone: the machine's, which cron follows by itself.
    init(zone: Zone) {
        self.zone = zone
        translation.lines = [
            "# From the entries of a spool. cron runs no missed slots, lets runs overlap, knows no",
            "# queues and keeps no history. CRON_TZ, MAILFROM and RANDOM_DELAY are cronie's.",
        ]
        // cron mails all output unless it is told not to.
        set("MAILTO", "", quoted: true)
    }

    /// Adds the errors of a file's present text, which isn't in force.
    mutating func add(errorsOf table: EntryTable) {
        if let problem = table.problem { translation.lose(table.file, Printable.text(problem)) }
        for error in table.diagnostics where error.severity == .error {
            translation.lose("\(table.file):\(error.line)", Printable.text(error.message))
        }
    }

    mutating func add(_ entry: ScheduledEntry) {
        let line = entry.line
        let place = "\(entry.file):\(line.line)"
        translation.lines += ["", "# \(entry.name)"]
        let schedule: String
        let command: String
        do throws(CronExpression.Inexpressible) {
            schedule = try line.expression.plain()
            command = unsetting(line.environment) + (try self.command(of: entry, place))
            if command.hasPrefix("*") {
                throw CronExpression.Inexpressible(
                    reason: "cronie takes a command that begins with `*` for a sixth field")
            }
        } catch {
            return translation.lose(
                place, "\(entry.name): \(error.reason)", "\(line.expression.text) \(line.job.text)")
        }
        set("CRON_TZ", line.zone == zone && variables["CRON_TZ"] == nil ? nil : line.zone.name)
        set("SHELL", line.settings.shell ?? (variables["SHELL"] == nil ? nil : "/bin/sh"))
        set("MAILTO", line.settings.mailTo ?? "", quoted: true)
        set("MAILFROM", line.settings.mailFrom)
        set("RANDOM_DELAY", delay(line.settings.randomDelay, place))
        for (name, value) in line.environment.sorted(by: { $0.key < $1.key }) {
            set(name, value, quoted: true)
        }
        noteLosses(of: line.settings, place)
        translation.lines.append("\(schedule) \(command)")
    }

    // MARK: Variables

    private static let settings: Set<String> = [
        "CRON_TZ", "SHELL", "MAILTO", "MAILFROM", "RANDOM_DELAY",
    ]

    private mutating func set(_ name: String, _ value: String?, quoted: Bool = false) {
        guard let value, variables[name] != value else { return }
        variables[name] = value
        translation.lines.append(quoted ? "\(name)=\"\(value)\"" : "\(name)=\(value)")
    }

    /// Variables that earlier entries have set stay set: cron has no way to take one back.
    private func unsetting(_ environment: [String: String]) -> String {
        let left = variables.keys.filter {
            !CrontabExport.settings.contains($0) && environment[$0] == nil
        }
        return left.isEmpty ? "" : "unset \(left.sorted().joined(separator: " ")); "
    }

    private mutating func delay(_ delay: TimeSpan, _ place: String) -> String? {
        if delay == .zero { return variables["RANDOM_DELAY"] == nil ? nil : "0" }
        let minutes = (delay.microseconds + 59_999_999) / 60_000_000
        translation.note(
            place,
            "RANDOM_DELAY=\(delay) is \(minutes) in cron's minutes, and rolled anew each time"
        )
        return String(minutes)
    }

    private mutating func noteLosses(of settings: CrontabSettings, _ place: String) {
        var lost: [String] = []
        if let queue = settings.queue { lost.append("QUEUE=\(queue)") }
        if let timeout = settings.timeout { lost.append("TIMEOUT=\(timeout)") }
        if let retries = settings.retries { lost.append("RETRIES=\(retries)") }
        if let deadline = settings.startDeadline { lost.append("START_DEADLINE=\(deadline)") }
        if settings.catchUp == .all { lost.append("CATCH_UP=all") }
        if settings.overlap == .replace || settings.overlap == .queue {
            lost.append("OVERLAP=\(settings.overlap)")
        }
        guard !lost.isEmpty else { return }
        translation.lose(place, "cron has nothing like \(lost.joined(separator: " "))")
    }

    // MARK: The command

    private mutating func command(
        of entry: ScheduledEntry, _ place: String
    ) throws(CronExpression.Inexpressible) -> String {
        guard case .shell(let text, let input) = entry.line.job else {
            return try jsonCommand(of: entry, place)
        }
        guard let input else { return try escaped(text) }
        let lines = input.hasSuffix("\n") ? String(input.dropLast()) : input
        return try escaped(text) + "%"
            + lines.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            .map { line throws(CronExpression.Inexpressible) in try escaped(line) }
            .joined(separator: "%")
    }

    /// A job in JSON that is little more than a command.
    private mutating func jsonCommand(
        of entry: ScheduledEntry, _ place: String
    ) throws(CronExpression.Inexpressible) -> String {
        let job: Job
        var fields: [String: JSONValue]
        do throws(SpoolError) {
            job = try entry.job(for: nil)
            fields = try JSONText.decode(
                [String: JSONValue].self, from: Array(entry.line.job.text.utf8))
        } catch {
            throw CronExpression.Inexpressible(reason: error.message)
        }
        guard let command = job.command else {
            throw CronExpression.Inexpressible(reason: "cron has no job types")
        }
        let text =
            switch command {
            case .shell(let line): line
            case .arguments(let words): words.map(Job.Command.quoted).joined(separator: " ")
            }
        for known in ["command", "name", "env", "cwd"] { fields[known] = nil }
        if !fields.isEmpty {
            translation.lose(
                place, "cron has nothing like \(fields.keys.sorted().joined(separator: ", "))")
        }
        let own = (job.env ?? [:]).filter { entry.line.environment[$0.key] != $0.value }
        let exports = own.sorted { $0.key < $1.key }.map {
            "export \($0.key)=\(Job.Command.quoted($0.value)); "
        }
        let change = job.cwd.map { "cd \(Job.Command.quoted($0)) && " } ?? ""
        return try escaped(exports.joined() + change + text)
    }

    /// Percent signs are cron's unless a backslash stands before them.
    private func escaped(_ text: String) throws(CronExpression.Inexpressible) -> String {
        guard !text.contains("\\%"), !text.contains(where: \.isNewline) else {
            throw CronExpression.Inexpressible(
                reason: "cron can't have a line break or `\\%` in a command: put it into a script")
        }
        return text.replacing("%", with: "\\%")
    }
}
