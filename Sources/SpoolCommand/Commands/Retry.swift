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
        var files: [String] = []
        for name in jobs.names {
            let file = RejectedFiles(spool.storage).file(naming: name)?.path
            if let last = file?.split(separator: "/").last {
                files.append(String(last))
            } else {
                names.append(name)
            }
        }
        // A filter is about jobs: it is no matter if only rejected files are named.
        let others = names.isEmpty && !files.isEmpty ? nil : jobs.with(names: names)
        try others?.check()
        var hasQueued = false
        for file in files {
            // It was no job, and has been put right meanwhile.
            context.attempt(&result.failures) { () throws(SpoolError) in
                if try spool.retryRejected(file) { hasQueued = true }
            }
        }
        if let others {
            let others = try others.result(in: context, spool) { location throws(SpoolError) in
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
