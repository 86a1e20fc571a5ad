import Spool

/// The rules of a command that changes jobs: those that are named, or those that fit a filter.
struct JobVerb {
    /// The command's name.
    let name: String
    /// The participle of it, as in "3 jobs cancelled".
    let done: String
    /// The states that it fits.
    let possible: Set<JobState>
    /// The states that a filter means which names none.
    let usual: Set<JobState>
    /// The name of the option for the queue.
    let queueOption: String

    init(
        _ name: String, _ done: String, fits possible: Set<JobState>,
        usually usual: Set<JobState>? = nil, queue queueOption: String = "queue"
    ) {
        self.name = name
        self.done = done
        self.possible = possible
        self.usual = usual ?? possible
        self.queueOption = queueOption
    }

    static let operands = "[JOB ... | -]"
}

/// Which jobs are to be changed.
struct VerbRequest {
    let verb: JobVerb
    let names: [String]
    let filter: JobFilter

    init(_ invocation: Invocation, _ verb: JobVerb) throws(SpoolError) {
        self.verb = verb
        names = invocation.operands
        filter = try JobFilter(invocation, queue: verb.queueOption)
    }

    /// - Throws: `.invalidRequest` unless jobs are either named or chosen by the filter.
    func check() throws(SpoolError) {
        guard filter.hasOptions || !names.isEmpty else {
            throw .usage(
                "name one job at least, or - for ids on stdin; or choose some by"
                    + " --\(verb.queueOption), --state, --tag, --name or --project,"
                    + " or all of them by --all")
        }
        try filter.refuse(names: names, queue: verb.queueOption)
    }

    /// The same about other names.
    private init(_ request: VerbRequest, _ names: [String]) {
        verb = request.verb
        filter = request.filter
        self.names = names
    }

    func with(names: [String]) -> VerbRequest { VerbRequest(self, names) }

    /// The spool of the jobs. A wrong choice is an error even if there is none.
    func openSpool(in context: Context) throws(SpoolError) -> SpoolDirectory {
        try check()
        return try context.openSpool(create: false)
    }

    /// Changes one job after the other, and goes on after a failure.
    func result(
        in context: Context, _ spool: SpoolDirectory,
        _ change: (JobLocation) throws(SpoolError) -> Void
    ) throws(SpoolError) -> VerbResult {
        var result = VerbResult()
        if names.isEmpty {
            try changeFitting(in: context, spool, &result, change)
        } else {
            for location in try JobNames(context, spool).jobs(names) {
                let isDone = context.attempt(&result.failures) { () throws(SpoolError) in
                    try change(location)
                }
                if isDone { result.count += 1 }
            }
        }
        return result
    }

    private func changeFitting(
        in context: Context, _ spool: SpoolDirectory, _ result: inout VerbResult,
        _ change: (JobLocation) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let filter = try filter.scoped(in: spool, context).limited(
            to: verb.possible, usual: verb.usual, for: verb.name)
        try JobNames(context, spool).admitDropIns(fitting: filter)
        let found = try JobSearch(filter: filter, limits: .none).find(in: spool)
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
    /// - Parameter queueOption: what the filter's option for the queue is called.
    func refuse(names: [String], queue queueOption: String = "queue") throws(SpoolError) {
        guard hasOptions, !names.isEmpty else { return }
        throw .usage("name jobs, or choose them by options such as --\(queueOption), not both")
    }
}

/// The jobs that a command has changed, and those that it couldn't.
struct VerbResult {
    /// How many jobs it has changed.
    var count = 0
    /// Each has been said when it came.
    var failures: [SpoolError] = []
    /// Whether a worker has something to run by that.
    var hasQueued = false
    /// If a filter chose the jobs: what has been done to them.
    var done: String?
    /// If a filter chose the jobs: which fit but for their project.
    var others = OtherProjects()
}
