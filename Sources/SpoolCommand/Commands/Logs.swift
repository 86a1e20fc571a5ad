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
    let showsTimes = invocation.has("timestamps")
    var view = LogsView(invocation.console, showsTimes: showsTimes)
    var wait = WaitView(for: .follow, invocation.console, showsTimes: showsTimes)
    defer { wait.stop() }
    try request.perform(in: invocation.context) { event throws(SpoolError) in
        switch event {
        case .wait(let event): try wait.show(event)
        case .log(let event): try view.show(event)
        }
    }
    return wait.end()
}

package struct LogsRequest {
    let names: [String]
    let namesakes: Namesakes
    let follows: Bool
    /// nil: all attempts.
    let attempt: Int?
    /// How many lines at the end; nil: all of them.
    let lines: Int?
    let streams: Set<LogFormat.Stream>

    /// - Parameter names: none: the newest job.
    package init(
        names: [String] = [], namesakes: Namesakes = Namesakes(), follows: Bool = false,
        attempt: Int? = nil, lines: Int? = nil,
        streams: Set<LogFormat.Stream> = [.output, .error]
    ) {
        self.names = names
        self.namesakes = namesakes
        self.follows = follows
        self.attempt = attempt
        self.lines = lines
        self.streams = streams
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        names = invocation.operands
        namesakes = try Namesakes(invocation)
        follows = invocation.has("follow")
        for other in ["attempt", "lines", "stdout", "stderr"] {
            try invocation.refuse("follow", with: other)
        }
        attempt = try invocation.number("attempt", LogsRequest.possibleAttempts)
        lines = try invocation.number("lines", LogsRequest.possibleLines)
        streams =
            switch (invocation.has("stdout"), invocation.has("stderr")) {
            case (true, false): [.output]
            case (false, true): [.error]
            default: [.output, .error]
            }
    }

    private static let possibleAttempts = 1...1_000_000
    private static let possibleLines = 0...Int(Int32.max)

    private func check(in context: Context) throws(SpoolError) {
        if let attempt { try context.require(attempt, LogsRequest.possibleAttempts, .attempt) }
        if let lines { try context.require(lines, LogsRequest.possibleLines, .lines) }
        let isPart: [(RequestField, Bool)] = [
            (.attempt, attempt != nil), (.lines, lines != nil),
            (.streams, streams != [.output, .error]),
        ]
        guard follows, let other = isPart.first(where: \.1)?.0 else { return }
        throw .usage("\(context.word(.follows)) and \(context.word(other)) exclude each other")
    }

    package func perform(
        in context: Context, _ take: (LogsEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        try check(in: context)
        let spool = try context.openSpool(create: false)
        if follows {
            try follow(in: context, spool) { event throws(SpoolError) in try take(.wait(event)) }
        } else {
            try show(in: context, spool) { event throws(SpoolError) in try take(.log(event)) }
        }
    }

    private func follow(
        in context: Context, _ spool: SpoolDirectory,
        _ take: (WaitEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let finder = JobNames(context, spool)
        let jobs = try finder.subjects(names, namesakes).map { subject throws(SpoolError) in
            try finder.job(subject)
        }
        try context.refuseOwnJob(among: jobs.map(\.id))
        try Waiting(for: jobs, in: spool, follows: true, isWorkerKnown: false).results(take)
    }

    /// Shows the output as far as it has been written.
    private func show(
        in context: Context, _ spool: SpoolDirectory,
        _ take: (LogEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) {
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
        let entry = try JobReader(spool.storage).entry(following: location)
        let job = entry?.job
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
                    hasBegun: hasLog || !attempts.isEmpty,
                    end: entry.flatMap { $0.state.isFinal ? $0.message ?? $0.state.rawValue : nil },
                    attempts: attempts,
                    unstarted: attempts.last { attempt in
                        (self.attempt ?? attempt.number) == attempt.number
                    }.flatMap { $0.couldNotStart ? $0 : nil })))
    }
}

package enum LogsEvent {
    /// Of logs as far as they have been written.
    case log(LogEvent)
    /// Of logs that are followed.
    case wait(WaitEvent)
}

/// Logs of jobs, one after the other.
package enum LogEvent {
    /// Of several jobs: the names of those that have one.
    case names([JobID: String], of: [JobID])
    /// A file that isn't a job, or isn't one yet.
    case file(JobEntry)
    case begin(JobID)
    case output(LogFormat.Record)
    case end(LogSummary)
}

/// The end of a log, and what is wrong with it.
package struct LogSummary {
    let id: JobID
    let path: String
    let damagedLines: Int
    let hasBegun: Bool
    /// How the job has ended; nil: it hasn't.
    let end: String?
    let attempts: [Attempt]
    /// The attempt, if its command could not be started; of several, the last one is looked at.
    let unstarted: Attempt?
}

extension Attempt {
    /// Whether its command could not be started. An attempt that was cancelled before it began has no command either.
    /// If a power cut has taken the record of the start, there is none, and the command may have run.
    fileprivate var couldNotStart: Bool { outcome == .failed && command == nil }
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
