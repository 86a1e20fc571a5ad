import Spool

let cronRunCommand = CommandTable(
    "cron run", "run an entry now, once, whatever its schedule", operands: "ENTRY",
    options: [.noStart]
) { invocation throws(SpoolError) in
    guard let name = invocation.operands.first else { throw .usage("name an entry") }
    guard invocation.operands.count == 1 else { throw .usage("one entry at a time") }
    let spoolDirectory = try invocation.openSpool(create: false)
    let job = try CronEntries(in: spoolDirectory).find(name).job(for: nil)
    let id = try spoolDirectory.submit(job)
    try invocation.console.print(id.description)
    try invocation.console.flush()
    try invocation.ensureWorker(of: spoolDirectory)
    try invocation.tellUnserved([job], in: spoolDirectory)
    return ExitStatus.success
}
