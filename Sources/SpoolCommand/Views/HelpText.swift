/// `--help`, from the tables.
enum HelpText {
    static let columns = 80

    static func overview(_ commands: [CommandTable]) -> String {
        let width = commands.map(\.name.count).max() ?? 0
        let rows = commands.map { "  \(padded($0.name, width))  \($0.summary)" }
        return """
            usage: spool COMMAND [OPTION ...] [OPERAND ...]

            A job queue that is a directory of files.

            \(rows.joined(separator: "\n"))

            Without a command: the spool in short, and its jobs. 'spool COMMAND -h' shows a command's options,
            'spool help COMMAND' its manual page.
            """
    }

    static func page(_ command: CommandTable) -> String {
        let synopsis = ["usage: spool", command.name, "[OPTION ...]", command.operands]
            .filter { !$0.isEmpty }.joined(separator: " ")
        let left = command.options.map(heading)
        let width = min(30, left.map(\.count).max() ?? 0)
        var rows: [String] = []
        for (option, heading) in zip(command.options, left) {
            let lines = wrapped(option.help, width: columns - width - 4)
            let indent = String(repeating: " ", count: width + 4)
            if heading.count > width {
                rows.append("  " + heading)
                rows += lines.map { indent + $0 }
            } else {
                rows.append("  \(padded(heading, width))  \(lines.first ?? "")")
                rows += lines.dropFirst().map { indent + $0 }
            }
        }
        let summary = command.summary.prefix(1).uppercased() + command.summary.dropFirst()
        return "\(synopsis)\n\n\(summary).\n\n\(rows.joined(separator: "\n"))"
    }

    static func heading(_ option: Option) -> String {
        let short = option.short.map { "-\($0), " } ?? "    "
        return short + "--\(option.long)" + (option.argument.map { " " + $0 } ?? "")
    }

    static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.columns))
    }

    private static func wrapped(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty && line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return lines + [line]
    }
}
