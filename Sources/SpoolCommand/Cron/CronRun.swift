import Spool

let cronRunCommand = CommandTable(
    "cron run", "run an entry now, once, whatever its schedule", operands: "ENTRY",
    options: [.noStart]
) { invocation throws(SpoolError) in
    let context = invocation.context
    let result = try CronRunRequest(invocation).result(in: context)
    try invocation.console.print(result.id.description)
    try invocation.console.flush()
    try Autostart(invocation).ensureWorker(of: result.spool)
    try UnservedJobs(context, result.spool).remark([result.job])
    return ExitStatus.success
}

struct CronRunRequest {
    let entry: String

    init(_ invocation: Invocation) throws(SpoolError) {
        guard let name = invocation.operands.first else { throw .usage("name an entry") }
        guard invocation.operands.count == 1 else { throw .usage("one entry at a time") }
        entry = name
    }

    func result(in context: Context) throws(SpoolError) -> CronRunResult {
        let spool = try context.openSpool(create: false)
        let job = try CronEntries(in: spool).find(entry).job(for: nil)
        return CronRunResult(spool: spool, job: job, id: try spool.submit(job))
    }
}

struct CronRunResult {
    let spool: SpoolDirectory
    let job: Job
    let id: JobID
}
