import Spool
import SpoolSystem

let waitCommand = CommandTable(
    "wait", "wait for jobs to end", operands: "[JOB ...]",
    options: [
        Option("timeout", "t", "TIME", "wait no longer than this; exit 75 then"),
        Option("all-projects", "a", nil, "the jobs of all projects"),
        JobFilter.state,
    ] + JobFilter.groups + [JobFilter.queue] + JobFilter.labels
) { invocation throws(SpoolError) in
    let filter = try JobFilter(invocation, all: "all-projects")
    try invocation.refuseOperands(with: filter)
    let spoolDirectory = try invocation.openSpool(create: false)
    let timeout = try invocation.timeSpan("timeout")
    let deadline = timeout.map { Clock.monotonic() + $0.nanoseconds }
    let console = invocation.console
    var jobs: [JobLocation] = []
    if invocation.operands.isEmpty {
        let open = JobFilter.waiting.union([.running])
        let limited = try filter.scoped(in: spoolDirectory).limited(
            to: open, usual: open.subtracting([.held]), for: "wait")
        var others = OtherProjects()
        try invocation.admitDropIns(in: spoolDirectory, fitting: limited)
        let own = try invocation.ownJobs(in: spoolDirectory)
        jobs = try openJobs(in: spoolDirectory, limited, &others)
            .filter { !own.contains($0.id) }
        if jobs.isEmpty {
            console.say(
                ["nothing to wait for", others.text].compactMap(\.self).joined(separator: "; "))
        }
    } else {
        jobs = try invocation.jobs(in: spoolDirectory, until: deadline)
        try invocation.refuseOwnJob(among: jobs.map(\.id))
    }
    let session = WaitSession(spoolDirectory, console, for: .wait)
    // What runs has its runner, and what has ended needs nothing.
    if jobs.contains(where: { $0.place.isWaiting }), try !spoolDirectory.hasWorker() {
        console.say("no worker is running; 'spool worker' starts one")
    }
    return try session.wait(for: jobs, deadline: deadline)
}

/// The jobs that fit and haven't ended. One may move while the places are listed, as for its next try, to where has been
/// looked already; so all is listed again until nothing new is found.
private func openJobs(
    in spoolDirectory: SpoolDirectory, _ filter: JobFilter, _ others: inout OtherProjects
) throws(SpoolError) -> [JobLocation] {
    let places = Place.allCases.filter { !$0.isEnded && filter.wants($0) }
    // nil: it doesn't fit.
    var wanted: [JobID: JobLocation?] = [:]
    var known = 0
    var looks = 0
    repeat {
        known = wanted.count
        looks += 1
        for location in try spoolDirectory.locations(in: places)
        where wanted[location.id] == nil {
            if filter.fitsAll(in: location.place) {
                wanted[location.id] = .some(location)
                continue
            }
            guard let entry = try spoolDirectory.entry(following: location) else { continue }
            switch filter.match(entry) {
            case .fits: wanted[location.id] = .some(location)
            case .elsewhere(let project):
                others.add(project)
                wanted[location.id] = .some(nil)
            case .differs: wanted[location.id] = .some(nil)
            }
        }
    } while looks < 2 || wanted.count > known
    return wanted.values.compactMap(\.self).sorted { $0.id < $1.id }
}

let logsCommand = CommandTable(
    "logs", "show the output of jobs", operands: "[JOB ...]",
    options: [
        Option("follow", "f", nil, "go on until the job ends, and exit with its code"),
        Option("attempt", nil, "NUMBER", "only of this attempt"),
        Option("timestamps", "T", nil, "show when each piece was read"),
        Option("lines", "n", "COUNT", "only so many lines at the end"),
        Option("stdout", nil, nil, "only standard output"),
        Option("stderr", nil, nil, "only standard error"),
    ] + Invocation.namesakes
) { invocation throws(SpoolError) in
    let spoolDirectory = try invocation.openSpool(create: false)
    if invocation.operands.isEmpty { try invocation.refuseNamesakes() }
    let console = invocation.console
    let subjects = try invocation.subjectsToShow(in: spoolDirectory)
    if invocation.has("follow") {
        for other in ["attempt", "lines", "stdout", "stderr"] where invocation.has(other) {
            throw .usage("--follow and --\(other) exclude each other")
        }
        let jobs = try subjects.map { subject throws(SpoolError) in
            try invocation.job(subject, in: spoolDirectory)
        }
        try invocation.refuseOwnJob(among: jobs.map(\.id))
        let session = WaitSession(
            spoolDirectory, console, for: .follow, showsTimes: invocation.has("timestamps"),
            isWorkerKnown: false)
        return try session.wait(for: jobs, deadline: nil)
    }
    let locations = subjects.compactMap { subject -> JobLocation? in
        guard case .job(let location) = subject else { return nil }
        return location
    }
    let labels = try LineLabel.labels(of: locations, in: spoolDirectory)
    var status = ExitStatus.success
    for subject in subjects {
        let location: JobLocation
        switch subject {
        case .job(let found): location = found
        case .dropIn(let entry):
            console.say("\(entry.path) has not run yet")
            continue
        case .rejected(let entry):
            console.say("\(entry.path) never ran: it is no job ('spool status' says why)")
            continue
        }
        let view = LogView(invocation, spoolDirectory, location, label: labels[location.id])
        let shown = try view.show()
        if status == ExitStatus.success { status = shown }
    }
    return status
}

/// `spool logs` without `--follow`.
private struct LogView {
    let invocation: Invocation
    let spoolDirectory: SpoolDirectory
    let location: JobLocation
    let label: LineLabel?

    init(
        _ invocation: Invocation, _ spoolDirectory: SpoolDirectory, _ location: JobLocation,
        label: LineLabel?
    ) {
        self.label = label
        self.invocation = invocation
        self.spoolDirectory = spoolDirectory
        self.location = location
    }

    func show() throws(SpoolError) -> Int32 {
        let job = try spoolDirectory.entry(following: location)?.job
        var range: (start: Int64, end: Int64?) = (0, nil)
        if let number = try invocation.number("attempt", 1...1_000_000) {
            guard let attempt = job?.attempts?.first(where: { $0.number == number }) else {
                throw SpoolError(.notFound, "\(location.id) has no attempt \(number) on record")
            }
            range = (attempt.log?.start ?? 0, attempt.log?.end)
        }
        let wanted = streams
        let showsTimes = invocation.has("timestamps")
        var last = try invocation.number("lines", 0...Int(Int32.max)).map { LastLines(limit: $0) }
        let console = invocation.console
        let reader = LogReader(spoolDirectory, location.id, from: range.start)
        let log = FollowedLog(reader, console, showsTimes: showsTimes, label: label)
        let hasLog = try reader.read(upTo: range.end) { record throws(SpoolError) in
            guard wanted.contains(record.stream) else { return }
            if last != nil {
                last?.add(record)
            } else {
                try log.show(record)
            }
        }
        for record in last?.records ?? [] { try log.show(record) }
        try log.end()
        if reader.damagedLines > 0 {
            console.say(
                "\(spoolDirectory.path)/\(reader.path): \(reader.damagedLines) damaged lines are left out"
            )
        }
        if !hasLog && (job?.attempts ?? []).isEmpty {
            console.say("\(location.id) has not run yet")
        }
        for attempt in job?.attempts ?? [] {
            guard let dropped = attempt.log?.dropped else { continue }
            console.say(
                "attempt \(attempt.number): the log was cut (\(attempt.log?.cut ?? "?"));"
                    + " \(dropped) bytes were dropped")
        }
        return ExitStatus.success
    }

    private var streams: Set<LogFormat.Stream> {
        switch (invocation.has("stdout"), invocation.has("stderr")) {
        case (true, false): [.output]
        case (false, true): [.error]
        default: [.output, .error]
        }
    }
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
