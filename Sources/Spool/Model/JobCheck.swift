import SpoolSystem
import SpoolTime

/// The rules that single fields must keep. Each names its field and the remedy.
enum JobCheck {
    static func command(_ command: Job.Command, _: Job) throws(SpoolError) {
        switch command {
        case .shell(let line): try requireText(line, "command", limit: 1 << 20)
        case .arguments(let words):
            guard let program = words.first, !program.isEmpty else {
                throw invalid("command", "names no program; write [\"program\", \"argument\", …]")
            }
            for word in words where word.contains(byte: 0) {
                throw invalid("command", "holds a NUL character, which no argument can")
            }
        }
    }

    static func type(_ type: String, _: Job) throws(SpoolError) {
        guard NameRule.isName(type) else { throw invalid("type", NameRule.advice) }
    }

    static func name(_ name: String, _: Job) throws(SpoolError) {
        try requireText(name, "name", limit: 200)
        if name.utf8.contains(where: { $0 < 32 || $0 == 127 }) {
            throw invalid("name", "holds a control character; write plain text")
        }
    }

    static func queue(_ queue: String, _: Job? = nil) throws(SpoolError) {
        guard NameRule.isName(queue) else { throw invalid("queue", NameRule.advice) }
    }

    static func directory(_ path: String, _: Job) throws(SpoolError) {
        try requirePath(path, "cwd")
    }

    /// Without a directory it would run wherever its runner is.
    static func variables(_ variables: [String: String], _ job: Job) throws(SpoolError) {
        try VariableRule.check(variables, namesDirectory: job.cwd != nil)
    }

    static func input(_ input: Job.StandardInput, _: Job) throws(SpoolError) {
        switch input {
        case .text: break
        case .file(let path): try requirePath(path, "stdin.file")
        case .base64(let data):
            guard Base64.decode(data) != nil else {
                throw invalid("stdin", "holds what isn't base 64 (RFC 4648)")
            }
        }
    }

    static func notBefore(_ time: Instant, _: Job? = nil) throws(SpoolError) {
        try requireTime(time, "not_before")
    }

    static func delay(_ delay: TimeSpan, _: Job) throws(SpoolError) {
        try requireSpan(delay, "delay")
    }

    static func expiry(_ expiry: Job.Expiry, _: Job) throws(SpoolError) {
        switch expiry {
        case .at(let time): try requireTime(time, "expires")
        case .after(let span): try requireSpan(span, "expires")
        }
    }

    static func timeout(_ timeout: TimeSpan, _: Job) throws(SpoolError) {
        guard timeout > .zero else {
            throw invalid("timeout", "must be longer than nothing; leave it out for none")
        }
        try requireSpan(timeout, "timeout")
    }

    static func killAfter(_ span: TimeSpan, _: Job) throws(SpoolError) {
        try requireSpan(span, "kill_after")
    }

    static func tries(_ count: Int, _: Job) throws(SpoolError) {
        try requireRange(count, 1...1000, "max_attempts")
    }

    static func backoff(_ backoff: Job.Backoff, _: Job) throws(SpoolError) {
        switch backoff {
        case .fixed(let delay, let jitter):
            try requireSpan(delay, "backoff")
            try requireJitter(jitter)
        case .linear(let delay, let limit, let jitter):
            try requireSpan(delay, "backoff")
            try requireSpan(limit, "backoff")
            try requireJitter(jitter)
        case .exponential(let delay, let factor, let limit, let jitter):
            try requireSpan(delay, "backoff")
            try requireSpan(limit, "backoff")
            try requireJitter(jitter)
            guard Job.Backoff.factors.contains(factor) else {
                throw invalid("backoff.factor", "is \(factor); a number from 1 to 100 is wanted")
            }
        case .delays(let delays):
            if delays.isEmpty { throw invalid("backoff", "holds no delay; name one at least") }
            for delay in delays { try requireSpan(delay, "backoff") }
        }
    }

    private static func requireJitter(_ share: Double) throws(SpoolError) {
        guard Job.Backoff.jitters.contains(share) else {
            throw invalid("backoff.jitter", "is \(share); a share from 0 to 1 is wanted")
        }
    }

    static func exitCodes(_ codes: [Int32], _: Job) throws(SpoolError) {
        for code in codes where !(0...255).contains(code) {
            throw invalid(
                "retry_on", "and \"success_on\" hold exit codes from 0 to 255, not \(code)")
        }
    }

    static func capabilities(_ capabilities: [String], _: Job) throws(SpoolError) {
        for capability in capabilities where !NameRule.isCapability(capability) {
            throw invalid("requires", "\"\(capability)\": \(NameRule.advice)")
        }
    }

    /// How many slots a worker may have, and a job take.
    static let possibleSlots = 1...1024

    static func slots(_ count: Int, _: Job) throws(SpoolError) {
        try requireRange(count, possibleSlots, "slots")
    }

    static func limits(_ limits: Job.Limits, _: Job) throws(SpoolError) {
        try requireRange(limits.nice.map(Int.init), -20...19, "limits.nice")
        try requireRange(limits.openFiles.map(Int.init), 4...1 << 30, "limits.open_files")
        try requireRange(limits.processes.map(Int.init), 1...1 << 30, "limits.processes")
        try requireRange(limits.memory.map { Int($0.bytes) }, 1...Int.max, "limits.memory")
        try requireRange(limits.output.map { Int($0.bytes) }, 0...Int.max, "limits.output")
        if let time = limits.cpuTime { try requireSpan(time, "limits.cpu_time") }
    }

    static func mail(_ mail: Job.Mail, _: Job) throws(SpoolError) {
        for (field, text) in [("mail.to", mail.to), ("mail.from", mail.from ?? "nobody")] {
            try requireText(text, field, limit: 1000)
            if text.utf8.contains(where: { $0 < 32 }) {
                throw invalid(field, "holds a control character; write an address")
            }
        }
    }
}

/// The queue's record may have been edited by hand. The fields that the queue reckons with must be as it writes them.
extension JobCheck {
    static func recurrence(_ recurrence: Job.Recurrence, _: Job) throws(SpoolError) {
        try requireText(recurrence.entry, "cron.entry", limit: 1 << 16)
    }

    static func attempts(_ attempts: [Attempt], _: Job) throws(SpoolError) {
        var last = 0
        for attempt in attempts {
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
    }

    static func earlierAttempts(_ count: Int, _ job: Job) throws(SpoolError) {
        try requireRange(count, 0...(job.attempts?.count ?? 0), "earlier_attempts")
    }
}

extension JobCheck {
    private static func requireText(
        _ text: String, _ field: String, limit: Int
    ) throws(SpoolError) {
        if text.allSatisfy(\.isWhitespace) { throw invalid(field, "is empty") }
        if text.contains(byte: 0) {
            throw invalid(field, "holds a NUL character, which no text can")
        }
        if text.utf8.count > limit {
            throw invalid(field, "is \(text.utf8.count) bytes long; \(limit) are the limit")
        }
    }

    private static func requirePath(_ path: String, _ field: String) throws(SpoolError) {
        if path.utf8.first != UInt8(ascii: "/") {
            throw invalid(field, "\"\(path)\" is not an absolute path; the worker has another cwd")
        }
        if path.contains(byte: 0) {
            throw invalid(field, "holds a NUL character, which no path can")
        }
    }

    private static func requireRange(
        _ value: Int?, _ range: ClosedRange<Int>, _ field: String
    ) throws(SpoolError) {
        guard let value, !range.contains(value) else { return }
        throw invalid(
            field, "is \(value); a number from \(range.lowerBound) to \(range.upperBound) is wanted"
        )
    }

    /// A file holds no others: its reader refuses them, too.
    private static func requireSpan(_ span: TimeSpan, _ field: String) throws(SpoolError) {
        guard !(.zero...TimeSpan.longest).contains(span) else { return }
        throw invalid(field, "is \(span); a length of time from 0s to 36500d is wanted")
    }

    /// As `requireSpan`.
    private static func requireTime(_ time: Instant, _ field: String) throws(SpoolError) {
        guard !(Instant.earliest...Instant.latest).contains(time) else { return }
        throw invalid(field, "is \(time); a time of the years 0 to 9999 is wanted")
    }

    static func invalid(_ field: String, _ text: String) -> SpoolError {
        SpoolError(.invalidJob, "\"\(field)\" \(text)")
    }
}
