import Spool

let retryCommand = CommandTable(
    "retry", "queue ended jobs again: their tries start anew", operands: JobVerb.operands,
    options: [.noStart] + JobFilter.options
) { invocation throws(SpoolError) in
    let context = invocation.context
    let result = try RetryRequest(invocation).result(in: context)
    let status = VerbView.show(result, invocation.console)
    if result.hasQueued {
        try Autostart(invocation).ensureWorker(of: context.openSpool(create: false))
    }
    return status
}

struct RetryRequest {
    /// The jobs, among whose names may be files that were rejected.
    let jobs: VerbRequest

    private static let verb = JobVerb(
        "retry", "queued again", fits: JobFilter.failed.union([.completed, .cancelled]),
        usually: JobFilter.failed)

    init(_ invocation: Invocation) throws(SpoolError) {
        jobs = try VerbRequest(invocation, RetryRequest.verb)
    }

    func result(in context: Context) throws(SpoolError) -> VerbResult {
        let spool = try context.openSpool(create: false)
        var result = VerbResult()
        var names: [String] = []
        var hasQueued = false
        for name in jobs.names {
            guard
                let file = RejectedFiles(spool.storage).file(naming: name)?.path.split(
                    separator: "/"
                ).last
            else {
                names.append(name)
                continue
            }
            // It was no job, and has been put right meanwhile.
            context.attempt(&result.failures) { () throws(SpoolError) in
                if try spool.retryRejected(String(file)) { hasQueued = true }
            }
        }
        if jobs.names.isEmpty || !names.isEmpty {
            let others = try jobs.with(names: names).result(in: context, spool) {
                location throws(SpoolError) in
                try spool.retry(location.id, at: location)
            }
            result.count += others.count
            result.failures += others.failures
            result.done = others.done
            result.others = others.others
        }
        result.hasQueued = hasQueued || result.count > 0
        return result
    }
}
