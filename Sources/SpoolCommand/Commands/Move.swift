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
        JobFilter.all, JobFilter.state(of: MoveRequest.verb.possible),
    ] + JobFilter.groups(of: MoveRequest.verb.possible) + JobFilter.traits
) { invocation throws(SpoolError) in
    let result = try MoveRequest(invocation).perform(in: invocation.context) { changed in
        VerbView.say(changed, invocation.console)
    }
    return ExitStatus.status(for: result.failures)
}

package struct MoveRequest {
    package let jobs: JobChoice
    /// The new place of the jobs.
    package let placement: Job.Placement
    /// Whether a time that has passed is an error.
    package let isStrict: Bool
    /// Whether the time is the present one, as it was when the command was read.
    private let isNow: Bool

    fileprivate static let verb = JobVerb(
        "move", "moved", fits: JobFilter.waiting, queue: .fromQueue)

    package init(_ jobs: JobChoice, to placement: Job.Placement, isStrict: Bool = false) {
        self.jobs = jobs
        self.placement = placement
        self.isStrict = isStrict
        isNow = false
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        var placement = Job.Placement()
        placement.priority = try invocation.priority()
        placement.queue = invocation.value("queue")
        let now = Instant(nanoseconds: Clock.realtime())
        placement.due = try invocation.time("at", now: now)
        try invocation.refuse("at", with: "now")
        isNow = invocation.has("now")
        if isNow { placement.due = now }
        self.placement = placement
        isStrict = invocation.has("strict")
        jobs = try JobChoice(invocation, MoveRequest.verb)
        guard hasChange else {
            throw .usage("nothing to change; name --priority, --queue, --at or --now")
        }
    }

    private var hasChange: Bool {
        placement.priority != nil || placement.queue != nil || placement.due != nil
    }

    /// - Parameter report: is told of the change before anything is said of workers.
    package func perform(
        in context: Context, _ report: (VerbResult) throws(SpoolError) -> Void = { _ in }
    ) throws(SpoolError) -> VerbResult {
        try PastTimes(isStrict: isStrict, context).check(
            context.word(.due), isNow ? nil : placement.due,
            now: Instant(nanoseconds: Clock.realtime()),
            "the jobs are ready at once")
        guard hasChange else {
            throw .usage(
                "nothing to change; name \(context.word(.priority)), \(context.word(.queue)) or"
                    + " \(context.word(.due))")
        }
        let spool = try jobs.openSpool(in: context, for: MoveRequest.verb)
        let result = try jobs.perform(MoveRequest.verb, in: context, spool) {
            location throws(SpoolError) in
            context.remarkOwnID(
                of: location, try spool.move(location.id, at: location, placement))
        }
        try report(result)
        if let queue = placement.queue, result.count > 0 {
            try UnservedJobs(context, spool).remark(queue: queue)
        }
        return result
    }
}
