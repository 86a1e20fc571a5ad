import Spool
import SpoolSystem

let waitCommand = CommandTable(
    "wait", "wait for jobs to end", operands: "[JOB ...]",
    options: [
        Option("timeout", "t", "TIME", "wait no longer than this; exit 75 then"),
        Option("all-projects", "a", nil, "the jobs of all projects"),
        JobFilter.state(of: WaitRequest.possible),
    ] + JobFilter.groups(of: WaitRequest.possible) + [JobFilter.queue] + JobFilter.traits
) { invocation throws(SpoolError) in
    var view = WaitView(for: .wait, invocation.console)
    defer { view.stop() }
    try WaitRequest(invocation).perform(in: invocation.context) { event throws(SpoolError) in
        try view.show(event)
    }
    return view.end()
}

package struct WaitRequest {
    let names: [String]
    let filter: JobFilter
    /// nil: for ever.
    let timeout: TimeSpan?

    /// The states that a filter may ask for.
    fileprivate static let possible = JobFilter.waiting.union([.running])

    /// - Parameter names: none: the open jobs that fit the filter.
    package init(names: [String] = [], filter: JobFilter = JobFilter(), timeout: TimeSpan? = nil) {
        self.names = names
        self.filter = filter
        self.timeout = timeout
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        names = invocation.operands
        filter = try JobFilter(invocation, all: "all-projects")
        timeout = try invocation.timeSpan("timeout")
    }

    /// Waits until all have ended, or the time is over.
    package func perform(
        in context: Context, _ take: (WaitEvent) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        try filter.refuse(names: names, in: context)
        let spool = try context.openSpool(create: false)
        let deadline = timeout.map { Clock.monotonic() + $0.nanoseconds }
        let finder = JobNames(context, spool)
        var jobs: [JobLocation] = []
        if names.isEmpty {
            let open = WaitRequest.possible
            let limited = try filter.scoped(in: spool, context).limited(
                to: open, usual: open.subtracting([.held]), for: "wait")
            var others = OtherProjects()
            try finder.admitDropIns(fitting: limited)
            let own = try context.ownJobs(in: spool)
            jobs = try openJobs(in: spool, limited, &others).filter { !own.contains($0.id) }
            if jobs.isEmpty {
                context.remark(
                    ["nothing to wait for", others.text(context.word(.isOfAll))].compactMap(\.self)
                        .joined(separator: "; "))
            }
        } else {
            jobs = try finder.jobs(names, until: deadline)
            try context.refuseOwnJob(among: jobs.map(\.id))
        }
        // A running job has its runner, and an ended one needs nothing.
        if jobs.contains(where: { $0.place.isWaiting }),
            try !WorkerRegistry(spool.storage).hasWorker()
        {
            context.remark("no worker is running; 'spool worker' starts one")
        }
        try Waiting(for: jobs, in: spool, until: deadline).results(take)
    }
}

/// The jobs that fit and haven't ended, each once.
private func openJobs(
    in spool: SpoolDirectory, _ filter: JobFilter, _ others: inout OtherProjects
) throws(SpoolError) -> [JobLocation] {
    var wanted: [JobLocation] = []
    var listing = RepeatedListing(spool.storage)
    while listing.next() {
        for place in RepeatedListing.openPlaces where filter.wants(place) {
            let directories = try listing.directories(of: [place])
            for location in try Listing(spool.storage).locations(in: directories)
            where listing.isWanted(location.id) {
                var entry: JobEntry?
                if !filter.fitsAll(in: place) {
                    entry = JobReader(spool.storage).entry(at: location)
                    // It has moved on: a later place or the next look shows it.
                    if entry == nil { continue }
                }
                guard listing.meet(location.id) else { continue }
                if entry.map({ filter.fits($0, &others) }) ?? true { wanted.append(location) }
            }
        }
    }
    return wanted.sorted { $0.id < $1.id }
}
