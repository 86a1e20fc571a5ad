import Spool

/// The rules of a command that changes jobs.
struct JobVerb {
    /// The command's name.
    let name: String
    /// The participle of it, as in "3 jobs cancelled".
    let done: String
    /// The states that it fits.
    let possible: Set<JobState>
    /// The states that a filter means which names none.
    let usual: Set<JobState>
    /// The field by which the filter names the queue.
    let queueField: RequestField

    init(
        _ name: String, _ done: String, fits possible: Set<JobState>,
        usually usual: Set<JobState>? = nil, queue queueField: RequestField = .queue
    ) {
        self.name = name
        self.done = done
        self.possible = possible
        self.usual = usual ?? possible
        self.queueField = queueField
    }

    static let operands = "[JOB ... | -]"
}

/// The jobs that are to be changed: those that are named, or those that fit a filter.
package struct JobChoice {
    package let names: [String]
    package let filter: JobFilter

    /// - Parameter names: ids, parts of ids, names or files.
    package init(names: [String] = [], filter: JobFilter = JobFilter()) {
        self.names = names
        self.filter = filter
    }

    init(_ invocation: Invocation, _ verb: JobVerb) throws(SpoolError) {
        names = invocation.operands
        filter = try JobFilter(invocation, queue: Invocation.name(for: verb.queueField))
    }

    /// - Throws: `.invalidRequest` unless jobs are either named or chosen by the filter.
    func check(for verb: JobVerb, in context: Context) throws(SpoolError) {
        guard filter.hasOptions || !names.isEmpty else {
            let ways = [verb.queueField, .states, .tags, .name].map(context.word)
            throw .usage(
                "name one job at least, or - for ids on stdin; or choose some by"
                    + " \(ways.joined(separator: ", ")) or \(context.word(.project)),"
                    + " or all of them by \(context.word(.isOfAll))")
        }
        try filter.refuse(names: names, queue: verb.queueField, in: context)
    }

    /// The spool of the jobs. A wrong choice is an error even if there is none.
    func openSpool(in context: Context, for verb: JobVerb) throws(SpoolError) -> SpoolDirectory {
        try check(for: verb, in: context)
        return try context.openSpool(create: false)
    }

    /// Changes one job after the other, and goes on after a failure.
    func perform(
        _ verb: JobVerb, in context: Context, _ spool: SpoolDirectory,
        _ change: (JobLocation) throws(SpoolError) -> Void
    ) throws(SpoolError) -> VerbResult {
        var result = VerbResult()
        if names.isEmpty {
            try changeFitting(verb, in: context, spool, &result, change)
        } else {
            for location in try JobNames(context, spool).jobs(
                names, preferring: verb.possible)
            {
                let isDone = context.attempt(&result.failures) { () throws(SpoolError) in
                    try change(location)
                }
                if isDone { result.count += 1 }
            }
        }
        return result
    }

    private func changeFitting(
        _ verb: JobVerb, in context: Context, _ spool: SpoolDirectory, _ result: inout VerbResult,
        _ change: (JobLocation) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let filter = try filter.scoped(in: spool, context).limited(
            to: verb.possible, usual: verb.usual, for: verb.name)
        try JobNames(context, spool).admitDropIns(fitting: filter)
        let found = try ListSearch(filter: filter, limits: .none).find(in: spool)
        for location in found.entries.compactMap(\.location) {
            var hasMoved = false
            let isDone = context.attempt(&result.failures) { () throws(SpoolError) in
                do throws(SpoolError) {
                    try change(location)
                } catch {
                    // It has moved on since it was listed: the filter doesn't mean it any more.
                    hasMoved = error.code == .notFound || error.code == .wrongState
                    if !hasMoved { throw error }
                }
            }
            if isDone, !hasMoved { result.count += 1 }
        }
        result.others = found.others
        result.done = verb.done
    }
}

extension JobFilter {
    /// - Parameter queueField: the field by which it names the queue.
    func refuse(
        names: [String], queue queueField: RequestField = .queue, in context: Context
    ) throws(SpoolError) {
        guard hasOptions, !names.isEmpty else { return }
        throw .usage(
            "name jobs, or choose them by \(context.word(queueField)), \(context.word(.states)) and"
                + " the like, not both")
    }
}

/// The jobs that a command has changed, and those that it couldn't.
package struct VerbResult {
    /// How many jobs it has changed.
    package internal(set) var count = 0
    /// Each has been said when it came.
    package internal(set) var failures: [SpoolError] = []
    /// If a filter chose the jobs: what has been done to them.
    package internal(set) var done: String?
    /// If a filter chose the jobs: which fit but for their project.
    package internal(set) var others = OtherProjects()
}
