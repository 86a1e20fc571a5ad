import Spool
import SpoolSystem
import SpoolTime

/// The options that say how a job is to run, common to what submits jobs from a command line.
enum JobOptions {
    static let table: [Option] = [
        Option("name", "n", "NAME", "what people call the job"),
        Option(
            "key", "k", "KEY",
            "submit it only if no other job has this key; if one has, print its id"),
        Option(
            "key-until", nil, "WHEN",
            "when it loses the key: start, end, kept (default), or 1h after submission"),
        Option("queue", "q", "QUEUE", "the queue (default: default)"),
        Option(
            "priority", "p", "PRIORITY",
            "critical, high, normal, low, maintenance, or 0 (first) to 9"),
        Option("delay", "d", "TIME", "not before this long from now: 90s, 10m, 2h30m, 1d"),
        Option("at", nil, "INSTANT", "not before this time: 2026-11-21T07:30:00Z"),
        Option("expires", nil, "TIME", "don't start it after this time, or this long from now"),
        Option("timeout", "t", "TIME", "stop it after this long: SIGTERM, later SIGKILL"),
        Option("kill-after", nil, "TIME", "from SIGTERM to SIGKILL (default: 10s)"),
        Option(
            "keep-children", nil, nil, "let processes that it leaves running go on after its end"),
        Option(
            "max-attempts", "m", "COUNT",
            "the most attempts (default: 1, so that nothing runs twice unasked)"),
        Option(
            "backoff", nil, "KIND",
            "between attempts: fixed:10s, linear:10s, exponential:1s, or a list 1s,10s,1m"),
        Option(
            "retry-on", nil, "CODES",
            "exit codes after which it is tried again (default: all); 75 always, 100 never"),
        Option("success-on", nil, "CODES", "exit codes that mean success (default: 0)"),
        Option(
            "require", nil, "CAPABILITY",
            "run it only on a worker that offers this; may be repeated"),
        Option("slots", nil, "COUNT", "how many of a worker's slots it takes (default: 1)"),
        Option("tag", nil, "KEY=VALUE", "a tag to find it by; may be repeated"),
        Option("output-limit", nil, "BYTES", "how much output the log takes (default: 1G)"),
        Option("sync", nil, "MODE", "full: survives a power cut; off: faster"),
        Option("hold", nil, nil, "don't queue it before 'spool release'"),
        PastTimes.option,
    ]

    /// Fills in what the options say.
    static func apply(_ invocation: Invocation, to job: inout Job) throws(SpoolError) {
        job.name = invocation.value("name") ?? job.name
        job.key = invocation.value("key") ?? job.key
        job.keyUntil =
            try invocation.value(
                "key-until", "start, end, kept or a length of time such as 1h"
            ) { Job.KeyLifetime($0) } ?? job.keyUntil
        job.queue = invocation.value("queue") ?? job.queue
        job.priority = try invocation.priority() ?? job.priority
        job.delay = try invocation.timeSpan("delay") ?? job.delay
        let now = Instant(nanoseconds: Clock.realtime())
        job.notBefore = try invocation.instant("at", now: now) ?? job.notBefore
        if let text = invocation.value("expires") {
            job.expires =
                if let span = TimeSpan(text) { .after(span) } else {
                    try invocation.instant("expires", now: now).map { .at($0) }
                }
        }
        job.timeout = try invocation.timeSpan("timeout") ?? job.timeout
        job.killAfter = try invocation.timeSpan("kill-after") ?? job.killAfter
        if invocation.has("keep-children") { job.keepChildren = true }
        job.maxAttempts = try invocation.number("max-attempts", 1...1000) ?? job.maxAttempts
        job.backoff =
            try invocation.value(
                "backoff",
                "fixed:10s, linear:10s, exponential:1s or a list of delays of at most 36500d each",
                backoff) ?? job.backoff
        job.retryOn = try codes("retry-on", invocation) ?? job.retryOn
        job.successOn = try codes("success-on", invocation) ?? job.successOn
        if invocation.has("require") { job.requires = invocation.all("require") }
        job.slots = try invocation.number("slots", WorkerRecord.possibleSlots) ?? job.slots
        let tags = try invocation.pairs("tag")
        if !tags.isEmpty {
            job.tags = (job.tags ?? [:]).merging(tags.map { ($0.key, $0.value) }) { $1 }
        }
        if let output = try invocation.value(
            "output-limit", "a number of bytes such as 512M", bytes)
        {
            job.limits = job.limits ?? Job.Limits()
            job.limits?.output = output
        }
        job.sync =
            try invocation.value("sync", "full or off") { Job.SyncMode(rawValue: $0) } ?? job.sync
    }

    private static func backoff(_ text: String) -> Job.Backoff? {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        let delay = parts.count > 1 ? TimeSpan(parts[1]) : .seconds(1)
        switch (parts.first, delay) {
        case ("fixed", let delay?): return .fixed(delay: delay, jitter: 0)
        case ("linear", let delay?):
            return .linear(delay: delay, max: .seconds(3600), jitter: 0)
        case ("exponential", let delay?):
            return .exponential(delay: delay, factor: 2, max: .seconds(3600), jitter: 0.1)
        default:
            let delays = text.split(separator: ",", omittingEmptySubsequences: false).map {
                TimeSpan($0)
            }
            return delays.contains(nil) ? nil : .delays(delays.compactMap(\.self))
        }
    }

    /// People write a small unit as well, as for dd(1). A job's file has the large one.
    private static func bytes(_ text: String) -> Job.ByteCount? {
        let isSmall = text.last.map { "kmgt".contains($0) } ?? false
        return Job.ByteCount(isSmall ? text.uppercased() : text)
    }

    private static func codes(
        _ option: String, _ invocation: Invocation
    ) throws(SpoolError) -> [Int32]? {
        try invocation.value(option, "a list of exit codes from 0 to 255, such as 1,75,") { text in
            let codes = text.split(separator: ",", omittingEmptySubsequences: false).map {
                Int32($0)
            }
            return codes.allSatisfy { $0.map { (0...255).contains($0) } ?? false }
                ? codes.compactMap(\.self) : nil
        }
    }
}

extension Invocation {
    /// `--priority`.
    func priority() throws(SpoolError) -> Job.Priority? {
        try value("priority", "critical, high, normal, low, maintenance or 0 to 9") {
            Job.Priority($0)
        }
    }
}
