import Spool
import SpoolSchedule

/// A crontab as cronie and Debian's cron read it.
///
/// It is translated line by line, and keeps its comments and its order. The result is read again with the
/// rules of spool-crontab(5). A line that doesn't pass becomes a comment.
struct CronieCrontab {
    let name: String
    let text: String
    let hasUserColumn: Bool
    /// Whose entries are taken of a file with the user column, and who gets cron's mail; nil if he has no name.
    let user: String?

    let rules: CrontabRules
    let surroundings: CrontabSurroundings

    /// - Returns: nil if the file has the user column, and nobody says whose entries are meant.
    func translation() -> CronTranslation? {
        var translation = CronTranslation()
        translation.lines += [
            "# From \(name). cron drops what is due while it doesn't run, and lets runs overlap;",
            "# without the next two lines it is CATCH_UP=last and OVERLAP=skip.",
            "CATCH_UP=none",
            "OVERLAP=allow",
        ]
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        var reader = self
        if !hasUserColumn, isSystemCrontab(lines) {
            reader = CronieCrontab(
                name: name, text: text, hasUserColumn: true, user: user, rules: rules,
                surroundings: surroundings)
            translation.note(name, "a user stands before each job: it is read as with -u")
        }
        if reader.hasUserColumn, user == nil { return nil }
        if !lines.contains(where: { CronieLine($0).variable?.name == "MAILTO" }) {
            if let user {
                translation.lines.append("MAILTO=\(user)")
            } else {
                translation.note(
                    name,
                    "cron mails output to you, who have no name here: MAILTO=NAME asks for mail")
            }
        }
        // Settings here that are plain variables to cron.
        var exports: [String: String] = [:]
        var isAnacron = false
        for (index, line) in lines.enumerated() {
            if index == lines.count - 1, line.isEmpty { break }
            let place = "\(name):\(index + 1)"
            let parsed = CronieLine(line)
            if let variable = parsed.variable {
                reader.assign(variable, String(line), place, &exports, &translation)
            } else if let entry = parsed.entry {
                let foreign = ForeignLine(line.trimmingBlanks)
                if (foreign?.isAnacron ?? false) != isAnacron {
                    isAnacron.toggle()
                    translation.lines +=
                        isAnacron
                        ? ["CATCH_UP=last", "OVERLAP=skip"] : ["CATCH_UP=none", "OVERLAP=allow"]
                }
                if let foreign {
                    reader.add(foreign, String(line), place, exports, &translation)
                    continue
                }
                reader.add(entry, String(line), place, exports, &translation)
            } else {
                translation.lines.append(String(line))
            }
        }
        return translation
    }

    // MARK: Variables

    private func assign(
        _ variable: CronieLine.Variable, _ line: String, _ place: String,
        _ exports: inout [String: String], _ translation: inout CronTranslation
    ) {
        let (name, value) = (variable.name, variable.value)
        switch name {
        case "RANDOM_DELAY" where Int(value).map { $0 > 0 } ?? false:
            translation.lines.append("RANDOM_DELAY=\(value)m")
            translation.note(place, "RANDOM_DELAY is in minutes, and needs its unit here")
        case "CRON_TZ", "SHELL", "MAILTO", "MAILFROM":
            append("\(name)=\(quoted(value))", line, place, &translation)
        case "START_HOURS_RANGE":
            translation.lose(
                place, "anacron's hours can't be said: write them in the schedules", line)
        case "OnCalendar", "OnBootSec", "OnUnitActiveSec":
            let meant = ForeignSchedule("OnCalendar=\(value)")?.advice("COMMAND")
            translation.lose(place, meant ?? "\(name) is a key of systemd's", line)
        case "CATCH_UP", "OVERLAP", "START_DEADLINE", "DAY_MATCH", "SECONDS", "QUEUE", "TIMEOUT",
            "RETRIES":
            exports[name] = value
            translation.lines.append("# \(line)")
            translation.note(
                place, "\(name) is a setting here: the commands below export it instead")
        default:
            append("\(name)=\(quoted(value))", line, place, &translation)
        }
    }

    private func quoted(_ value: String) -> String {
        let isPlain =
            value.first != "\"" && value.first != "'" && value.first != " "
            && value.last != " " && value.first != "\t" && value.last != "\t"
        return isPlain ? value : value.contains("\"") ? "'\(value)'" : "\"\(value)\""
    }

    // MARK: Entries

    private func add(
        _ entry: CronieLine.Entry, _ line: String, _ place: String, _ exports: [String: String],
        _ translation: inout CronTranslation
    ) {
        var command = entry.rest
        if hasUserColumn {
            let words = command.split(maxSplits: 1) { $0 == " " || $0 == "\t" }
            guard let owner = words.first, words.count == 2 else {
                return translation.lose(place, "there is no user or no command", line)
            }
            guard owner == user ?? "" else {
                return translation.lose(
                    place, "it runs as \(owner); a spool's jobs all run as its owner", line)
            }
            command = words[1].drop { $0 == " " || $0 == "\t" }
        } else if let owner = surroundings.userColumn(of: command, path: nil) {
            return translation.lose(
                place, "`\(owner)` is a user, as in /etc/crontab; -u reads such files", line)
        }
        guard let flags = CronFlags(&command, place, line, &translation) else { return }
        if entry.isQuiet {
            translation.note(place, "the `-` that keeps cron from logging is left out")
        }
        if entry.schedule.contains("~") {
            translation.note(
                place, "`~` picks its time once, and not anew each time the file is read")
        }
        if flags.isSingle { translation.lines.append("OVERLAP=skip") }
        append(
            "\(entry.schedule) \(prefix(exports))\(command)", line, place, &translation)
        if flags.isSingle { translation.lines.append("OVERLAP=allow") }
    }

    private func prefix(_ exports: [String: String]) -> String {
        exports.sorted { $0.key < $1.key }.map { name, value in
            "export \(name)=\(Job.Command.quoted(value)); ".replacing("%", with: "\\%")
        }.joined()
    }

    /// Whether a user stands before the jobs: before most one that is known here. Those of another machine
    /// may not be.
    private func isSystemCrontab(_ lines: [Substring]) -> Bool {
        let commands = lines.map { CronieLine($0) }.compactMap(\.entry).map(\.rest)
        let known = commands.count { surroundings.userColumn(of: $0, path: nil) != nil }
        return known > 0 && 2 * known > commands.count
    }

    // MARK: Other programs' lines

    private func add(
        _ foreign: ForeignLine, _ line: String, _ place: String, _ exports: [String: String],
        _ translation: inout CronTranslation
    ) {
        switch foreign {
        case .anacron(let entry): add(entry, line, place, exports, &translation)
        case .fcron(let entry):
            guard let schedule = entry.schedule, !entry.command.isEmpty else {
                return translation.lose(place, "fcron's: \(entry.reason)", line)
            }
            if !entry.options.isEmpty {
                translation.lose(place, "fcron's options `\(entry.options)` can't be said", line)
            }
            append(
                "\(schedule) \(prefix(exports))\(entry.command)", line, place, &translation)
        case .schedule(let schedule):
            guard let expression = schedule.expression, !schedule.rest.isEmpty else {
                let reason = schedule.rest.isEmpty ? "there is no command" : schedule.advice()
                return translation.lose(place, reason, line)
            }
            guard schedule.zone == nil, !schedule.hasSeconds, !schedule.needsBoth else {
                return translation.lose(place, schedule.advice(String(schedule.rest)), line)
            }
            translation.note(place, "\(schedule.dialect) is said in other words")
            append(
                "\(expression) \(prefix(exports))\(schedule.rest)", line, place, &translation)
        case .unit: translation.lose(place, foreign.message, line)
        }
    }

    /// anacron does the same as CATCH_UP=last: a job that was missed runs once, as soon as it can.
    private func add(
        _ entry: AnacronLine, _ line: String, _ place: String, _ exports: [String: String],
        _ translation: inout CronTranslation
    ) {
        guard let schedule = entry.schedule else {
            return translation.lose(place, "its period can't be said", line)
        }
        // Percent signs mean nothing to anacron, nor in JSON.
        var job = Job(
            command: .shell(prefix(exports).replacing("\\%", with: "%") + entry.command))
        job.name = entry.name
        if entry.delay > .zero { job.delay = entry.delay }
        // Bytes that JSON can't hold, for one.
        guard let text = try? JSONText.line(job) else {
            return translation.lose(place, "its command can't be said", line)
        }
        translation.note(place, "anacron's period begins with its last run; here it is \(schedule)")
        append("\(schedule) \(text)", line, place, &translation)
    }

    /// Takes a line over if it means something here.
    private func append(
        _ new: String, _ line: String, _ place: String, _ translation: inout CronTranslation
    ) {
        let crontab = CrontabFile.parse(new, options: rules.options(now: nil))
        let errors = (crontab.diagnostics + crontab.jobDiagnostics).filter {
            $0.severity == .error
        }
        if let error = errors.first {
            translation.lose(place, error.message, line)
        } else {
            translation.lines.append(new)
        }
    }
}
