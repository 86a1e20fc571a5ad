import SpoolSchedule

/// Marks the part of a line that is wrong, as compilers do.
enum Caret {
    /// The line, and below it `^` under the part concerned, both indented by two.
    ///
    /// - Parameters:
    ///   - line: what the offsets count in.
    ///   - offset: in characters, 0 for the first.
    ///   - length: in characters; one `^` at least is shown.
    static func lines(_ line: String, offset: Int, length: Int) -> [String] {
        let shown = Printable.text(line)
        // Tabs stay tabs, so that what stands below a character stands below it everywhere.
        let before = shown.prefix(offset).map { $0 == "\t" ? "\t" : " " }
        let padding = String(repeating: " ", count: max(0, offset - shown.count))
        let mark = String(repeating: "^", count: max(1, min(length, shown.count - offset)))
        return ["  " + shown, "  " + before.joined() + padding + mark]
    }

    /// A message with the expression below it.
    static func message(_ message: String, _ text: String, _ error: ExpressionError) -> String {
        ([Printable.text(message)] + lines(text, offset: error.offset, length: error.length))
            .joined(separator: "\n")
    }
}

/// Text of others, safe for a terminal.
enum Printable {
    /// Control characters, of which escape sequences are made, become `?`; tabs stay.
    static func text(_ text: String) -> String {
        String(
            text.map { character in
                let isControl = character.unicodeScalars.contains {
                    $0.properties.generalCategory == .control && $0 != "\t"
                        || $0.properties.generalCategory == .format
                }
                return isControl ? "?" : character
            })
    }
}
