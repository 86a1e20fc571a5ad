extension Job {
    /// The advice about a job that is too large for its file or for the kernel. It names the part that takes most room,
    /// and how to do without it.
    package var sizeAdvice: String {
        let variables = (env ?? [:]).map { ($0.key, $0.key.utf8.count + $0.value.utf8.count + 2) }
        let parts: [(size: Int, advice: String)] = [
            (variables.reduce(0) { $0 + $1.1 }, Job.environmentAdvice(variables)),
            (
                command?.size ?? 0,
                "its command takes \(command?.size ?? 0) bytes: put what is long into a file, and name that"
            ),
            (
                stdin?.size ?? 0,
                "its standard input takes \(stdin?.size ?? 0) bytes: put it into a file, and name that"
            ),
            Job.valueAdvice("payload takes", payload),
            Job.valueAdvice("metadata takes", metadata),
            Job.valueAdvice("tags take", tags.map { .object($0.mapValues { .string($0) }) }),
        ]
        let largest = parts.max { $0.size < $1.size }
        guard let largest, largest.size > 1 << 16 else {
            return "put large input into a file of its own"
        }
        return largest.advice
    }

    private static func valueAdvice(
        _ what: String, _ value: JSONValue?
    ) -> (size: Int, advice: String) {
        let size = value.flatMap { try? JSONText.encode($0, pretty: false).count } ?? 0
        return (size, "its \(what) \(size) bytes: put what is long into a file, and name that")
    }

    private static func environmentAdvice(_ variables: [(name: String, size: Int)]) -> String {
        let total = variables.reduce(0) { $0 + $1.size }
        let largest = variables.sorted { ($1.size, $0.name) < ($0.size, $1.name) }.prefix(3)
        let names = largest.map { "\($0.name) (\($0.size))" }.joined(separator: ", ")
        let first = largest.first?.name ?? "NAME"
        return
            "its environment takes \(total) bytes, most of them \(names): leave out what it doesn't need"
            + " ('env -u \(first) spool run ...'; or --clean-env, with --env NAME for what it needs)"
    }
}

extension Job.Command {
    /// In bytes.
    fileprivate var size: Int {
        switch self {
        case .shell(let line): line.utf8.count
        case .arguments(let words): words.reduce(0) { $0 + $1.utf8.count + 1 }
        }
    }
}

extension Job.StandardInput {
    /// In bytes, as it is written.
    fileprivate var size: Int {
        switch self {
        case .text(let text), .base64(let text), .file(let text): text.utf8.count
        }
    }
}
