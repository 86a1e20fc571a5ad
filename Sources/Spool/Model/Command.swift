extension Job {
    /// The command of a job.
    public enum Command: Hashable, Sendable {
        /// A line for `/bin/sh -c`.
        case shell(String)
        /// A program and its arguments, run without a shell. Never empty.
        case arguments([String])

        /// One line for people: the text that a shell would be given.
        public var summary: String {
            switch self {
            case .shell(let line): line
            case .arguments(let words): words.map(Job.Command.quoted).joined(separator: " ")
            }
        }

        /// A word as a shell must see it: in single quotes if it holds more than plain characters.
        package static func quoted(_ word: String) -> String {
            let isPlain =
                !word.isEmpty
                && word.utf8.allSatisfy { byte in
                    (48...57).contains(byte) || (65...90).contains(byte)
                        || (97...122).contains(byte)
                        || "@%+=:,./-_".utf8.contains(byte)
                }
            return isPlain
                ? word
                : "'"
                    + word.split(separator: "'", omittingEmptySubsequences: false)
                    .joined(separator: "'\\''") + "'"
        }
    }
}

extension Job.Command: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let words = try? container.decode([String].self) {
            self = .arguments(words)
        } else if let line = try? container.decode(String.self) {
            self = .shell(line)
        } else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "write a string for the shell, or an array of strings")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .shell(let line): try container.encode(line)
        case .arguments(let words): try container.encode(words)
        }
    }
}

extension Job {
    /// The bytes that a command reads on its standard input.
    public enum StandardInput: Hashable, Sendable {
        case text(String)
        /// Bytes that aren't text, in base 64 (RFC 4648).
        case base64(String)
        /// A file that is opened when the job starts.
        case file(String)
    }
}

extension Job.StandardInput: Codable {
    private enum Key: String, CodingKey, CaseIterable {
        case base64, file
    }

    public init(from decoder: any Decoder) throws {
        // A value that is no text is looked at as an object.
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            self = .text(text)
            return
        }
        let container = try FieldNames.checkedContainer(of: decoder, keyedBy: Key.self)
        let data = try container.decodeIfPresent(String.self, forKey: .base64)
        let path = try container.decodeIfPresent(String.self, forKey: .file)
        switch (data, path) {
        case (let data?, nil): self = .base64(data)
        case (nil, let path?): self = .file(path)
        default:
            throw DecodingError.dataCorrupted(
                DecodingError.Context(
                    codingPath: decoder.codingPath,
                    debugDescription:
                        "write a string, {\"file\": PATH}, or {\"base64\": DATA} for bytes"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .text(let text):
            var container = encoder.singleValueContainer()
            try container.encode(text)
        case .base64(let data):
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(data, forKey: .base64)
        case .file(let path):
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(path, forKey: .file)
        }
    }
}
