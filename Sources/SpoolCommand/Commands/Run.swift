import Spool

let runCommand = CommandTable(
    "run", "submit a command line", operands: "COMMAND [ARGUMENT ...]", stopsAtOperand: true,
    options: [
        Option("wait", "w", nil, "wait for the end, and exit with the job's own code"),
        Option("follow", "f", nil, "the same, and show its output while it runs"),
        Option("shell", "c", "LINE", "a line for /bin/sh in place of COMMAND; - reads a script"),
        Option(
            "stdin", "i", "FILE",
            "the file that the command reads; - submits standard input with the job"),
        Option("cwd", "C", "DIRECTORY", "the directory where it runs (default: here)"),
        Option(
            "env", "e", "NAME=VALUE", "set a variable; NAME alone copies it from this environment"),
        Option("clean-env", nil, nil, "submit no other variables"),
    ] + JobOptions.table + [
        .noStart,
        Option("json", nil, nil, "print the job as JSON, not its id"),
    ]
) { invocation throws(SpoolError) in
    let request = try RunRequest(invocation)
    let view = RunView(
        isJSON: invocation.has("json"), follows: request.follows, invocation.console)
    let result = try request.result(in: invocation.context)
    try view.show(result)
    let isServed = try Autostart(invocation).ensureWorker(of: result.spool)
    guard request.waits else {
        try UnservedJobs(invocation.context, result.spool).remark([request.job])
        return ExitStatus.success
    }
    let id = result.location.id
    guard isServed else {
        throw SpoolError(
            .busy,
            "job \(id) stays queued: 'spool worker' runs it, 'spool logs --follow \(id)' waits for it"
        )
    }
    let waiting = Waiting(for: [result.location], in: result.spool, follows: request.follows)
    var end = WaitView(for: request.follows ? .follow : .run, invocation.console)
    return try end.show(waiting)
}

/// A job from a command line.
struct RunRequest {
    let job: Job
    let isHeld: Bool
    /// Whether its output is wanted while it runs.
    let follows: Bool
    /// Whether its end is wanted.
    let waits: Bool
    /// Whether the job itself is wanted as it was written.
    let wantsEntry: Bool

    init(_ invocation: Invocation) throws(SpoolError) {
        job = try JobLine(invocation).job()
        isHeld = invocation.has("hold")
        follows = invocation.has("follow")
        waits = follows || invocation.has("wait")
        wantsEntry = invocation.has("json")
    }

    /// Puts the job into the spool.
    func result(in context: Context) throws(SpoolError) -> RunResult {
        let spool = try context.openSpool()
        let location = try Submit(spool.storage).place(job, held: isHeld)
        let entry = wantsEntry ? try spool.entry(of: location.id) : nil
        return RunResult(spool: spool, location: location, entry: entry)
    }
}

struct RunResult {
    let spool: SpoolDirectory
    let location: JobLocation
    /// nil: it wasn't asked for.
    let entry: JobEntry?
}
