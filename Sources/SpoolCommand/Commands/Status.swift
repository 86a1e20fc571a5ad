import Spool
import SpoolSchedule
import SpoolSystem

let statusCommand = CommandTable(
    "status", "show the whole spool in short, or all about jobs and why they wait",
    operands: "[JOB ...]",
    options: Invocation.namesakes + [Option("json", nil, nil, "a JSON object a line")]
) { invocation throws(CommandFailure) in
    let spoolDirectory = try invocation.openSpool(create: false)
    let console = invocation.console
    if invocation.operands.isEmpty {
        try invocation.refuseNamesakes()
        return try statusOfSpool(invocation, spoolDirectory)
    }
    var isFirst = true
    for location in try invocation.jobsToShow(in: spoolDirectory) {
        try spool { () throws(SpoolError) in
            guard let entry = spoolDirectory.entry(at: location) else {
                throw SpoolError(.notFound, "\(location.id) has just moved on; ask again")
            }
            if invocation.has("json") {
                return try console.print(try JobTable.json(entry))
            }
            if !isFirst { try console.print("") }
            isFirst = false
            for line in try StatusPage(entry, spoolDirectory).lines { try console.print(line) }
        }
    }
    return ExitStatus.success
}

/// The overview, and after it the job that was submitted last.
private func statusOfSpool(
    _ invocation: Invocation, _ spoolDirectory: SpoolDirectory
) throws(CommandFailure) -> Int32 {
    let console = invocation.console
    let survey = try spool { () throws(SpoolError) in try OverviewSurvey(spoolDirectory) }
    let last = try invocation.newestJob(in: spoolDirectory, among: survey.census.newest)
    try spool { () throws(SpoolError) in
        var overview = try survey.overview()
        let entry = last.flatMap { spoolDirectory.entry(at: $0) }
        if invocation.has("json") {
            overview.last = entry.map { ListedJob($0) }
            return try console.print(try JSONText.line(overview))
        }
        for line in overview.lines(now: spoolDirectory.now()) { try console.print(line) }
        guard let entry else { return }
        try console.print("")
        for line in try StatusPage(entry, spoolDirectory).lines { try console.print(line) }
    }
    return ExitStatus.success
}

/// `spool` alone: the overview, and after it the list.
func showSpool(_ invocation: Invocation) throws(CommandFailure) -> Int32 {
    let spoolDirectory = try invocation.openSpool()
    try spool { () throws(SpoolError) in
        let overview = try OverviewSurvey(spoolDirectory).overview()
        for line in overview.lines(now: spoolDirectory.now()) {
            try invocation.console.print(line)
        }
        try invocation.console.print("")
    }
    return try listCommand.run(invocation)
}

/// All about one job, a line a fact.
private struct StatusPage {
    private let entry: JobEntry
    private let spoolDirectory: SpoolDirectory

    init(_ entry: JobEntry, _ spoolDirectory: SpoolDirectory) {
        self.entry = entry
        self.spoolDirectory = spoolDirectory
    }

    var lines: [String] {
        get throws(SpoolError) {
            var facts: [(String, String?)] = [
                ("job", entry.id?.description ?? entry.path),
                ("name", entry.job?.name),
                ("state", entry.state.rawValue),
                ("why", entry.message),
                ("waits for", try WaitReason(entry, spoolDirectory).text),
            ]
            if let job = entry.job { facts += request(job) }
            facts.append(("file", spoolDirectory.path + "/" + entry.path))
            if let id = entry.id, entry.job?.attempts?.isEmpty == false {
                facts.append(("log", spoolDirectory.path + "/" + SpoolDirectory.logPath(of: id)))
            }
            var lines = facts.compactMap { name, value in value.map { Fact.line(name, $0) } }
            for attempt in entry.job?.attempts ?? [] { lines += describe(attempt) }
            return lines
        }
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
            (
                "submitted",
                job.submittedAt.map { "\($0) (\(Ago.text(spoolDirectory.now() - $0)) ago)" }
            ),
            ("by", job.submittedBy.map { "\($0.user) on \($0.host)" }),
            ("due", entry.location?.name.due?.description),
            ("timeout", job.timeout?.description),
            (
                "attempts",
                job.effectiveMaxAttempts > 1
                    ? "\(job.triesInRound) of \(job.effectiveMaxAttempts)" : nil
            ),
            ("progress", progress),
            ("finished", job.finishedAt?.description),
            (
                "result",
                job.result.flatMap { try? JSONText.encode($0, pretty: false) }.map {
                    shortened(String(decoding: $0.dropLast(), as: UTF8.self), job.result)
                }
            ),
            ("stderr", standardError(of: job)),
        ]
    }

    /// The whole of it is in the job's file. Text is output, most likely, of which the end matters most.
    private func shortened(_ text: String, _ result: JSONValue?) -> String {
        if text.count <= 200 { return text }
        if case .string = result { return "…" + text.suffix(200) }
        return text.prefix(200) + "…"
    }

    /// Of a try that has failed, what it has said there: the beginning and the end.
    private func standardError(of job: Job) -> String? {
        guard let id = entry.id, let attempt = job.attempts?.last, let outcome = attempt.outcome,
            outcome != .completed
        else { return nil }
        let excerpt = try? LogExcerpt(
            of: attempt, id, in: spoolDirectory, all: Ends(head: 0, tail: 0),
            error: Ends(head: 512, tail: 1536))
        guard let error = excerpt?.error, !error.isEmpty else { return nil }
        let text = error.text
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// The last line that the command has written to `$SPOOL_PROGRESS`.
    private var progress: String? {
        guard entry.state == .running, let location = entry.location else { return nil }
        let name = spoolDirectory.companion(.progress, of: location)
        guard let bytes = try? spoolDirectory.contents(of: name, limit: 1 << 20, isSteering: false)
        else { return nil }
        return bytes.split(separator: 10).last.map { String(decoding: $0, as: UTF8.self) }
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
                        + " \(ByteCount(usage.peakMemory << 10)) memory"))
        }
        if let dropped = attempt.log?.dropped {
            lines.append(
                Fact.line("  log", "cut (\(attempt.log?.cut ?? "?")): \(dropped) bytes dropped"))
        }
        return lines
    }
}

/// Why a job that waits does so.
struct WaitReason {
    /// nil when it doesn't wait.
    let text: String?

    init(_ entry: JobEntry, _ spoolDirectory: SpoolDirectory) throws(SpoolError) {
        switch entry.state {
        case .queued: text = try WaitReason.queued(entry, spoolDirectory)
        case .scheduled where entry.location?.name.due == nil:
            text = "a time: its file's name has none ('spool move --at TIME', or --now)"
        case .scheduled:
            text = entry.location?.name.due.map { due in
                due > spoolDirectory.now()
                    ? "its time, \(due), in \(Ago.text(due - spoolDirectory.now()))"
                    : "a worker that brings it in: it is due since \(due)"
            }
        case .retrying:
            text = entry.location?.name.due.map { due in
                "its next try at \(due), in \(Ago.text(due - spoolDirectory.now()))"
            }
        case .held: text = "'spool release'"
        case .blocked: text = "other jobs"
        default: text = nil
        }
    }

    private static func queued(
        _ entry: JobEntry, _ spoolDirectory: SpoolDirectory
    ) throws(SpoolError) -> String {
        guard let job = entry.job, let location = entry.location else {
            return "a worker that looks at it"
        }
        let queue = location.queue ?? job.effectiveQueue
        let pauses = try spoolDirectory.pauses()
        if pauses.isEverything { return "'spool resume': all queues are paused" }
        if pauses.queues.contains(queue) { return "'spool resume \(queue)': the queue is paused" }
        let workers = try spoolDirectory.workers()
        if workers.isEmpty { return "a worker: none is running ('spool worker')" }
        let serving = workers.filter { $0.serves(queue) }
        if serving.isEmpty {
            return "a worker for the queue \(queue): none of the \(workers.count) serves it"
        }
        let able = serving.filter { worker in
            let offers = Set(worker.offers + ["host=\(worker.host)"])
            return (job.requires ?? []).allSatisfy { offers.contains($0) }
        }
        if able.isEmpty {
            let wanted = (job.requires ?? []).joined(separator: ", ")
            return "a worker that offers \(wanted): none does"
        }
        let ahead = try spoolDirectory.count(in: .incoming) { other in
            (other.priority?.rank ?? 9, other.id)
                < (location.name.priority?.rank ?? 9, location.id)
        }
        let slots = able.reduce(0) { $0 + $1.slots }
        return
            "a free slot of \(slots), \(ahead == 0 ? "as the next one" : "after \(ahead) others")"
    }
}
