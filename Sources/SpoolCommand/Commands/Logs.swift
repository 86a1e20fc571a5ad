import Spool
import SpoolSystem

let logsCommand = CommandTable(
    "logs", "show the output of jobs", operands: "[JOB ...]",
    options: [
        Option("follow", "f", nil, "go on until the job ends, and exit with its code"),
        Option("attempt", nil, "NUMBER", "only of this attempt"),
        Option("timestamps", "T", nil, "show when each piece was read"),
        Option("lines", "n", "COUNT", "only this many lines from the end"),
        Option("stdout", nil, nil, "only standard output"),
        Option("stderr", nil, nil, "only standard error"),
    ] + Namesakes.options
) { invocation throws(SpoolError) in
    let request = try LogsRequest(invocation)
    let context = invocation.context
    let showsTimes = invocation.has("timestamps")
    if request.follows {
        var view = WaitView(for: .follow, invocation.console, showsTimes: showsTimes)
        return try view.show(try request.waiting(in: context))
    }
    var view = LogsView(invocation.console, showsTimes: showsTimes)
    try request.results(in: context) { event throws(SpoolError) in try view.show(event) }
    return ExitStatus.success
}

struct LogsRequest {
    let names: [String]
    let namesakes: Namesakes
    let follows: Bool
    /// nil: all attempts.
    let attempt: Int?
    /// How many lines at the end; nil: all of them.
    let lines: Int?
    let streams: Set<LogFormat.Stream>

    init(_ invocation: Invocation) throws(SpoolError) {
        names = invocation.operands
        namesakes = try Namesakes(invocation)
        follows = invocation.has("follow")
        for other in ["attempt", "lines", "stdout", "stderr"] {
            try invocation.refuse("follow", with: other)
        }
        attempt = try invocation.number("attempt", 1...1_000_000)
        lines = try invocation.number("lines", 0...Int(Int32.max))
        streams =
            switch (invocation.has("stdout"), invocation.has("stderr")) {
            case (true, false): [.output]
            case (false, true): [.error]
            default: [.output, .error]
            }
    }

    /// The jobs whose output is to be followed.
    func waiting(in context: Context) throws(SpoolError) -> Waiting {
        let spool = try context.openSpool(create: false)
        let finder = JobNames(context, spool)
        let jobs = try finder.subjects(names, namesakes).map { subject throws(SpoolError) in
            try finder.job(subject)
        }
        try context.refuseOwnJob(among: jobs.map(\.id))
        return Waiting(for: jobs, in: spool, follows: true, isWorkerKnown: false)
    }

    /// The output as far as it has been written.
    func results(
        in context: Context, _ take: (LogEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let spool = try context.openSpool(create: false)
        let subjects = try JobNames(context, spool).subjects(names, namesakes)
        let jobs = subjects.compactMap { subject -> JobLocation? in
            guard case .job(let location) = subject else { return nil }
            return location
        }
        if jobs.count > 1 {
            try take(.names(try spool.names(of: jobs), of: jobs.map(\.id)))
        }
        for subject in subjects {
            switch subject {
            case .job(let location): try read(location, spool, take)
            case .dropIn(let entry), .rejected(let entry): try take(.file(entry))
            }
        }
    }

    private func read(
        _ location: JobLocation, _ spool: SpoolDirectory,
        _ take: (LogEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let id = location.id
        let job = try JobReader(spool.storage).entry(following: location)?.job
        var range: (start: Int64, end: Int64?) = (0, nil)
        if let number = attempt {
            guard let attempt = job?.attempts?.first(where: { $0.number == number }) else {
                throw SpoolError(.notFound, "\(id) has no attempt \(number) on record")
            }
            range = (attempt.log?.start ?? 0, attempt.log?.end)
        }
        var last = lines.map { LastLines(limit: $0) }
        let reader = LogReader(spool.storage, id, from: range.start)
        try take(.begin(id))
        let hasLog = try reader.read(upTo: range.end) { record throws(SpoolError) in
            guard streams.contains(record.stream) else { return }
            if last != nil {
                last?.add(record)
            } else {
                try take(.output(record))
            }
        }
        for record in last?.records ?? [] { try take(.output(record)) }
        let attempts = job?.attempts ?? []
        try take(
            .end(
                LogSummary(
                    id: id, path: "\(spool.path)/\(reader.path)",
                    damagedLines: reader.damagedLines,
                    hasBegun: hasLog || !attempts.isEmpty, attempts: attempts)))
    }
}

/// Logs of jobs, one after the other.
enum LogEvent {
    /// Of several jobs: the names of those that have one.
    case names([JobID: String], of: [JobID])
    /// A file that isn't a job, or isn't one yet.
    case file(JobEntry)
    case begin(JobID)
    case output(LogFormat.Record)
    case end(LogSummary)
}

/// The end of a log, and what is wrong with it.
struct LogSummary {
    let id: JobID
    let path: String
    let damagedLines: Int
    let hasBegun: Bool
    let attempts: [Attempt]
}

/// The records that make up the last lines, in bounded memory.
private struct LastLines {
    private let limit: Int
    private(set) var records: [LogFormat.Record] = []
    private var lines = 0

    init(limit: Int) {
        self.limit = limit
    }

    mutating func add(_ record: LogFormat.Record) {
        records.append(record)
        if record.bytes.last == 10 { lines += 1 }
        let open = records.last?.bytes.last == 10 ? 0 : 1
        while lines + open > limit, let first = records.first {
            if first.bytes.last == 10 { lines -= 1 }
            records.removeFirst()
        }
    }
}
