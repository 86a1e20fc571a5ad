import Spool
import SpoolSystem

let statusCommand = CommandTable(
    "status", "show the whole spool in short, or all about jobs and why they wait",
    operands: "[JOB ...]",
    options: Namesakes.options + [Option("json", nil, nil, "a JSON object a line")]
) { invocation throws(SpoolError) in
    let request = try StatusRequest(invocation)
    var view = StatusView(isJSON: invocation.has("json"), invocation.console)
    try request.perform(in: invocation.context) { event throws(SpoolError) in
        switch event {
        case .spool(let status): try view.show(status)
        case .job(let status): try view.show(status)
        }
    }
    return ExitStatus.success
}

package struct StatusRequest {
    /// None: the whole spool.
    package let names: [String]
    package let namesakes: Namesakes
    /// Whether the parts that a job's file doesn't hold are wanted.
    package let isWhole: Bool

    package init(names: [String] = [], namesakes: Namesakes = Namesakes(), isWhole: Bool = true) {
        self.names = names
        self.namesakes = namesakes
        self.isWhole = isWhole
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        names = invocation.operands
        namesakes = try Namesakes(invocation)
        isWhole = !invocation.has("json")
    }

    package func perform(
        in context: Context, _ take: (StatusEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let spool = try context.openSpool(create: false)
        if names.isEmpty { return try take(.spool(try overview(in: context, spool))) }
        let inquiry = StatusInquiry(spool, isWhole: isWhole)
        for subject in try JobNames(context, spool).subjects(names, namesakes) {
            switch subject {
            case .dropIn(let file), .rejected(let file):
                try take(.job(try inquiry.status(of: file)))
            case .job(let location):
                guard let entry = try JobReader(spool.storage).entry(following: location) else {
                    throw SpoolError(.notFound, "there is no job \(location.id) any more")
                }
                try take(.job(try inquiry.status(of: entry)))
            }
        }
    }

    /// The whole spool, and the job that was submitted last.
    private func overview(
        in context: Context, _ spool: SpoolDirectory
    ) throws(SpoolError) -> SpoolStatus {
        let survey = try OverviewSurvey(spool)
        let last = try JobNames(context, spool).newest(among: survey.census.newest)
        let overview = try survey.overview()
        let entry = try last.flatMap { location throws(SpoolError) in
            try JobReader(spool.storage).entry(following: location)
        }
        var status = SpoolStatus(overview: overview, time: spool.storage.now())
        do throws(SpoolError) {
            status.last = try entry.map { entry throws(SpoolError) in
                try StatusInquiry(spool, isWhole: isWhole).status(of: entry)
            }
        } catch {
            status.failure = error
        }
        return status
    }
}

package enum StatusEvent {
    case spool(SpoolStatus)
    /// One job after the other.
    case job(JobStatus)
}

package struct SpoolStatus {
    package let overview: Overview
    /// When it was so.
    package let time: Instant
    /// Of the job that was submitted last.
    package internal(set) var last: JobStatus?
    /// The error that kept that from being found out.
    package internal(set) var failure: SpoolError?
}

/// All about one job. Facts that its file doesn't hold are nil unless the whole was asked for.
package struct JobStatus {
    package let entry: JobEntry
    /// Of its file, absolute.
    package let path: String
    /// Of its log, absolute; nil: there is none.
    package let logPath: String?
    /// When it was so.
    package let time: Instant
    /// nil: for nothing.
    package internal(set) var waitsFor: String?
    /// The last line that the command has written to `$SPOOL_PROGRESS`.
    package internal(set) var progress: String?
    /// Why neither a timeout nor a cancellation can end its command.
    package internal(set) var resistance: String?
    /// Of an attempt that has failed: the beginning and the end of what it has written there.
    package internal(set) var standardError: String?
}

/// Finds out what a job's file doesn't hold.
private struct StatusInquiry {
    private let spool: SpoolDirectory
    private let isWhole: Bool
    private let reasons: WaitReasons

    init(_ spool: SpoolDirectory, isWhole: Bool) {
        self.spool = spool
        self.isWhole = isWhole
        reasons = WaitReasons(spool)
    }

    func status(of entry: JobEntry) throws(SpoolError) -> JobStatus {
        let log = try entry.id.map { JobLogs.path(of: $0) }.flatMap { path throws(SpoolError) in
            try spool.storage.isThere(path) ? spool.path + "/" + path : nil
        }
        var status = JobStatus(
            entry: entry, path: spool.path + "/" + entry.path, logPath: log,
            time: spool.storage.now())
        guard isWhole else { return status }
        status.waitsFor = try reasons.text(for: entry)
        guard let job = entry.job else { return status }
        status.progress = progress(entry)
        status.resistance = resistance(entry)
        status.standardError = standardError(of: job, entry.id)
        return status
    }

    private func standardError(of job: Job, _ id: JobID?) -> String? {
        guard let id, let attempt = job.attempts?.last, let outcome = attempt.outcome,
            outcome != .completed
        else { return nil }
        // An extra: `spool logs` says why a log can't be read.
        let excerpt = try? LogExcerpt(
            of: attempt, id, in: spool.storage, all: Ends(head: 0, tail: 0),
            error: Ends(head: 512, tail: 1536))
        guard let error = excerpt?.error, !error.isEmpty else { return nil }
        let text = error.text
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// Its command may run as another user.
    private func resistance(_ entry: JobEntry) -> String? {
        guard entry.state == .running, let attempt = entry.job?.attempts?.last,
            attempt.liveness.place == .here, let command = attempt.command,
            ProcessGroup(command.pid).resists
        else { return nil }
        return
            "can't be ended: \(Errno.notPermitted); its command (pid \(command.pid)) runs as another user"
    }

    private func progress(_ entry: JobEntry) -> String? {
        guard entry.state == .running, let location = entry.location else { return nil }
        let name = Sidecar.progress.path(of: location)
        // The command may write anything there, or nothing.
        guard let bytes = try? spool.storage.contents(of: name, limit: 1 << 20, isSteering: false)
        else { return nil }
        return bytes.split(separator: 10).last.map { String(decoding: $0, as: UTF8.self) }
    }
}

/// The whole spool, without any job: `spool` alone.
package struct OverviewRequest {
    package init() {}

    /// - Returns: nil if there is no spool, and nobody has named one.
    package func perform(in context: Context) throws(SpoolError) -> SpoolStatus? {
        guard let spool = try context.openSpoolIfThere() else { return nil }
        let overview = try OverviewSurvey(spool).overview()
        return SpoolStatus(overview: overview, time: spool.storage.now())
    }
}

/// `spool` alone: the overview, and after it the list.
func showSpool(_ invocation: Invocation) throws(SpoolError) -> Int32 {
    if let status = try OverviewRequest().perform(in: invocation.context) {
        try status.overview.showAboveList(now: status.time, invocation.console)
    }
    return try listCommand.run(invocation)
}
