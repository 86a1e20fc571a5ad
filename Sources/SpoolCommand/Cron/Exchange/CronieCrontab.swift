import Spool
import SpoolSchedule

/// A crontab as cronie and Debian's cron read it.
///
/// It is translated line by line, comments and order kept, and the result is read again with the rules of
/// spool-crontab(5): a line that doesn't pass is made a comment.
struct CronieCrontab {
    let name: String
    let text: String
    let hasUserColumn: Bool
    /// Whose entries are taken of a file with the user column, and who gets cron's mail.
    let user: String

    let rules: CrontabRules

    func translation() -> CronTranslation {
        var translation = CronTranslation()
        translation.lines += [
            "# From \(name). cron drops what is due while it doesn't run, and lets runs overlap;",
            "# without the next two lines it is CATCH_UP=last and OVERLAP=skip.",
            "CATCH_UP=none",
            "OVERLAP=allow",
        ]
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        if !lines.contains(where: { CronieLine($0).variable?.name == "MAILTO" }) {
            translation.lines.append("MAILTO=\(user)")
        }
        // Settings here that are plain variables to cron.
        var exports: [String: String] = [:]
        for (index, line) in lines.enumerated() {
            if index == lines.count - 1, line.isEmpty { break }
            let place = "\(name):\(index + 1)"
            let parsed = CronieLine(line)
            if let variable = parsed.variable {
                assign(variable, String(line), place, &exports, &translation)
            } else if let entry = parsed.entry {
                add(entry, String(line), place, exports, &translation)
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
            guard owner == user else {
                return translation.lose(
                    place, "it runs as \(owner); a spool's jobs all run as its owner", line)
            }
            command = words[1].drop { $0 == " " || $0 == "\t" }
        }
        if entry.isQuiet {
            translation.note(place, "the `-` that keeps cron from logging is left out")
        }
        if entry.schedule.contains("~") {
            translation.note(
                place, "`~` picks its time once, and not anew each time the file is read")
        }
        let prefix = exports.sorted { $0.key < $1.key }.map { name, value in
            "export \(name)=\(Command.quoted(value)); ".replacing("%", with: "\\%")
        }
        append(
            "\(entry.schedule) \(prefix.joined())\(command)", line, place, &translation)
    }

    /// Takes a line over if it means something here.
    private func append(
        _ new: String, _ line: String, _ place: String, _ translation: inout CronTranslation
    ) {
        let crontab = Crontab.parse(new, options: rules.options(now: nil))
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

/// A line, as cron tells the kinds apart.
struct CronieLine {
    struct Variable {
        let name: String
        let value: String
    }

    struct Entry {
        /// A `-` in front keeps cronie from logging.
        let isQuiet: Bool
        let schedule: String
        /// The user, where there is that column, and the command.
        let rest: Substring
    }

    private(set) var variable: Variable?
    /// nil for variables, comments and empty lines.
    private(set) var entry: Entry?

    init(_ line: Substring) {
        let text = line.drop(while: CronieLine.isBlank)
        guard let first = text.first, first != "#" else { return }
        variable = CronieLine.variable(text)
        if variable == nil { entry = CronieLine.entry(text) }
    }

    private static func isBlank(_ character: Character) -> Bool {
        character == " " || character == "\t"
    }

    /// The name too may stand in quotes.
    private static func variable(_ text: Substring) -> Variable? {
        guard let sign = text.firstIndex(of: "=") else { return nil }
        let name = unquoted(trimmed(text[..<sign]))
        guard !name.isEmpty, !name.contains(where: isBlank),
            name.first.map({ $0.isLetter || $0 == "_" }) ?? false,
            name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
        else { return nil }
        return Variable(
            name: String(name), value: String(unquoted(trimmed(text[text.index(after: sign)...]))))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }

    private static func unquoted(_ text: Substring) -> Substring {
        guard text.count > 1, let quote = text.first, quote == "\"" || quote == "'",
            text.last == quote
        else { return text }
        return text.dropFirst().dropLast()
    }

    private static func entry(_ text: Substring) -> Entry {
        let isQuiet = text.first == "-"
        var rest = isQuiet ? text.dropFirst() : text
        var fields: [Substring] = []
        let count = rest.first == "@" ? 1 : 5
        while fields.count < count, !rest.isEmpty {
            let field = rest.prefix { !isBlank($0) }
            fields.append(field)
            rest = rest.dropFirst(field.count).drop(while: isBlank)
        }
        return Entry(
            isQuiet: isQuiet, schedule: fields.joined(separator: " "), rest: rest)
    }
}
