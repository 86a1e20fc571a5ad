import Spool
import SpoolSystem
import SpoolTime

/// `spool status`: jobs with an empty line between them, or JSON lines.
struct StatusView {
    private let isJSON: Bool
    private let console: Console
    private var isFirst = true

    init(isJSON: Bool, _ console: Console) {
        self.isJSON = isJSON
        self.console = console
    }

    mutating func show(_ status: JobStatus) throws(SpoolError) {
        if isJSON { return try console.print(try JobTable.json(status.entry)) }
        if !isFirst { try console.print("") }
        isFirst = false
        for line in StatusPage(status).lines { try console.print(line) }
    }

    mutating func show(_ status: SpoolStatus) throws(SpoolError) {
        if isJSON {
            if let failure = status.failure { throw failure }
            var overview = status.overview
            overview.last = status.last.map { ListedJob($0.entry) }
            return try console.print(try JSONText.line(overview))
        }
        try status.overview.show(now: status.time, console)
        isFirst = false
        if let failure = status.failure { throw failure }
        if let last = status.last { try show(last) }
    }
}

/// All about one job, a line a fact.
private struct StatusPage {
    private let status: JobStatus

    init(_ status: JobStatus) {
        self.status = status
    }

    var lines: [String] {
        let entry = status.entry
        var facts: [(String, String?)] = [
            ("job", entry.id?.description ?? entry.path),
            ("name", entry.job?.name),
            ("state", entry.state.rawValue),
            ("why", reason),
            ("waits for", status.waitsFor),
        ]
        if let job = entry.job { facts += request(job) + RequestFacts(entry).all + end(job) }
        facts += [("file", status.path), ("log", status.logPath)]
        var lines = facts.compactMap { name, value in value.map { Fact.line(name, $0) } }
        for attempt in entry.job?.attempts ?? [] { lines += describe(attempt) }
        return lines
    }

    private var reason: String? {
        guard let message = status.entry.message, let job = status.entry.job,
            status.entry.state == .failed, job.triesInRound < job.effectiveMaxAttempts,
            job.attempts?.last?.exitCode != nil
        else { return status.entry.message }
        return message + "; after that it isn't attempted again"
    }

    private func request(_ job: Job) -> [(String, String?)] {
        [
            ("command", job.command?.summary),
            ("type", job.type),
            ("queue", job.effectiveQueue),
            ("priority", job.priority?.description),
            (
                "tags",
                job.tags?.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
                    .joined(separator: " ")
            ),
            ("cwd", job.cwd),
            ("project", job.project),
            ("parent", job.parent?.description),
            (
                "submitted",
                job.submittedAt.map { "\($0) (\(Ago.text(status.time - $0)) ago)" }
            ),
            ("by", job.submittedBy.map { "\($0.user) on \($0.host)" }),
            ("due", status.entry.due?.description),
            ("timeout", job.timeout?.description),
            (
                "attempts",
                job.effectiveMaxAttempts > 1
                    ? "\(job.triesInRound) of \(job.effectiveMaxAttempts)" : nil
            ),
        ]
    }

    private func end(_ job: Job) -> [(String, String?)] {
        [
            ("progress", status.progress),
            ("ending", status.resistance),
            ("finished", job.finishedAt?.description),
            (
                "result",
                // It was read as JSON, so it can be written.
                job.result.flatMap { try? JSONText.encode($0, pretty: false) }.map {
                    shortened(String(decoding: $0.dropLast(), as: UTF8.self), job.result)
                }
            ),
            ("stderr", status.standardError),
        ]
    }

    /// The whole of it is in the job's file. Text is output, most likely, of which the end matters most.
    private func shortened(_ text: String, _ result: JSONValue?) -> String {
        if text.count <= 200 { return text }
        if case .string = result { return "…" + text.suffix(200) }
        return text.prefix(200) + "…"
    }

    private func describe(_ attempt: Attempt) -> [String] {
        var lines = [""]
        lines.append(
            Fact.line("attempt", "\(attempt.number), \(attempt.outcome?.rawValue ?? "running")"))
        lines.append(
            Fact.line(
                "  started",
                "\(attempt.startedAt) on \(attempt.host)"
                    + (attempt.command.map { ", pid \($0.pid)" } ?? "")))
        if let duration = attempt.duration { lines.append(Fact.line("  took", Ago.text(duration))) }
        if let message = attempt.message { lines.append(Fact.line("  message", message)) }
        if let signal = attempt.signal { lines.append(Fact.line("  signal", signal)) }
        if let code = attempt.exitCode { lines.append(Fact.line("  exit code", String(code))) }
        if let usage = attempt.usage {
            lines.append(
                Fact.line(
                    "  used",
                    "\(Ago.text(usage.user)) user, \(Ago.text(usage.system)) system,"
                        + " \(Job.ByteCount(usage.peakMemory.clampedProduct(1024))) memory"))
        }
        if let dropped = attempt.log?.dropped {
            lines.append(
                Fact.line("  log", "cut (\(attempt.log?.cut ?? "?")): \(dropped) bytes dropped"))
        }
        return lines
    }
}
