/// A whole file of another format, in which nothing is an entry: one message says more than one for each of its lines.
package enum ForeignFile: String {
    case json = "JSON"
    case yaml = "YAML"
    case toml = "TOML"
    case markup = "HTML or XML"
    case script = "a script"
    case unit = "a unit file of systemd's"

    /// A report of the format of a text without entries; nil if it may be a crontab that is only wrong.
    package static func diagnostic(of text: String) -> CrontabDiagnostic? {
        let all = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let lines = all.indices.filter { isSignificant(trimmed(all[$0])) }
        let script = all.first?.hasPrefix("#!") ?? false
        guard let first = script ? 0 : lines.first,
            let format = script ? .script : ForeignFile(lines.map { trimmed(all[$0]) })
        else { return nil }
        return CrontabDiagnostic(
            severity: .error, line: first + 1, column: 1, length: all[first].count,
            message: format.message)
    }

    private var message: String {
        let advice =
            self == .unit
            ? "'spool cron import NAME.timer' translates timers"
            : "an entry is a line such as `0 2 * * * COMMAND`, see spool-crontab(5)"
        return "this file is \(rawValue), and no crontab: \(advice)"
    }

    /// - Parameter lines: those that hold something, without blanks at both ends.
    private init?(_ lines: [Substring]) {
        guard let first = lines.first else { return nil }
        if ForeignFile.beginsJSON(first, lines) {
            self = .json
        } else if first.hasPrefix("<") {
            self = .markup
        } else if lines.count < 2 {
            return nil
        } else if ForeignFile.sections.contains(String(first)) {
            self = .unit
        } else if ForeignFile.isMost(of: lines, ForeignFile.isYAML) {
            self = .yaml
        } else if lines.contains(where: ForeignFile.isTable),
            ForeignFile.isMost(of: lines, { ForeignFile.isTable($0) || $0.contains("=") })
        {
            self = .toml
        } else {
            return nil
        }
    }

    private static let sections: Set<String> = [
        "[Unit]", "[Timer]", "[Service]", "[Install]", "[Socket]", "[Path]", "[Mount]",
    ]

    private static func trimmed(_ line: Substring) -> Substring {
        var line = line.drop { $0 == " " || $0 == "\t" }
        while let last = line.last, last == " " || last == "\t" { line = line.dropLast() }
        return line
    }

    private static func isSignificant(_ line: Substring) -> Bool {
        !line.isEmpty && line.first != "#" && line.first != ";"
    }

    private static func isMost(of lines: [Substring], _ fits: (Substring) -> Bool) -> Bool {
        guard let first = lines.first, fits(first) else { return false }
        return 2 * lines.count(where: fits) > lines.count
    }

    /// An object, or an array whose first line isn't the header of a TOML table.
    private static func beginsJSON(_ first: Substring, _ lines: [Substring]) -> Bool {
        if first.hasPrefix("{") { return true }
        guard first.hasPrefix("["), !isTable(first) else { return false }
        let inside = first.dropFirst().drop { $0 == " " }
        return inside.isEmpty
            ? lines.dropFirst().first.map { "{[\"".contains($0.prefix(1)) } ?? false
            : "{[\"".contains(inside.prefix(1))
    }

    /// `key:`, `key: value`, `- item` and `---`.
    private static func isYAML(_ line: Substring) -> Bool {
        if line == "---" || line == "-" || line.hasPrefix("- ") { return true }
        guard let colon = line.firstIndex(of: ":"), let first = line.first,
            first.isLetter || first == "_" || first == "\"" || first == "'"
        else { return false }
        let rest = line[line.index(after: colon)...]
        return !line[..<colon].contains { $0 == " " || $0 == "/" || $0 == "=" }
            && (rest.isEmpty || rest.hasPrefix(" "))
    }

    /// `[name]` and `[[name]]`.
    private static func isTable(_ line: Substring) -> Bool {
        guard line.hasPrefix("["), line.hasSuffix("]") else { return false }
        let name = line.drop { $0 == "[" }.prefix { $0 != "]" }
        return !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
            && !name.allSatisfy(\.isNumber)
    }
}
