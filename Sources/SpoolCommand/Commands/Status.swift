import Spool
import SpoolSchedule
import SpoolSystem

let statusCommand = CommandTable(
    "status", "show all about jobs, and why they wait", operands: "[JOB ...]",
    options: [Option("json", nil, nil, "a JSON object a line")]
) { invocation throws(CommandFailure) in
    let spoolDirectory = try invocation.openSpool(create: false)
    let console = invocation.console
    var isFirst = true
    for location in try invocation.jobs(in: spoolDirectory) {
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
            var lines = facts.compactMap { name, value in value.map { fact(name, $0) } }
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
                    shortened(String(decoding: $0.dropLast(), as: UTF8.self))
                }
            ),
        ]
    }

    /// The whole of it is in the job's file.
    private func shortened(_ text: String) -> String {
        text.count <= 200 ? text : text.prefix(200) + "…"
    }

    /// The last line that the command has written to `$SPOOL_PROGRESS`.
    private var progress: String? {
        guard entry.state == .running, let location = entry.location else { return nil }
        let name = spoolDirectory.companion(.progress, of: location)
        guard let bytes = try? spoolDirectory.contents(of: name, limit: 1 << 20) else { return nil }
        return bytes.split(separator: 10).last.map { String(decoding: $0, as: UTF8.self) }
    }

    private func describe(_ attempt: Attempt) -> [String] {
        var lines = [""]
        lines.append(
            fact("attempt", "\(attempt.number), \(attempt.outcome?.rawValue ?? "running")"))
        lines.append(
            fact(
                "  started",
                "\(attempt.startedAt) on \(attempt.host)"
                    + (attempt.command.map { ", pid \($0.pid)" } ?? "")))
        if let duration = attempt.duration { lines.append(fact("  took", Ago.text(duration))) }
        if let message = attempt.message { lines.append(fact("  message", message)) }
        if let signal = attempt.signal { lines.append(fact("  signal", signal)) }
        if let code = attempt.exitCode { lines.append(fact("  exit code", String(code))) }
        if let usage = attempt.usage {
            lines.append(
                fact(
                    "  used",
                    "\(Ago.text(usage.user)) user, \(Ago.text(usage.system)) system,"
                        + " \(ByteCount(usage.peakMemory << 10)) memory"))
        }
        if let dropped = attempt.log?.dropped {
            lines.append(
                fact("  log", "cut (\(attempt.log?.cut ?? "?")): \(dropped) bytes dropped"))
        }
        return lines
    }

    private func fact(_ name: String, _ value: String) -> String {
        let indented = MessageText.visible(value, keepsLines: true).split(
            separator: "\n", omittingEmptySubsequences: false
        )
        .joined(separator: "\n" + String(repeating: " ", count: 13))
        return HelpText.padded(name + ":", 12) + " " + indented
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
        let ahead = try spoolDirectory.locations(in: [.incoming]).count { other in
            (other.name.priority?.rank ?? 9, other.id)
                < (location.name.priority?.rank ?? 9, location.id)
        }
        let slots = able.reduce(0) { $0 + $1.slots }
        return
            "a free slot of \(slots), \(ahead == 0 ? "as the next one" : "after \(ahead) others")"
    }
}
