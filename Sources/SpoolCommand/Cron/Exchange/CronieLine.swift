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
        /// The user, if there is that column, and the command.
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
        let name = unquoted(text[..<sign].trimmingBlanks)
        guard !name.isEmpty, !name.contains(where: isBlank),
            name.first.map({ $0.isLetter || $0 == "_" }) ?? false,
            name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" })
        else { return nil }
        return Variable(
            name: String(name),
            value: String(unquoted(text[text.index(after: sign)...].trimmingBlanks)))
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
