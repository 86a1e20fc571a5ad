extension Job {
    /// Everything that a job file must keep beyond its form.
    ///
    /// - Throws: `SpoolError.invalidJob`, which names the field and the remedy.
    package func validate() throws(SpoolError) {
        switch (command, type) {
        case (nil, nil):
            throw invalid("command", "is missing; write what to run: {\"command\": \"…\"}")
        case (.some, .some):
            throw invalid("command", "and \"type\" exclude each other; keep one of them")
        case (.shell(let line), nil):
            try requireText(line, "command", limit: 1 << 20)
        case (.arguments(let words), nil):
            guard let program = words.first, !program.isEmpty else {
                throw invalid("command", "names no program; write [\"program\", \"argument\", …]")
            }
            for word in words where word.utf8.contains(0) {
                throw invalid("command", "holds a NUL character, which no argument can")
            }
        case (nil, .some(let type)):
            guard NameRule.isName(type) else { throw invalid("type", NameRule.advice) }
        }
        if payload != nil && type == nil && stdin != nil {
            throw invalid("payload", "and \"stdin\" both want the standard input; keep one of them")
        }
        if let name { try requireText(name, "name", limit: 200) }
        if let name, name.utf8.contains(where: { $0 < 32 || $0 == 127 }) {
            throw invalid("name", "holds a control character; write plain text")
        }
        if let queue, !NameRule.isName(queue) { throw invalid("queue", NameRule.advice) }
        if let cwd { try requirePath(cwd, "cwd") }
        if case .file(let path) = stdin { try requirePath(path, "stdin.file") }
        // Without a directory it would run wherever its runner is.
        try VariableRule.check(env, namesDirectory: cwd != nil)
        if let cron { try requireText(cron.entry, "cron.entry", limit: 1 << 16) }
        if case .base64(let data) = stdin, Base64.decode(data) == nil {
            throw invalid("stdin", "holds what isn't base 64 (RFC 4648)")
        }
        try requireRange(maxAttempts, 1...1000, "max_attempts")
        try requireRange(slots, 1...1024, "slots")
        try requireRange(limits?.nice.map(Int.init), -20...19, "limits.nice")
        try requireRange(limits?.openFiles.map(Int.init), 4...1 << 30, "limits.open_files")
        try requireRange(limits?.processes.map(Int.init), 1...1 << 30, "limits.processes")
        try requireRange(limits?.memory.map { Int($0.bytes) }, 1...Int.max, "limits.memory")
        for code in (retryOn ?? []) + (successOn ?? []) where !(0...255).contains(code) {
            throw invalid(
                "retry_on", "and \"success_on\" hold exit codes from 0 to 255, not \(code)")
        }
        if let timeout, timeout <= .zero {
            throw invalid("timeout", "must be longer than nothing; leave it out for none")
        }
        if let mail {
            for (field, text) in [("mail.to", mail.to), ("mail.from", mail.from ?? "nobody")] {
                try requireText(text, field, limit: 1000)
                if text.utf8.contains(where: { $0 < 32 }) {
                    throw invalid(field, "holds a control character; write an address")
                }
            }
        }
        for capability in requires ?? [] {
            guard NameRule.isCapability(capability) else {
                throw invalid("requires", "\"\(capability)\": \(NameRule.advice)")
            }
        }
        try validateRecord()
    }

    /// What the queue has recorded may have been edited by hand: numbers it reckons with must be such as it
    /// writes.
    private func validateRecord() throws(SpoolError) {
        var last = 0
        for attempt in attempts ?? [] {
            guard attempt.number > last, attempt.number <= Attempt.highestNumber else {
                throw invalid(
                    "attempts",
                    "hold the number \(attempt.number) after \(last); they grow from 1 to"
                        + " \(Attempt.highestNumber)")
            }
            last = attempt.number
            for process in [attempt.runner, attempt.command] {
                guard let process, process.pid < 1 else { continue }
                throw invalid("attempts", "hold the pid \(process.pid), which no process has")
            }
            if let log = attempt.log {
                guard log.start >= 0, log.end ?? log.start >= log.start, log.dropped ?? 0 >= 0
                else {
                    throw invalid("attempts", "hold a \"log\" with a part that can't be")
                }
            }
        }
        try requireRange(earlierAttempts, 0...(attempts?.count ?? 0), "earlier_attempts")
    }

    private func requireText(_ text: String, _ field: String, limit: Int) throws(SpoolError) {
        if text.allSatisfy(\.isWhitespace) { throw invalid(field, "is empty") }
        if text.utf8.contains(0) {
            throw invalid(field, "holds a NUL character, which no text can")
        }
        if text.utf8.count > limit {
            throw invalid(field, "is \(text.utf8.count) bytes long; \(limit) are the limit")
        }
    }

    private func requirePath(_ path: String, _ field: String) throws(SpoolError) {
        if path.utf8.first != UInt8(ascii: "/") {
            throw invalid(field, "\"\(path)\" is not an absolute path; the worker has another cwd")
        }
        if path.utf8.contains(0) {
            throw invalid(field, "holds a NUL character, which no path can")
        }
    }

    private func requireRange(
        _ value: Int?, _ range: ClosedRange<Int>, _ field: String
    ) throws(SpoolError) {
        guard let value, !range.contains(value) else { return }
        throw invalid(
            field, "is \(value); a number from \(range.lowerBound) to \(range.upperBound) is wanted"
        )
    }

    private func invalid(_ field: String, _ text: String) -> SpoolError {
        SpoolError(.invalidJob, "\"\(field)\" \(text)")
    }
}

/// Variables of an environment.
package enum VariableRule {
    /// - Parameter namesDirectory: whether a directory is named beside them, so that none is taken from `HOME`.
    /// - Throws: `.invalidJob`, which names the variable.
    package static func check(
        _ variables: [String: String]?, namesDirectory: Bool
    ) throws(SpoolError) {
        if !namesDirectory, let home = variables?["HOME"], !home.hasPrefix("/") {
            throw SpoolError(
                .invalidJob,
                "\"env\" sets HOME to \"\(home)\", which is not an absolute path; where jobs run that"
                    + " name no \"cwd\" isn't known then")
        }
        for (key, value) in variables ?? [:] {
            guard !key.isEmpty, !key.utf8.contains(UInt8(ascii: "=")), !key.utf8.contains(0),
                !value.utf8.contains(0)
            else {
                throw SpoolError(
                    .invalidJob,
                    "\"env\" \"\(key)\" can't be a variable; no '=' or NUL, not empty")
            }
        }
    }
}

/// Names that become part of a path: queues, handlers, capabilities.
package enum NameRule {
    package static let advice =
        "must be 1 to 64 letters, digits, '.', '_' or '-', begin with a letter or digit,"
        + " and not end in \".json\""

    package static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, isAlphanumeric(first), text.utf8.count <= 64,
            !text.hasSuffix(".json")
        else { return false }
        return text.utf8.allSatisfy { isAlphanumeric($0) || "._-".utf8.contains($0) }
    }

    /// A name, or `name=value`.
    package static func isCapability(_ text: String) -> Bool {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.allSatisfy { isName($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}
