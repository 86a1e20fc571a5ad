import Spool
import SpoolTime

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
) { invocation throws(SpoolError) in
    try Cleaning(invocation, try invocation.openSpool(create: false)).run()
}

/// What `spool clean` removes.
private struct Cleaning {
    private let invocation: Invocation
    private let spoolDirectory: SpoolDirectory
    private let isDry: Bool
    private let filter: JobFilter

    init(_ invocation: Invocation, _ spoolDirectory: SpoolDirectory) throws(SpoolError) {
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

    func run() throws(SpoolError) -> Int32 {
        guard invocation.operands.isEmpty else {
            try invocation.refuseOperands(with: filter)
            return try removeNamed()
        }
        let places = try places
        let age = try invocation.timeSpan("older") ?? .seconds(7 * 86_400)
        let historyAge = try invocation.timeSpan("history") ?? .seconds(90 * 86_400)
        var status = ExitStatus.success
        tell(MessageText.count(removeJobs(in: places, olderThan: age, &status), "job"))
        // Whoever chooses jobs means nothing else.
        guard !filter.isGiven else { return status }
        removeRecords(&status, "log without a job", "logs without a job") {
            () throws(SpoolError) in try spoolDirectory.orphanLogs(olderThan: age)
        }
        removeRecords(&status, "day of history", "days of history") { () throws(SpoolError) in
            try spoolDirectory.oldHistory(olderThan: historyAge)
        }
        if !isDry {
            invocation.goOn(&status) { () throws(SpoolError) in
                try spoolDirectory.removeEmptyDays()
            }
        }
        return status
    }

    private func removeNamed() throws(SpoolError) -> Int32 {
        var status = ExitStatus.success
        for subject in try invocation.subjects(in: spoolDirectory) {
            invocation.goOn(&status) { () throws(SpoolError) in
                switch subject {
                case .job(let location): try remove(location)
                case .rejected(let entry): try remove(entry)
                case .dropIn(let entry):
                    throw SpoolError(
                        .wrongState, "\(entry.path) is queued: clean doesn't fit that")
                }
            }
        }
        return status
    }

    private func tell(_ what: String) {
        invocation.console.say(what + (isDry ? " would be removed" : " removed"))
    }

    /// Files that are no jobs.
    private func removeRecords(
        _ status: inout Int32, _ one: String, _ several: String,
        _ find: () throws(SpoolError) -> [String]
    ) {
        var paths: [String] = []
        var count = 0
        invocation.goOn(&status) { () throws(SpoolError) in paths = try find() }
        for path in paths {
            let isRemoved = invocation.goOn(&status) { () throws(SpoolError) in
                if isDry {
                    try invocation.console.print(path)
                } else {
                    try spoolDirectory.removeRecord(path)
                }
            }
            if isRemoved { count += 1 }
        }
        if !paths.isEmpty { tell(MessageText.count(count, one, several)) }
    }

    private var places: [Place] {
        get throws(SpoolError) {
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

    /// - Returns: how many; what could not be removed has been said.
    private func removeJobs(
        in places: [Place], olderThan age: TimeSpan, _ status: inout Int32
    ) -> Int {
        var count = 0
        var locations: [JobLocation] = []
        for place in places {
            invocation.goOn(&status) { () throws(SpoolError) in
                locations += try spoolDirectory.locations(in: [place])
            }
        }
        for location in locations {
            guard let entry = spoolDirectory.entry(at: location),
                case .fits = filter.match(entry)
            else { continue }
            let ended = entry.job?.finishedAt ?? Instant(milliseconds: location.id.milliseconds)
            guard spoolDirectory.now() - ended >= age else { continue }
            var isRemoved = false
            invocation.goOn(&status) { () throws(SpoolError) in
                do throws(SpoolError) {
                    try remove(location)
                    isRemoved = true
                } catch {
                    // It has moved on since it was listed.
                    if error.code != .notFound && error.code != .wrongState { throw error }
                }
            }
            if isRemoved { count += 1 }
        }
        guard places.contains(.deadLetter), filter.fitsRejectedFiles, filter.project == nil else {
            return count
        }
        var rejected: [JobEntry] = []
        invocation.goOn(&status) { () throws(SpoolError) in
            rejected = try spoolDirectory.rejectedFiles()
        }
        for entry in rejected {
            guard let since = spoolDirectory.lastChange(of: entry),
                spoolDirectory.now() - since >= age
            else { continue }
            if invocation.goOn(&status, { () throws(SpoolError) in try remove(entry) }) {
                count += 1
            }
        }
        return count
    }

    private func remove(_ location: JobLocation) throws(SpoolError) {
        guard isDry else { return try spoolDirectory.remove(location.id, at: location) }
        // What would be refused isn't what would be removed.
        try spoolDirectory.require(
            location, in: Place.allCases.filter(\.isEnded), for: "clean")
        try invocation.console.print(location.path)
    }

    /// A file in dead-letter/ that is no job.
    private func remove(_ entry: JobEntry) throws(SpoolError) {
        guard isDry else { return try spoolDirectory.removeRejected(entry) }
        try invocation.console.print(MessageText.visible(entry.path))
    }
}

let initCommand = CommandTable(
    "init", "make a directory a spool", operands: "[DIRECTORY]", options: []
) { invocation throws(SpoolError) in
    guard invocation.operands.count <= 1 else { throw .usage("one directory at a time") }
    var path = try invocation.spoolPath()
    if let named = invocation.operands.first { path = try invocation.absolute(named) }
    _ = try SpoolDirectory(at: path)
    try invocation.console.print(path)
    return ExitStatus.success
}
