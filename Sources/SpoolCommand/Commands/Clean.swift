import Spool
import SpoolSchedule

let cleanCommand = CommandTable(
    "clean", "remove ended jobs, logs and old history", operands: JobVerb.operands,
    options: [
        Option("older", nil, "TIME", "only those that ended longer ago (default: 7d)"),
        Option("history", nil, "TIME", "history of days that ended longer ago (default: 90d)"),
        Option("failed", nil, nil, "failed ones too"),
        Option("dead", nil, nil, "those in dead-letter/ too"),
        Option("all", "a", nil, "the same as --failed --dead"),
        JobFilter.state, JobFilter.queue,
    ] + JobFilter.labels + [
        Option("dry-run", nil, nil, "only print what would be removed")
    ]
) { invocation throws(CommandFailure) in
    try Cleaning(invocation, try invocation.openSpool(create: false)).run()
}

/// What `spool clean` removes.
private struct Cleaning {
    private let invocation: Invocation
    private let spoolDirectory: SpoolDirectory
    private let isDry: Bool
    private let filter: JobFilter

    init(_ invocation: Invocation, _ spoolDirectory: SpoolDirectory) throws(CommandFailure) {
        self.invocation = invocation
        self.spoolDirectory = spoolDirectory
        isDry = invocation.has("dry-run")
        let ended = Place.allCases.filter(\.isEnded).map { JobState.possible(in: $0) }
            .reduce(into: Set<JobState>()) { $0.formUnion($1) }
        let filter = try JobFilter(invocation, all: nil, hasGroups: false, isScoped: false)
        self.filter =
            filter.states.isEmpty
            ? filter : try filter.limited(to: ended, usual: ended, for: "clean")
    }

    func run() throws(CommandFailure) -> Int32 {
        guard invocation.operands.isEmpty else {
            try invocation.refuseOperands(with: filter)
            return try invocation.forEachNamedJob(in: spoolDirectory) {
                _, location throws(SpoolError) in try remove(location)
            }
        }
        let places = try places
        let age = try invocation.timeSpan("older") ?? .seconds(7 * 86_400)
        let historyAge = try invocation.timeSpan("history") ?? .seconds(90 * 86_400)
        try spool { () throws(SpoolError) in
            tell(MessageText.count(try removeJobs(in: places, olderThan: age), "job"))
            // Whoever chooses jobs means nothing else.
            guard !filter.isGiven else { return }
            let logs = try spoolDirectory.orphanLogs(olderThan: age)
            try remove(
                logs, MessageText.count(logs.count, "log without a job", "logs without a job"))
            let days = try spoolDirectory.oldHistory(olderThan: historyAge)
            try remove(days, MessageText.count(days.count, "day") + " of history")
        }
        if !isDry { try spool { () throws(SpoolError) in try spoolDirectory.removeEmptyDays() } }
        return ExitStatus.success
    }

    private func tell(_ what: String) {
        invocation.console.say(what + (isDry ? " would be removed" : " removed"))
    }

    /// Files that are no jobs.
    private func remove(_ paths: [String], _ what: String) throws(SpoolError) {
        guard !paths.isEmpty else { return }
        for path in paths {
            if isDry {
                try invocation.console.print(path)
            } else {
                try spoolDirectory.removeRecord(path)
            }
        }
        tell(what)
    }

    private var places: [Place] {
        get throws(CommandFailure) {
            let isAll = invocation.has("all")
            let named = ["failed", "dead", "all"].first { invocation.has($0) }
            guard filter.states.isEmpty else {
                if let named { throw .usage("--state and --\(named) exclude each other") }
                return Place.allCases.filter { $0.isEnded && filter.wants($0) }
            }
            return [.done] + (isAll || invocation.has("failed") ? [.failed] : [])
                + (isAll || invocation.has("dead") ? [.deadLetter] : [])
        }
    }

    private func removeJobs(
        in places: [Place], olderThan age: TimeSpan
    ) throws(SpoolError) -> Int {
        var count = 0
        for location in try spoolDirectory.locations(in: places) {
            guard let entry = spoolDirectory.entry(at: location),
                case .fits = filter.match(entry)
            else { continue }
            let ended = entry.job?.finishedAt ?? Instant(milliseconds: location.id.milliseconds)
            guard spoolDirectory.now() - ended >= age else { continue }
            try remove(location)
            count += 1
        }
        guard places.contains(.deadLetter), filter.fitsRejectedFiles, filter.project == nil else {
            return count
        }
        for entry in try spoolDirectory.rejectedFiles() {
            guard let since = spoolDirectory.lastChange(of: entry),
                spoolDirectory.now() - since >= age
            else { continue }
            if isDry {
                try invocation.console.print(MessageText.visible(entry.path))
            } else {
                try spoolDirectory.removeRejected(entry)
            }
            count += 1
        }
        return count
    }

    private func remove(_ location: JobLocation) throws(SpoolError) {
        if isDry { return try invocation.console.print(location.path) }
        try spoolDirectory.remove(location.id, at: location)
    }
}

let initCommand = CommandTable(
    "init", "make a directory a spool", operands: "[DIRECTORY]", options: []
) { invocation throws(CommandFailure) in
    guard invocation.operands.count <= 1 else { throw .usage("one directory at a time") }
    var path = try invocation.spoolPath()
    if let named = invocation.operands.first { path = try invocation.absolute(named) }
    _ = try spool { () throws(SpoolError) in try SpoolDirectory(at: path) }
    try spool { () throws(SpoolError) in try invocation.console.print(path) }
    return ExitStatus.success
}
