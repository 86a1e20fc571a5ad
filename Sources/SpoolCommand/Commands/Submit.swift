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
    let console = invocation.console
    if invocation.has("check") {
        console.say(MessageText.count(request.jobs.count, "job") + ", no errors")
        return ExitStatus.success
    }
    let spool = try invocation.context.openSpool()
    try request.results(in: invocation.context, spool) { batch throws(SpoolError) in
        try console.announce(batch.ids)
        if batch.failure != nil {
            let which = batch.count == 0 ? "none" : "the first \(batch.count)"
            console.say(
                "\(which) of \(MessageText.count(request.jobs.count, "job")) are submitted")
        }
    }
    if !request.jobs.isEmpty { try Autostart(invocation).ensureWorker(of: spool) }
    try UnservedJobs(invocation.context, spool).remark(request.jobs)
    return ExitStatus.success
}

struct SubmitRequest {
    let jobs: [Job]
    let isHeld: Bool

    init(_ invocation: Invocation) throws(SpoolError) {
        guard !invocation.operands.isEmpty else {
            throw .usage("name a file, or - for standard input")
        }
        var jobs: [Job] = []
        for file in invocation.operands {
            let input = JobInput(file: file, isLines: invocation.has("lines"))
            jobs += try input.read(invocation.caller)
        }
        let now = Instant(nanoseconds: Clock.realtime())
        if let fault = jobs.lazy.compactMap({ $0.neverStarts(submittedAt: now) }).first {
            throw SpoolError(.invalidJob, fault)
        }
        try PastTimes(invocation).check(jobs)
        self.jobs = jobs
        isHeld = invocation.has("hold")
    }

    /// Submits the jobs in batches: one sync for many jobs, and not all of them in memory twice.
    ///
    /// - Parameter take: is told of each batch once its jobs are in the spool, of the one that failed too.
    func results(
        in context: Context, _ spool: SpoolDirectory,
        _ take: (SubmittedBatch) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        let parent = try context.ownJob
        for start in stride(from: 0, to: jobs.count, by: SubmitRequest.batch) {
            var batch = SubmittedBatch()
            let part = jobs[start..<min(start + SubmitRequest.batch, jobs.count)].map { job in
                var job = job
                job.parent = job.parent ?? parent
                return job
            }
            do throws(SpoolError) {
                try spool.submit(part, held: isHeld, submitted: &batch.ids)
            } catch {
                batch.failure = error
            }
            batch.count = start + batch.ids.count
            try take(batch)
            if let failure = batch.failure { throw failure }
        }
    }

    private static let batch = 1000
}

/// Jobs that were submitted at once.
struct SubmittedBatch {
    var ids: [JobID] = []
    /// How many jobs are submitted so far.
    var count = 0
    /// The error that kept the rest of the batch from being submitted.
    var failure: SpoolError?
}
