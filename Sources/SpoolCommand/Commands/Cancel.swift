import Spool

let cancelCommand = CommandTable(
    "cancel", "end jobs: waiting ones never start, running ones are stopped",
    operands: JobVerb.operands,
    options: [Option("wait", "w", nil, "wait until they have ended")]
        + JobFilter.options(of: CancelRequest.verb.possible)
) { invocation throws(SpoolError) in
    var view = WaitView(for: .cancel, invocation.console)
    defer { view.stop() }
    let result = try CancelRequest(invocation).perform(in: invocation.context) {
        event throws(SpoolError) in
        switch event {
        case .cancelled(let result): VerbView.say(result, invocation.console)
        case .wait(let event): try view.show(event)
        }
    }
    _ = view.end()
    return ExitStatus.status(for: result.failures)
}

package struct CancelRequest {
    package let jobs: JobChoice
    /// Whether the ends of running jobs are waited for.
    package let waits: Bool

    fileprivate static let verb = JobVerb(
        "cancel", "cancelled", fits: JobFilter.waiting.union([.running]))

    package init(_ jobs: JobChoice, waits: Bool = false) {
        self.jobs = jobs
        self.waits = waits
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        jobs = try JobChoice(invocation, CancelRequest.verb)
        waits = invocation.has("wait")
    }

    package func perform(
        in context: Context, _ take: (CancelEvent) throws(SpoolError) -> Void = { _ in }
    ) throws(SpoolError) -> VerbResult {
        let spool = try jobs.openSpool(in: context, for: CancelRequest.verb)
        var stopping: [JobLocation] = []
        let result = try jobs.perform(CancelRequest.verb, in: context, spool) {
            location throws(SpoolError) in
            if try !spool.cancel(location.id, at: location) { stopping.append(location) }
        }
        try take(.cancelled(result))
        guard waits, !stopping.isEmpty else { return result }
        try Waiting(for: stopping, in: spool).results { event throws(SpoolError) in
            try take(.wait(event))
        }
        return result
    }
}

package enum CancelEvent {
    /// Waiting jobs have ended, and running ones have been asked to.
    case cancelled(VerbResult)
    /// Of the running ones.
    case wait(WaitEvent)
}
