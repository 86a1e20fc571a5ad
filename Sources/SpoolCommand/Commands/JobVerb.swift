import Spool

/// A command that does something to jobs: those that are named, or those that fit a filter.
struct JobVerb {
    /// What has been done to them then, as in "3 jobs cancelled".
    let done: String
    /// The states that it fits.
    let possible: Set<JobState>
    /// Those that a filter means which says nothing of states.
    let usual: Set<JobState>
    /// What the option for the queue is called.
    let queueOption: String

    init(
        _ done: String, fits possible: Set<JobState>, usually usual: Set<JobState>? = nil,
        queue queueOption: String = "queue"
    ) {
        self.done = done
        self.possible = possible
        self.usual = usual ?? possible
        self.queueOption = queueOption
    }

    static let operands = "[JOB ... | -]"
}

extension Invocation {
    /// Does something to each job; goes on after a failure, and answers with the status of the first.
    func forEachJob(
        _ verb: JobVerb, _ body: (SpoolDirectory, JobLocation) throws(SpoolError) -> Void
    ) throws(SpoolError) -> Int32 {
        let filter = try JobFilter(self, queue: verb.queueOption)
        guard filter.isGiven || !operands.isEmpty else {
            throw .usage(
                "name one job at least, or - for ids on stdin; or choose some by"
                    + " --\(verb.queueOption), --state, --tag, --name or --project,"
                    + " or all of them by --all")
        }
        try refuseOperands(with: filter, queue: verb.queueOption)
        let spoolDirectory = try openSpool(create: false)
        if operands.isEmpty { return try forEachJob(verb, filter, in: spoolDirectory, body) }
        return try forEachNamedJob(in: spoolDirectory, body)
    }

    /// - Parameter queueOption: what the filter's option for the queue is called.
    func refuseOperands(
        with filter: JobFilter, queue queueOption: String = "queue"
    ) throws(SpoolError) {
        guard filter.isGiven, !operands.isEmpty else { return }
        throw .usage("name jobs, or choose them by options such as --\(queueOption), not both")
    }

    /// The same for the jobs that the operands name.
    func forEachNamedJob(
        in spoolDirectory: SpoolDirectory,
        _ body: (SpoolDirectory, JobLocation) throws(SpoolError) -> Void
    ) throws(SpoolError) -> Int32 {
        var status = ExitStatus.success
        for location in try jobs(in: spoolDirectory) {
            goOn(&status) { () throws(SpoolError) in try body(spoolDirectory, location) }
        }
        return status
    }

    /// Does something to one of several things. Where that fails, it is said, and the others are seen to all the same.
    ///
    /// - Parameter status: becomes that of the first failure.
    /// - Returns: whether it was done.
    @discardableResult
    func goOn(_ status: inout Int32, _ body: () throws(SpoolError) -> Void) -> Bool {
        do throws(SpoolError) {
            try body()
            return true
        } catch {
            console.say(error.message)
            if status == ExitStatus.success { status = ExitStatus.status(for: error) }
            return false
        }
    }

    private func forEachJob(
        _ verb: JobVerb, _ filter: JobFilter, in spoolDirectory: SpoolDirectory,
        _ body: (SpoolDirectory, JobLocation) throws(SpoolError) -> Void
    ) throws(SpoolError) -> Int32 {
        let filter = try filter.scoped(in: spoolDirectory).limited(
            to: verb.possible, usual: verb.usual, for: command.name)
        try admitDropIns(in: spoolDirectory, fitting: filter)
        let list = JobList(filter: filter, limits: .none)
        let found = try list.find(in: spoolDirectory)
        var status = ExitStatus.success
        var count = 0
        for location in found.entries.compactMap(\.location) {
            do throws(SpoolError) {
                try body(spoolDirectory, location)
                count += 1
            } catch {
                // It has moved on since it was listed: the filter doesn't mean it any more.
                if error.code == .notFound || error.code == .wrongState { continue }
                console.say(error.message)
                if status == ExitStatus.success { status = ExitStatus.status(for: error) }
            }
        }
        let text =
            count == 0 ? "no such jobs here" : MessageText.count(count, "job") + " \(verb.done)"
        console.say([text, found.others.text].compactMap(\.self).joined(separator: "; "))
        return status
    }
}
