import Spool

let cronRunCommand = CommandTable(
    "cron run", "run an entry now, once, whatever its schedule", operands: "ENTRY",
    options: [.noStart]
) { invocation throws(SpoolError) in
    try CronRunRequest(invocation).perform(in: invocation.context) { id throws(SpoolError) in
        try CronRunView.show(id, invocation.console)
    }
    return ExitStatus.success
}

package struct CronRunRequest {
    /// The name, or its beginning.
    package let entry: String
    /// Whether a daemon is started if no worker lives.
    package let startsDaemon: Bool

    package init(entry: String, startsDaemon: Bool) {
        self.entry = entry
        self.startsDaemon = startsDaemon
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        guard let name = invocation.operands.first else { throw .usage("name an entry") }
        guard invocation.operands.count == 1 else { throw .usage("one entry at a time") }
        self.init(entry: name, startsDaemon: invocation.startsDaemon)
    }

    /// - Parameter report: is told of the job as soon as it is in the spool.
    @discardableResult
    package func perform(
        in context: Context, _ report: (JobID) throws(SpoolError) -> Void = { _ in }
    ) throws(SpoolError) -> JobID {
        let spool = try context.openSpool(create: false)
        let job = try CronEntries(in: spool).find(entry).job(for: nil)
        let id = try spool.submit(job)
        try report(id)
        let workers = try Autostart(context, isWanted: startsDaemon).ensureWorker(of: spool)
        try UnservedJobs(context, spool).remark([job], workers)
        return id
    }
}
