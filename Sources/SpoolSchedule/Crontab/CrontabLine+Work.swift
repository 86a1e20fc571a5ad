extension CrontabLine {
    /// The job of an entry, as it was written.
    public enum Work: Hashable, Sendable {
        /// A command for the shell, and the text of its standard input; nil for nothing.
        case shell(String, input: String?)
        /// A job as a job file holds it, not decoded yet.
        case json(String)

        /// - Parameter text: the rest of an entry's line.
        init(_ text: String) {
            self = text.hasPrefix("{\"") ? .json(text) : CrontabLine.Work.shell(text)
        }

        /// Takes a command apart at its percent signs, as crontab(5) does.
        ///
        /// `\%` is a percent sign. The first bare one ends the command. The text that follows is its standard input, in
        /// which a bare one begins a new line. The last line of the input gets its end too, as programs that read lines
        /// expect.
        private static func shell(_ text: String) -> CrontabLine.Work {
            guard text.utf8.contains(UInt8(ascii: "%")) else { return .shell(text, input: nil) }
            var parts = [""]
            var isEscaped = false
            for character in text {
                if character == "%" {
                    if !isEscaped {
                        parts.append("")
                        continue
                    }
                    parts[parts.count - 1].removeLast()
                }
                parts[parts.count - 1].append(character)
                isEscaped = character == "\\" && !isEscaped
            }
            let command = parts.removeFirst()
            guard !parts.isEmpty else { return .shell(command, input: nil) }
            var input = parts.joined(separator: "\n")
            if !input.isEmpty, input.last != "\n" { input.append("\n") }
            return .shell(command, input: input)
        }

        /// The text that is run, or the JSON.
        public var text: String {
            switch self {
            case .shell(let command, _): command
            case .json(let text): text
            }
        }
    }
}
