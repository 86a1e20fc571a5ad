import Spool

let retryCommand = CommandTable(
    "retry", "queue ended jobs again: their attempts start anew", operands: JobVerb.operands,
    options: [.noStart] + JobFilter.options(of: RetryRequest.verb.possible)
) { invocation throws(SpoolError) in
    let result = try RetryRequest(invocation).perform(in: invocation.context) { changed in
        VerbView.say(changed, invocation.console)
    }
    return ExitStatus.status(for: result.failures)
}

package struct RetryRequest {
    /// Among their names may be files that were rejected.
    package let jobs: JobChoice
    /// Whether a daemon is started if no worker lives.
    package let startsDaemon: Bool

    fileprivate static let verb = JobVerb(
        "retry", "queued again", fits: JobFilter.failed.union([.completed, .cancelled]),
        usually: JobFilter.failed)

    package init(_ jobs: JobChoice, startsDaemon: Bool) {
        self.jobs = jobs
        self.startsDaemon = startsDaemon
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        jobs = try JobChoice(invocation, RetryRequest.verb)
        startsDaemon = invocation.startsDaemon
    }

    /// - Parameter report: is told of the change before a daemon is started.
    package func perform(
        in context: Context, _ report: (VerbResult) throws(SpoolError) -> Void = { _ in }
    ) throws(SpoolError) -> VerbResult {
        let spool = try context.openSpool(create: false)
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
        let others =
            names.isEmpty && !files.isEmpty ? nil : JobChoice(names: names, filter: jobs.filter)
        try others?.check(for: RetryRequest.verb, in: context)
        var failures: [SpoolError] = []
        var queued = 0
        for file in files {
            // It was no job, and has been put right meanwhile.
            context.attempt(&failures) { () throws(SpoolError) in
                if try spool.retryRejected(file) { queued += 1 }
            }
        }
        var result = VerbResult()
        if let others {
            result = try others.perform(RetryRequest.verb, in: context, spool) {
                location throws(SpoolError) in
                try spool.retry(location.id, at: location)
            }
        }
        result.failures = failures + result.failures
        try report(result)
        queued += result.count
        if queued > 0 {
            try Autostart(context, isWanted: startsDaemon).ensureWorker(of: spool, for: queued)
        }
        return result
    }
}
