import Spool
import SpoolTime

let cleanCommand = CommandTable(
    "clean", "remove ended jobs, logs and old history", operands: JobVerb.operands,
    options: [
        Option("older", nil, "TIME", "only those that ended longer ago (default: 7d)"),
        Option("history", nil, "TIME", "history of days that ended longer ago (default: 90d)"),
        Option("failed", nil, nil, "the jobs in failed/ too, not only those in done/"),
        Option("dead", nil, nil, "those in dead-letter/ too, not only those in done/"),
        Option(
            "all", "a", nil,
            "the same as --failed --dead; clean is about all projects in any case"),
        JobFilter.state(of: CleanRequest.possible), JobFilter.queue,
    ] + JobFilter.groups(of: CleanRequest.possible).filter(\.isHidden) + JobFilter.traits + [
        Option("dry-run", nil, nil, "only print what would be removed")
    ]
) { invocation throws(SpoolError) in
    let request = try CleanRequest(invocation)
    let view = CleanView(isDry: request.isDry, console: invocation.console)
    let failures = try request.perform(in: invocation.context) { event throws(SpoolError) in
        try view.show(event)
    }
    return ExitStatus.status(for: failures)
}

package struct CleanRequest {
    /// None: those that fit the filter.
    let names: [String]
    let filter: JobFilter
    /// If the filter names no states.
    let places: [Place]
    let age: TimeSpan
    let historyAge: TimeSpan
    /// Whether it is only to be said what would be removed.
    let isDry: Bool

    /// - Parameters:
    ///   - names: none: those that fit the filter.
    ///   - places: of ended jobs; the states of the filter take their place.
    package init(
        names: [String] = [], filter: JobFilter = JobFilter(isOfCaller: false),
        places: [Place] = [.done], age: TimeSpan = .seconds(7 * 86_400),
        historyAge: TimeSpan = .seconds(90 * 86_400), isDry: Bool = false
    ) {
        self.names = names
        self.filter = filter
        self.places = places
        self.age = age
        self.historyAge = historyAge
        self.isDry = isDry
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        if invocation.has("running") || invocation.has("waiting") {
            throw JobFilter.refusal(of: "clean", fitting: CleanRequest.possible)
        }
        let filter = try JobFilter(invocation, all: nil, hasGroups: false, isScoped: false)
        if !filter.states.isEmpty, invocation.operands.isEmpty {
            for option in ["failed", "dead", "all"] {
                try invocation.refuse("state", with: option)
            }
        }
        let isAll = invocation.has("all")
        self.init(
            names: invocation.operands, filter: filter,
            places: [.done] + (isAll || invocation.has("failed") ? [.failed] : [])
                + (isAll || invocation.has("dead") ? [.deadLetter] : []),
            age: try invocation.timeSpan("older") ?? .seconds(7 * 86_400),
            historyAge: try invocation.timeSpan("history") ?? .seconds(90 * 86_400),
            isDry: invocation.has("dry-run"))
    }

    /// The states that end jobs.
    fileprivate static let possible = Place.allCases.filter(\.isEnded)
        .map { JobState.possible(in: $0) }.reduce(into: Set<JobState>()) { $0.formUnion($1) }

    /// The same with the states that end jobs, and the places of them.
    private func limited() throws(SpoolError) -> CleanRequest {
        guard !filter.states.isEmpty else { return self }
        let filter = try filter.limited(
            to: CleanRequest.possible, usual: CleanRequest.possible, for: "clean")
        return CleanRequest(
            names: names, filter: filter,
            places: Place.allCases.filter { $0.isEnded && filter.wants($0) }, age: age,
            historyAge: historyAge, isDry: isDry)
    }

    /// The same of the jobs that the filter means in a spool.
    private func scoped(
        in spool: SpoolDirectory, _ context: Context
    ) throws(SpoolError) -> CleanRequest {
        CleanRequest(
            filter: try filter.scoped(in: spool, context), places: places, age: age,
            historyAge: historyAge, isDry: isDry)
    }

    /// - Returns: what could not be done; each has been said when it came.
    package func perform(
        in context: Context, _ take: (CleanEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) -> [SpoolError] {
        for (span, field) in [(age, RequestField.age), (historyAge, .historyAge)] where span < .zero
        {
            throw .usage("\(context.word(field)) \(span): a length of time from 0s on is wanted")
        }
        let limited = try limited()
        try filter.refuse(names: names, in: context)
        let spool = try context.openSpool(create: false)
        let cleaning = Cleaning(
            names.isEmpty ? try limited.scoped(in: spool, context) : limited, context, spool)
        if names.isEmpty {
            try cleaning.removeFitting(take)
        } else {
            try cleaning.removeNamed(take)
        }
        return cleaning.failures
    }
}

/// Files that `spool clean` has removed, or would remove.
package enum CleanEvent {
    /// A file that only would be.
    case file(String)
    case jobs(Int)
    case logs(Int)
    case history(Int)
    case keys(Int)
}

/// One run of it.
private final class Cleaning {
    private let request: CleanRequest
    private let context: Context
    private let spool: SpoolDirectory
    private(set) var failures: [SpoolError] = []

    init(_ request: CleanRequest, _ context: Context, _ spool: SpoolDirectory) {
        self.request = request
        self.context = context
        self.spool = spool
    }

    func removeNamed(
        _ take: (CleanEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let subjects = try JobNames(context, spool).subjects(
            request.names, preferring: CleanRequest.possible)
        for subject in subjects {
            context.attempt(&failures) { () throws(SpoolError) in
                switch subject {
                case .job(let location): try remove(location, take)
                case .rejected(let entry): try remove(entry, take)
                case .dropIn(let entry):
                    throw SpoolError(
                        .wrongState, "\(entry.path) is queued: clean fits ended jobs alone")
                }
            }
        }
    }

    func removeFitting(
        _ take: (CleanEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let jobs = removeJobs(take)
        let rejected = removeRejected(take)
        try take(.jobs(jobs + rejected))
        // A filter chooses jobs, and nothing else.
        guard !request.filter.hasOptions else { return }
        let logs = removeRecords(take) { () throws(SpoolError) in
            try Clean(spool.storage).orphanLogs(olderThan: request.age)
        }
        if let logs { try take(.logs(logs)) }
        let history = removeRecords(take) { () throws(SpoolError) in
            try Clean(spool.storage).oldHistory(olderThan: request.historyAge)
        }
        if let history { try take(.history(history)) }
        let keys = removeRecords(take, by: Clean.removeKey) { () throws(SpoolError) in
            try Clean(spool.storage).orphanKeys()
        }
        if let keys { try take(.keys(keys)) }
        if !request.isDry {
            context.attempt(&failures) { () throws(SpoolError) in
                try Clean(spool.storage).removeEmptyDays()
            }
        }
    }

    /// Files that are no jobs.
    ///
    /// - Returns: how many; nil if there are none.
    private func removeRecords(
        _ take: (CleanEvent) throws(SpoolError) -> Void,
        by remove: (Clean) -> (String) throws(SpoolError) -> Void = Clean.removeRecord,
        _ find: () throws(SpoolError) -> [String]
    ) -> Int? {
        var paths: [String] = []
        var count = 0
        context.attempt(&failures) { () throws(SpoolError) in paths = try find() }
        for path in paths {
            let isRemoved = context.attempt(&failures) { () throws(SpoolError) in
                if request.isDry {
                    try take(.file(path))
                } else {
                    try remove(Clean(spool.storage))(path)
                }
            }
            if isRemoved { count += 1 }
        }
        return paths.isEmpty ? nil : count
    }

    private func removeJobs(
        _ take: (CleanEvent) throws(SpoolError) -> Void
    ) -> Int {
        var count = 0
        var locations: [JobLocation] = []
        for place in request.places {
            context.attempt(&failures) { () throws(SpoolError) in
                locations += try Listing(spool.storage).locations(in: [place])
            }
        }
        for location in locations {
            guard let entry = JobReader(spool.storage).entry(at: location),
                case .fits = request.filter.match(entry)
            else { continue }
            let ended = entry.job?.finishedAt ?? Instant(milliseconds: location.id.milliseconds)
            guard spool.storage.now() - ended >= request.age else { continue }
            var isRemoved = false
            context.attempt(&failures) { () throws(SpoolError) in
                do throws(SpoolError) {
                    try remove(location, take)
                    isRemoved = true
                } catch {
                    // It has moved on since it was listed.
                    if error.code != .notFound && error.code != .wrongState { throw error }
                }
            }
            if isRemoved { count += 1 }
        }
        return count
    }

    /// Files in dead-letter/ that are no jobs.
    private func removeRejected(
        _ take: (CleanEvent) throws(SpoolError) -> Void
    ) -> Int {
        guard request.places.contains(.deadLetter), request.filter.fitsRejectedFiles,
            request.filter.project == nil
        else { return 0 }
        var count = 0
        var rejected: [JobEntry] = []
        context.attempt(&failures) { () throws(SpoolError) in
            rejected = try RejectedFiles(spool.storage).all()
        }
        for entry in rejected {
            guard let since = JobReader(spool.storage).lastChange(of: entry),
                spool.storage.now() - since >= request.age
            else { continue }
            let isRemoved = context.attempt(&failures) { () throws(SpoolError) in
                try remove(entry, take)
            }
            if isRemoved { count += 1 }
        }
        return count
    }

    private func remove(
        _ location: JobLocation, _ take: (CleanEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        guard request.isDry else { return try spool.remove(location.id, at: location) }
        // A job whose removal would be refused isn't shown.
        try JobChange(spool.storage).require(
            location, in: Place.allCases.filter(\.isEnded), for: "clean")
        try take(.file(location.path))
    }

    /// A file in dead-letter/ that is no job.
    private func remove(
        _ entry: JobEntry, _ take: (CleanEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        guard request.isDry else { return try spool.removeRejected(entry) }
        try take(.file(MessageText.visible(entry.path)))
    }
}
