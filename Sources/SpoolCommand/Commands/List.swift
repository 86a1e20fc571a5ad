import Spool
import SpoolSchedule

let listCommand = CommandTable(
    "list", "show the jobs of this project",
    options: [
        Option("all", "a", nil, "the jobs of all projects, and all ended ones"),
        Option(
            "state", "s", "STATE",
            "only those that are " + JobState.allCases.map(\.rawValue).joined(separator: ", ")),
        Option("failed", nil, nil, "only failed, timed_out, interrupted and dead ones"),
        Option("running", nil, nil, "only running ones"),
        Option("waiting", nil, nil, "only those that haven't started or wait for a retry"),
        Option("queue", "q", "QUEUE", "only of this queue"),
        Option("tag", nil, "KEY=VALUE", "only with this label"),
        Option(
            "limit", "n", "COUNT",
            "so many ended jobs at most (default: 20), and so many waiting ones (default: 100)"),
        Option("json", nil, nil, "a JSON object a line"),
    ]
) { invocation throws(CommandFailure) in
    try invocation.refuseOperands()
    let filter = try ListFilter(invocation)
    let spoolDirectory = try invocation.openSpool()
    let console = invocation.console
    let (entries, hidden) = try spool { () throws(SpoolError) in
        try filter.entries(of: spoolDirectory)
    }
    if invocation.has("json") {
        for entry in entries {
            try spool { () throws(SpoolError) in try console.print(try JobTable.json(entry)) }
        }
        return ExitStatus.success
    }
    let pauses = try spool { () throws(SpoolError) in try spoolDirectory.pauses() }
    if pauses.isEverything {
        console.say("all queues are paused; 'spool resume' lets them go on")
    } else if !pauses.isEmpty {
        console.say("paused queues: \(pauses.queues.sorted().joined(separator: ", "))")
    }
    if entries.isEmpty {
        console.say(
            filter.isRestricted
                ? "no such jobs here; 'spool list --all' shows those of all projects" : "no jobs")
        return ExitStatus.success
    }
    for line in JobTable.lines(entries, now: spoolDirectory.now(), console: console) {
        try spool { () throws(SpoolError) in try console.print(line) }
    }
    for text in [
        hidden.waiting > 0 ? "\(hidden.waiting) more waiting jobs" : nil,
        hidden.ended > 0 ? "\(hidden.ended) more ended jobs" : nil,
    ].compactMap(\.self) {
        console.say("and \(text); --limit COUNT or --all shows them")
    }
    return ExitStatus.success
}

/// Which jobs a list shows.
struct ListFilter {
    private let project: String?
    private let states: Set<JobState>
    private let queue: String?
    private let tags: [(key: String, value: String)]
    private let limit: Int
    private let waitingLimit: Int

    init(_ invocation: Invocation) throws(CommandFailure) {
        project = invocation.has("all") ? nil : invocation.project
        queue = invocation.value("queue")
        var states: Set<JobState> = []
        for text in invocation.all("state") {
            guard let state = JobState(rawValue: text) else {
                let known = JobState.allCases.map(\.rawValue)
                let near = FieldNames.nearest(to: text, among: known)
                throw .usage(
                    "--state \(text): "
                        + (near.map { "did you mean \($0)?" }
                            ?? "one of \(known.joined(separator: ", ")) is wanted"))
            }
            states.insert(state)
        }
        if invocation.has("failed") { states.formUnion([.failed, .timedOut, .interrupted, .dead]) }
        if invocation.has("running") { states.insert(.running) }
        if invocation.has("waiting") {
            states.formUnion([.queued, .scheduled, .retrying, .blocked, .held])
        }
        self.states = states
        var tags: [(String, String)] = []
        for tag in invocation.all("tag") {
            let parts = tag.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { throw .usage("--tag \(tag): KEY=VALUE is wanted") }
            tags.append((String(parts[0]), String(parts[1])))
        }
        self.tags = tags
        let wanted = try invocation.number("limit", 0...Int(Int32.max))
        let isForPeople = !invocation.has("all") && states.isEmpty
        limit = wanted ?? (isForPeople ? 20 : .max)
        waitingLimit = wanted ?? (isForPeople && !invocation.has("json") ? 100 : .max)
    }

    /// Whether jobs may be left out that exist.
    var isRestricted: Bool {
        project != nil || queue != nil || !states.isEmpty || !tags.isEmpty
    }

    /// Waiting ones in the order in which they are to run, then running ones, then ended ones, newest last.
    ///
    /// - Returns: also how many files of waiting and ended jobs the limits left unread.
    func entries(
        of spoolDirectory: SpoolDirectory
    ) throws(SpoolError) -> (shown: [JobEntry], hidden: (waiting: Int, ended: Int)) {
        var shown: [JobEntry] = []
        var hidden = (waiting: 0, ended: 0)
        for place in [Place.held, .blocked, .scheduled, .incoming, .running] where wants(place) {
            let locations = try spoolDirectory.locations(in: [place]).sorted {
                ($0.name.due?.microseconds ?? 0, $0.name.priority?.rank ?? 0, $0.id)
                    < ($1.name.due?.microseconds ?? 0, $1.name.priority?.rank ?? 0, $1.id)
            }
            let taken = read(
                locations, limit: place == .running ? .max : waitingLimit, spoolDirectory)
            shown += taken.entries
            hidden.waiting += taken.unread
        }
        let ended = try spoolDirectory.locations(
            in: Place.allCases.filter { $0.isEnded && wants($0) }
        )
        .sorted { $0.id > $1.id }
        let newest = read(ended, limit: limit, spoolDirectory)
        hidden.ended = newest.unread
        if wants(.deadLetter) && queue == nil && tags.isEmpty {
            shown += try spoolDirectory.rejectedFiles()
        }
        // A job may have moved on between two looks: where it was last counts.
        var last: [JobID: Int] = [:]
        let all = shown + newest.entries.reversed()
        for (index, entry) in all.enumerated() {
            if let id = entry.id { last[id] = index }
        }
        let unique = all.enumerated().filter { index, entry in
            entry.id.map { last[$0] == index } ?? true
        }
        return (unique.map(\.element), hidden)
    }

    /// The first matching entries, and how many files weren't looked at for the limit.
    private func read(
        _ locations: [JobLocation], limit: Int, _ spoolDirectory: SpoolDirectory
    ) -> (entries: [JobEntry], unread: Int) {
        var entries: [JobEntry] = []
        for (index, location) in locations.enumerated() {
            if entries.count >= limit { return (entries, locations.count - index) }
            if let entry = spoolDirectory.entry(at: location), matches(entry) {
                entries.append(entry)
            }
        }
        return (entries, 0)
    }

    /// Whether a place may hold jobs of the wanted states at all.
    private func wants(_ place: Place) -> Bool {
        guard !states.isEmpty else { return true }
        let possible: Set<JobState> =
            switch place {
            case .incoming: [.queued]
            case .scheduled: [.scheduled, .retrying]
            case .blocked: [.blocked]
            case .held: [.held]
            case .running: [.running]
            case .done: [.completed]
            case .failed: [.failed, .timedOut, .cancelled, .interrupted]
            case .deadLetter: [.dead]
            }
        return !states.isDisjoint(with: possible)
    }

    private func matches(_ entry: JobEntry) -> Bool {
        if !states.isEmpty && !states.contains(entry.state) { return false }
        // A dropped job belongs to no project, and is shown in each.
        if let project, let own = entry.job?.project, own != project { return false }
        if let queue, entry.job?.effectiveQueue != queue { return false }
        return tags.allSatisfy { entry.job?.tags?[$0.key] == $0.value }
    }
}
