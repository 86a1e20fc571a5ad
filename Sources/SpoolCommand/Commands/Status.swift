import Spool
import SpoolSystem

let statusCommand = CommandTable(
    "status", "show the whole spool in short, or all about jobs and why they wait",
    operands: "[JOB ...]",
    options: Invocation.namesakes + [Option("json", nil, nil, "a JSON object a line")]
) { invocation throws(SpoolError) in
    let spoolDirectory = try invocation.openSpool(create: false)
    let console = invocation.console
    if invocation.operands.isEmpty {
        try invocation.refuseNamesakes()
        return try statusOfSpool(invocation, spoolDirectory)
    }
    let reasons = WaitReasons(spoolDirectory)
    var isFirst = true
    for subject in try invocation.subjectsToShow(in: spoolDirectory) {
        let entry: JobEntry
        switch subject {
        case .dropIn(let file), .rejected(let file): entry = file
        case .job(let location):
            guard let found = try spoolDirectory.entry(following: location) else {
                throw SpoolError(.notFound, "there is no job \(location.id) any more")
            }
            entry = found
        }
        if invocation.has("json") {
            try console.print(try JobTable.json(entry))
            continue
        }
        if !isFirst { try console.print("") }
        isFirst = false
        for line in try StatusPage(entry, spoolDirectory, reasons).lines {
            try console.print(line)
        }
    }
    return ExitStatus.success
}

/// The overview, and after it the job that was submitted last.
private func statusOfSpool(
    _ invocation: Invocation, _ spoolDirectory: SpoolDirectory
) throws(SpoolError) -> Int32 {
    let console = invocation.console
    let survey = try OverviewSurvey(spoolDirectory)
    let last = try invocation.newestJob(in: spoolDirectory, among: survey.census.newest)
    var overview = try survey.overview()
    let entry = try last.flatMap { location throws(SpoolError) in
        try spoolDirectory.entry(following: location)
    }
    if invocation.has("json") {
        overview.last = entry.map { ListedJob($0) }
        try console.print(try JSONText.line(overview))
        return ExitStatus.success
    }
    for line in overview.lines(now: spoolDirectory.now()) { try console.print(line) }
    guard let entry else { return ExitStatus.success }
    try console.print("")
    let page = StatusPage(entry, spoolDirectory, WaitReasons(spoolDirectory))
    for line in try page.lines { try console.print(line) }
    return ExitStatus.success
}

/// `spool` alone: the overview, and after it the list.
func showSpool(_ invocation: Invocation) throws(SpoolError) -> Int32 {
    guard let spoolDirectory = try invocation.openSpoolIfThere() else {
        return try listCommand.run(invocation)
    }
    let overview = try OverviewSurvey(spoolDirectory).overview()
    for line in overview.lines(now: spoolDirectory.now()) {
        try invocation.console.print(line)
    }
    try invocation.console.print("")
    return try listCommand.run(invocation)
}

/// All about one job, a line a fact.
private struct StatusPage {
    private let entry: JobEntry
    private let spoolDirectory: SpoolDirectory
    private let reasons: WaitReasons

    init(_ entry: JobEntry, _ spoolDirectory: SpoolDirectory, _ reasons: WaitReasons) {
        self.entry = entry
        self.spoolDirectory = spoolDirectory
        self.reasons = reasons
    }

    var lines: [String] {
        get throws(SpoolError) {
            var facts: [(String, String?)] = [
                ("job", entry.id?.description ?? entry.path),
                ("name", entry.job?.name),
                ("state", entry.state.rawValue),
                ("why", entry.message),
                ("waits for", try reasons.text(for: entry)),
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
            ("parent", job.parent?.description),
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
            ("ending", resistance),
            ("finished", job.finishedAt?.description),
            (
                "result",
                // It was read as JSON, so it can be written.
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
        // An extra: `spool logs` says why a log can't be read.
        let excerpt = try? LogExcerpt(
            of: attempt, id, in: spoolDirectory, all: Ends(head: 0, tail: 0),
            error: Ends(head: 512, tail: 1536))
        guard let error = excerpt?.error, !error.isEmpty else { return nil }
        let text = error.text
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// Whether its command runs as another user, so that neither a timeout nor a cancellation ends it.
    private var resistance: String? {
        guard entry.state == .running, let attempt = entry.job?.attempts?.last,
            attempt.liveness.place == .here, let command = attempt.command,
            ProcessControl.groupResists(command.pid)
        else { return nil }
        return
            "can't be ended: \(Errno.notPermitted); its command (pid \(command.pid)) runs as another user"
    }

    /// The last line that the command has written to `$SPOOL_PROGRESS`.
    private var progress: String? {
        guard entry.state == .running, let location = entry.location else { return nil }
        let name = spoolDirectory.sidecar(.progress, of: location)
        // The command may write anything there, or nothing.
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
