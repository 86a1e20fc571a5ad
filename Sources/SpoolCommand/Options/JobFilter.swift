import Spool

/// Chooses jobs if none is named: the options that `list` and the verbs share, and what they mean.
package struct JobFilter {
    /// nil: the jobs of all projects.
    private(set) var project: String?
    /// Whether the caller's project is meant, if the spool is one person's.
    private let isOfCaller: Bool
    /// Empty: any.
    private(set) var states: Set<JobState>
    private let queue: String?
    private let name: GlobPattern?
    private let tags: [(key: String, value: String)]
    /// Whether the command line has any of the options: without one, a command that changes jobs does nothing.
    let hasOptions: Bool
    /// Whether anything but the project leaves jobs out.
    var isNarrow: Bool { !states.isEmpty || queue != nil || name != nil || !tags.isEmpty }
    /// Whether a file that is no job can fit.
    var fitsRejectedFiles: Bool { queue == nil && name == nil && tags.isEmpty }

    static let all = Option("all", "a", nil, "the jobs of all projects")
    /// - Parameter possible: the states that the command fits.
    static func state(of possible: Set<JobState>) -> Option {
        let names = JobState.allCases.filter { possible.contains($0) }.map(\.rawValue)
        return Option(
            "state", "s", "STATE",
            "only those that are " + names.joined(separator: ", ") + "; may be repeated")
    }
    static let queue = Option("queue", "q", "QUEUE", "only of this queue")
    static let traits = [
        Option("tag", nil, "KEY=VALUE", "only with this tag; may be repeated: all must fit"),
        Option("name", nil, "PATTERN", "only those whose name fits, such as 'backup-*'"),
        Option("project", nil, "DIRECTORY", "only of the project that this directory is in"),
    ]
    /// Short for several states.
    ///
    /// - Parameter possible: the states that the command fits; what can mean none of them is hidden.
    static func groups(of possible: Set<JobState>) -> [Option] {
        [
            Option(
                "failed", nil, nil, "only failed, timed_out, interrupted and dead ones",
                isHidden: possible.isDisjoint(with: failed)),
            Option(
                "running", nil, nil, "only running ones", isHidden: !possible.contains(.running)),
            Option(
                "waiting", nil, nil, "only those that haven't started or wait for a retry",
                isHidden: possible.isDisjoint(with: waiting)),
        ]
    }
    /// Those of most commands.
    static func options(of possible: Set<JobState>) -> [Option] {
        [all, state(of: possible)] + groups(of: possible) + [queue] + traits
    }
    static let options = options(of: Set(JobState.allCases))

    package static let failed: Set<JobState> = [.failed, .timedOut, .interrupted, .dead]
    package static let waiting: Set<JobState> = [.queued, .scheduled, .retrying, .blocked, .held]

    /// - Parameters:
    ///   - isOfAll: whether the jobs of all projects are asked for.
    ///   - project: a directory, absolute; nil: not only of its project.
    ///   - isOfCaller: whether the caller's project is meant if neither is said.
    ///   - states: none: any.
    ///   - name: a name or a pattern, such as `backup-*`.
    ///   - tags: those that a job must have.
    package init(
        isOfAll: Bool = false, project directory: String? = nil, isOfCaller: Bool = true,
        states: Set<JobState> = [], queue: String? = nil, name: String? = nil,
        tags: [(key: String, value: String)] = []
    ) {
        project = directory.map { Context.project(of: $0) }
        self.isOfCaller = isOfCaller && !isOfAll && directory == nil
        self.states = states
        self.queue = queue
        self.name = name.map { GlobPattern($0) }
        self.tags = tags
        hasOptions =
            isOfAll || directory != nil || queue != nil || name != nil || !states.isEmpty
            || !tags.isEmpty
    }

    /// - Parameters:
    ///   - all: what the option for all projects is called in the command; nil: it has none.
    ///   - queue: the same of the one for the queue.
    ///   - hasGroups: whether `--failed` and its like are about states here.
    ///   - isScoped: whether the present project is meant if none is named.
    init(
        _ invocation: Invocation, all: String? = "all", queue queueOption: String = "queue",
        hasGroups: Bool = true, isScoped: Bool = true
    ) throws(SpoolError) {
        let isOfAll = all.map { invocation.has($0) } ?? false
        let directory = invocation.value("project")
        guard directory == nil || !isOfAll else {
            throw .usage("--\(all ?? "all") and --project exclude each other")
        }
        let project = try directory.map { path throws(SpoolError) in
            try invocation.caller.directory(path)
        }
        let queue = invocation.value(queueOption)
        if let queue, !NameRule.isName(queue) {
            throw .usage("--\(queueOption) \(queue): a queue's name \(NameRule.advice)")
        }
        let pattern = invocation.value("name")
        guard pattern != "" else { throw .usage("--name: a name or a pattern is wanted") }
        var states: Set<JobState> = []
        for text in invocation.all("state") { states.insert(try JobFilter.state(text)) }
        if hasGroups {
            if invocation.has("failed") { states.formUnion(JobFilter.failed) }
            if invocation.has("running") { states.insert(.running) }
            if invocation.has("waiting") { states.formUnion(JobFilter.waiting) }
        }
        self.init(
            isOfAll: isOfAll, project: project, isOfCaller: isScoped, states: states, queue: queue,
            name: pattern, tags: try invocation.pairs("tag"))
    }

    private static func state(_ text: String) throws(SpoolError) -> JobState {
        if let state = JobState(rawValue: text) { return state }
        let known = JobState.allCases.map(\.rawValue)
        let near = FieldNames.nearest(to: text, among: known)
        throw .usage(
            "--state \(text): "
                + (near.map { "did you mean \($0)?" }
                    ?? "one of \(known.joined(separator: ", ")) is wanted"))
    }

    /// The same in a spool, which is for all projects unless it is one person's.
    func scoped(
        in spool: SpoolDirectory, _ context: Context
    ) throws(SpoolError) -> JobFilter {
        guard isOfCaller, try Ownership(spool.storage).isPersonal() else { return self }
        var scoped = self
        scoped.project = try context.project()
        return scoped
    }

    /// The same for a command that only fits some states.
    ///
    /// - Parameters:
    ///   - possible: those that it fits.
    ///   - usual: those that are meant if none is asked for.
    func limited(
        to possible: Set<JobState>, usual: Set<JobState>, for verb: String
    ) throws(SpoolError) -> JobFilter {
        var limited = self
        if states.isEmpty {
            limited.states = usual
            return limited
        }
        limited.states = states.intersection(possible)
        guard limited.states.isEmpty else { return limited }
        throw JobFilter.refusal(of: verb, fitting: possible)
    }

    /// The error of a command that is asked for jobs in other states than it fits.
    static func refusal(of verb: String, fitting possible: Set<JobState>) -> SpoolError {
        let names = JobState.allCases.filter { possible.contains($0) }.map(\.rawValue)
        return .usage(
            "\(verb) doesn't fit jobs in that state; it fits \(names.joined(separator: ", "))")
    }

    enum Match {
        case fits
        /// All but the project fits; whose it is.
        case elsewhere(String)
        case differs
    }

    func match(_ entry: JobEntry) -> Match {
        if !states.isEmpty && !states.contains(entry.state) { return .differs }
        if let queue, entry.job?.effectiveQueue != queue { return .differs }
        if let name, entry.job?.name.map({ name.matches($0) }) != true { return .differs }
        guard tags.allSatisfy({ entry.job?.tags?[$0.key] == $0.value }) else { return .differs }
        // A dropped job belongs to no project, and is shown in each.
        if let project, let own = entry.job?.project, own != project { return .elsewhere(own) }
        return .fits
    }

    /// Whether it fits.
    ///
    /// - Parameter others: counts it if it fits but for its project.
    func fits(_ entry: JobEntry, _ others: inout OtherProjects) -> Bool {
        switch match(entry) {
        case .fits: return true
        case .elsewhere(let project): others.add(project)
        case .differs: break
        }
        return false
    }

    /// Whether every job in a place fits, whatever its file says.
    func fitsAll(in place: Place) -> Bool {
        project == nil && fitsRejectedFiles
            && (states.isEmpty || states.isSuperset(of: JobState.possible(in: place)))
    }

    /// Whether a place may hold jobs of the wanted states at all.
    func wants(_ place: Place) -> Bool {
        states.isEmpty || !states.isDisjoint(with: JobState.possible(in: place))
    }
}

extension JobState {
    /// The states that jobs in a place may show.
    static func possible(in place: Place) -> Set<JobState> {
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
    }
}

/// Jobs that were left out as they belong to other projects.
package struct OtherProjects {
    private var counts: [String: Int] = [:]

    package var count: Int { counts.values.reduce(0, +) }

    mutating func add(_ project: String) { counts[project, default: 0] += 1 }

    /// - Parameter all: what chooses the jobs of all projects.
    /// - Returns: nil if there are none.
    package func text(_ all: String) -> String? {
        guard count > 0 else { return nil }
        let largest = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        var places = largest.prefix(3).map { "\($0.value) in \($0.key)" }
        if largest.count > 3 {
            let rest = largest.dropFirst(3).reduce(0) { $0 + $1.value }
            places.append("\(rest) elsewhere")
        }
        return "\(count) more in other projects (\(all)): \(places.joined(separator: ", "))"
    }
}
