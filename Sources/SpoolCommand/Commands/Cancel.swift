import Spool

let cancelCommand = CommandTable(
    "cancel", "end jobs: waiting ones never start, running ones are stopped",
    operands: JobVerb.operands,
    options: [Option("wait", "w", nil, "wait until they have ended")] + JobFilter.options
) { invocation throws(SpoolError) in
    let request = try CancelRequest(invocation)
    let result = try request.result(in: invocation.context)
    let status = VerbView.show(result.cancelled, invocation.console)
    guard request.waits, !result.stopping.isEmpty else { return status }
    let spool = try invocation.context.openSpool(create: false)
    var view = WaitView(for: .cancel, invocation.console)
    _ = try view.show(Waiting(for: result.stopping, in: spool))
    return status
}

struct CancelRequest {
    let jobs: VerbRequest
    let waits: Bool

    private static let verb = JobVerb(
        "cancel", "cancelled", fits: JobFilter.waiting.union([.running]))

    init(_ invocation: Invocation) throws(SpoolError) {
        jobs = try VerbRequest(invocation, CancelRequest.verb)
        waits = invocation.has("wait")
    }

    func result(in context: Context) throws(SpoolError) -> CancelResult {
        let spool = try jobs.openSpool(in: context)
        var stopping: [JobLocation] = []
        let cancelled = try jobs.result(in: context, spool) { location throws(SpoolError) in
            if try !spool.cancel(location.id, at: location) { stopping.append(location) }
        }
        return CancelResult(cancelled: cancelled, stopping: stopping)
    }
}

struct CancelResult {
    let cancelled: VerbResult
    /// The jobs that run, and have been asked to end.
    let stopping: [JobLocation]
}
