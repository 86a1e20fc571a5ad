import Spool
import SpoolSystem
import SpoolTime

let submitCommand = CommandTable(
    "submit", "submit job files, or a job a line", operands: "FILE ... | -",
    options: [
        Option(
            "lines", "l", nil,
            "read each line as a job (JSON lines); by default the content decides"),
        Option("check", nil, nil, "only check whether they are jobs"),
        Option("hold", nil, nil, "don't queue them before 'spool release'"),
        PastTimes.option,
        .noStart,
    ]
) { invocation throws(SpoolError) in
    let request = try SubmitRequest(invocation)
    let view = SubmitView(total: request.jobs.count, console: invocation.console)
    if invocation.has("check") {
        try request.check(in: invocation.context)
        view.sayChecked()
    } else {
        try request.perform(in: invocation.context) { batch throws(SpoolError) in
            try view.show(batch)
        }
    }
    return ExitStatus.success
}

package struct SubmitRequest {
    package let jobs: [Job]
    package let isHeld: Bool
    /// Whether a time that has passed is an error.
    package let isStrict: Bool
    /// Whether a daemon is started if no worker lives.
    package let startsDaemon: Bool

    package init(_ jobs: [Job], isHeld: Bool = false, isStrict: Bool = false, startsDaemon: Bool) {
        self.jobs = jobs
        self.isHeld = isHeld
        self.isStrict = isStrict
        self.startsDaemon = startsDaemon
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        guard !invocation.operands.isEmpty else {
            throw .usage("name a file, or - for standard input")
        }
        var jobs: [Job] = []
        for file in invocation.operands {
            let input = JobInput(file: file, isLines: invocation.has("lines"))
            jobs += try input.read(invocation.caller)
        }
        self.init(
            jobs, isHeld: invocation.has("hold"), isStrict: invocation.has("strict"),
            startsDaemon: invocation.startsDaemon)
    }

    /// Requires that the fields of each job are valid and that it may start, and says which have times that have passed.
    package func check(in context: Context) throws(SpoolError) {
        let now = Instant(nanoseconds: Clock.realtime())
        for (index, job) in jobs.enumerated() {
            do throws(SpoolError) {
                try job.validate()
                if let fault = job.neverStarts(submittedAt: now) {
                    throw SpoolError(.invalidJob, fault)
                }
            } catch {
                let which = jobs.count > 1 ? "job \(index + 1) of \(jobs.count): " : ""
                throw SpoolError(error.code, which + error.message)
            }
        }
        try PastTimes(isStrict: isStrict, context).check(jobs)
    }

    /// Submits the jobs in batches: one sync for many jobs, and not all of them in memory twice.
    ///
    /// - Parameter take: is told of each batch once its jobs are in the spool, of the one that failed too.
    package func perform(
        in context: Context, _ take: (SubmittedBatch) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        try check(in: context)
        let spool = try context.openSpool()
        let parent = try context.ownJob
        for start in stride(from: 0, to: jobs.count, by: SubmitRequest.batch) {
            var batch = SubmittedBatch()
            let part = jobs[start..<min(start + SubmitRequest.batch, jobs.count)].map { job in
                var job = job
                job.parent = job.parent ?? parent
                return job
            }
            do throws(SpoolError) {
                try Submit(spool.storage).submit(part, held: isHeld, submitted: &batch.jobs)
            } catch {
                batch.failure = error
            }
            batch.count = start + batch.jobs.count
            try take(batch)
            if let failure = batch.failure { throw failure }
        }
        guard !jobs.isEmpty else { return }
        let workers = try Autostart(context, isWanted: startsDaemon).ensureWorker(
            of: spool, for: jobs.count)
        try UnservedJobs(context, spool).remark(jobs, workers)
    }

    private static let batch = 1000
}

/// Jobs that were submitted at once.
package struct SubmittedBatch {
    package internal(set) var jobs: [SubmittedJob] = []
    /// How many jobs are submitted so far.
    package internal(set) var count = 0
    /// The error that kept the rest of the batch from being submitted.
    package internal(set) var failure: SpoolError?
}
