import Spool

let holdCommand = CommandTable(
    "hold", "keep waiting jobs from starting", operands: JobVerb.operands,
    options: JobFilter.options(of: HoldRequest.verb.possible)
) { invocation throws(SpoolError) in
    let result = try HoldRequest(invocation).perform(in: invocation.context)
    return VerbView.show(result, invocation.console)
}

package struct HoldRequest {
    package let jobs: JobChoice

    fileprivate static let verb = JobVerb(
        "hold", "held", fits: JobFilter.waiting.subtracting([.held]))

    package init(_ jobs: JobChoice) {
        self.jobs = jobs
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        jobs = try JobChoice(invocation, HoldRequest.verb)
    }

    package func perform(in context: Context) throws(SpoolError) -> VerbResult {
        let spool = try jobs.openSpool(in: context, for: HoldRequest.verb)
        return try jobs.perform(HoldRequest.verb, in: context, spool) {
            location throws(SpoolError) in
            context.remarkOwnID(of: location, try spool.hold(location.id, at: location))
        }
    }
}

let releaseCommand = CommandTable(
    "release", "let held jobs go on", operands: JobVerb.operands,
    options: [.noStart] + JobFilter.options(of: ReleaseRequest.verb.possible)
) { invocation throws(SpoolError) in
    let result = try ReleaseRequest(invocation).perform(in: invocation.context) { changed in
        VerbView.say(changed, invocation.console)
    }
    return ExitStatus.status(for: result.failures)
}

package struct ReleaseRequest {
    package let jobs: JobChoice
    /// Whether a daemon is started if no worker lives.
    package let startsDaemon: Bool

    fileprivate static let verb = JobVerb("release", "released", fits: [.held])

    package init(_ jobs: JobChoice, startsDaemon: Bool) {
        self.jobs = jobs
        self.startsDaemon = startsDaemon
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        jobs = try JobChoice(invocation, ReleaseRequest.verb)
        startsDaemon = invocation.startsDaemon
    }

    /// - Parameter report: is told of the change before a daemon is started.
    package func perform(
        in context: Context, _ report: (VerbResult) throws(SpoolError) -> Void = { _ in }
    ) throws(SpoolError) -> VerbResult {
        let verb = ReleaseRequest.verb
        let spool = try jobs.openSpool(in: context, for: verb)
        let result = try jobs.perform(verb, in: context, spool) { location throws(SpoolError) in
            context.remarkOwnID(of: location, try spool.release(location.id, at: location))
        }
        try report(result)
        if result.count > 0 {
            try Autostart(context, isWanted: startsDaemon).ensureWorker(
                of: spool, for: result.count)
        }
        return result
    }
}
