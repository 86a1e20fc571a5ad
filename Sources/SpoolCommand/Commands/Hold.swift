import Spool

let holdCommand = CommandTable(
    "hold", "keep waiting jobs from starting", operands: JobVerb.operands,
    options: JobFilter.options
) { invocation throws(SpoolError) in
    let request = try VerbRequest(
        invocation, JobVerb("hold", "held", fits: JobFilter.waiting.subtracting([.held])))
    return VerbView.show(try request.hold(in: invocation.context), invocation.console)
}

let releaseCommand = CommandTable(
    "release", "let held jobs go their way", operands: JobVerb.operands,
    options: [.noStart] + JobFilter.options
) { invocation throws(SpoolError) in
    let request = try VerbRequest(invocation, JobVerb("release", "released", fits: [.held]))
    let context = invocation.context
    let result = try request.release(in: context)
    let status = VerbView.show(result, invocation.console)
    if result.hasQueued {
        try Autostart(invocation).ensureWorker(of: context.openSpool(create: false))
    }
    return status
}

extension VerbRequest {
    func hold(in context: Context) throws(SpoolError) -> VerbResult {
        let spool = try openSpool(in: context)
        return try result(in: context, spool) { location throws(SpoolError) in
            context.remarkOwnID(of: location, try spool.hold(location.id, at: location))
        }
    }

    func release(in context: Context) throws(SpoolError) -> VerbResult {
        let spool = try openSpool(in: context)
        var result = try result(in: context, spool) { location throws(SpoolError) in
            context.remarkOwnID(of: location, try spool.release(location.id, at: location))
        }
        result.hasQueued = result.count > 0
        return result
    }
}
