import Spool
import SpoolSystem
import SpoolTime

let moveCommand = CommandTable(
    "move", "give waiting jobs another priority, queue or time", operands: JobVerb.operands,
    options: [
        Option("priority", "p", "PRIORITY", "critical, high, normal, low, maintenance, 0 to 9"),
        Option("queue", "q", "QUEUE", "the queue"),
        Option("at", nil, "TIME", "not before this time, or this long from now"),
        Option("now", nil, nil, "at once, without waiting for its time"),
        PastTimes.option,
        Option("from-queue", nil, "QUEUE", "only jobs of this queue"),
        JobFilter.all, JobFilter.state,
    ] + JobFilter.groups + JobFilter.labels
) { invocation throws(SpoolError) in
    let context = invocation.context
    let request = try MoveRequest(invocation)
    let result = try request.result(in: context)
    let status = VerbView.show(result, invocation.console)
    if let queue = request.placement.queue, result.count > 0 {
        try UnservedJobs(context, context.openSpool(create: false)).remark(queue: queue)
    }
    return status
}

struct MoveRequest {
    let jobs: VerbRequest
    /// The new place of the jobs.
    let placement: Job.Placement

    private static let verb = JobVerb(
        "move", "moved", fits: JobFilter.waiting, queue: "from-queue")

    init(_ invocation: Invocation) throws(SpoolError) {
        var placement = Job.Placement()
        placement.priority = try invocation.priority()
        placement.queue = invocation.value("queue")
        let now = Instant(nanoseconds: Clock.realtime())
        placement.due = try invocation.time("at", now: now)
        try PastTimes(invocation).check(
            "--at", placement.due, now: now, "the jobs are ready at once")
        try invocation.refuse("at", with: "now")
        if invocation.has("now") { placement.due = now }
        guard placement.priority != nil || placement.queue != nil || placement.due != nil else {
            throw .usage("nothing to change; name --priority, --queue, --at or --now")
        }
        self.placement = placement
        jobs = try VerbRequest(invocation, MoveRequest.verb)
    }

    func result(in context: Context) throws(SpoolError) -> VerbResult {
        let spool = try jobs.openSpool(in: context)
        return try jobs.result(in: context, spool) { location throws(SpoolError) in
            context.remarkOwnID(
                of: location, try spool.move(location.id, at: location, placement))
        }
    }
}
