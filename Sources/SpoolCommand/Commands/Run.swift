import Spool
import SpoolSystem
import SpoolTime

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
    var end = WaitView(for: request.follows ? .follow : .run, invocation.console)
    defer { end.stop() }
    try request.perform(in: invocation.context) { event throws(SpoolError) in
        switch event {
        case .submitted(let result): try view.show(result)
        case .wait(let event): try end.show(event)
        }
    }
    return end.end()
}

/// A job, such as one of a command line.
package struct RunRequest {
    package let job: Job
    package let isHeld: Bool
    /// Whether its output is wanted while it runs.
    package let follows: Bool
    /// Whether its end is wanted.
    package let waits: Bool
    /// Whether the job itself is wanted as it was written.
    package let wantsEntry: Bool
    /// Whether a time that has passed is an error.
    package let isStrict: Bool
    /// Whether a daemon is started if no worker lives.
    package let startsDaemon: Bool

    package init(
        _ job: Job, isHeld: Bool = false, follows: Bool = false, waits: Bool = false,
        wantsEntry: Bool = false, isStrict: Bool = false, startsDaemon: Bool
    ) {
        self.job = job
        self.isHeld = isHeld
        self.follows = follows
        self.waits = follows || waits
        self.wantsEntry = wantsEntry
        self.isStrict = isStrict
        self.startsDaemon = startsDaemon
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        self.init(
            try JobLine(invocation).job(), isHeld: invocation.has("hold"),
            follows: invocation.has("follow"), waits: invocation.has("wait"),
            wantsEntry: invocation.has("json"), isStrict: invocation.has("strict"),
            startsDaemon: invocation.startsDaemon)
    }

    /// Puts the job into the spool, sees to it that somebody runs it and, if asked for, waits for its end.
    ///
    /// - Parameter take: is told of the job as soon as it is in the spool.
    @discardableResult
    package func perform(
        in context: Context, _ take: (RunEvent) throws(SpoolError) -> Void = { _ in }
    ) throws(SpoolError) -> RunResult {
        // Before the spool is made: nothing is left of a job that is refused.
        try job.validate()
        let now = Instant(nanoseconds: Clock.realtime())
        if let fault = job.neverStarts(submittedAt: now) { throw .usage(fault) }
        try PastTimes(isStrict: isStrict, context).check(job, now: now)
        let spool = try context.openSpool()
        let submitted = try Submit(spool.storage).place(job, held: isHeld)
        let location = submitted.location
        let entry = wantsEntry ? try spool.entry(of: location.id) : nil
        let result = RunResult(id: location.id, isEarlier: submitted.isEarlier, entry: entry)
        try take(.submitted(result))
        let workers = try Autostart(context, isWanted: startsDaemon).ensureWorker(of: spool)
        guard waits else {
            try UnservedJobs(context, spool).remark([job], workers)
            return result
        }
        guard workers != .none else {
            throw SpoolError(
                .busy,
                "job \(location.id) stays queued: 'spool worker' runs it, 'spool logs --follow"
                    + " \(location.id)' waits for it")
        }
        try Waiting(for: [location], in: spool, follows: follows).results {
            event throws(SpoolError) in
            try take(.wait(event))
        }
        return result
    }
}

package enum RunEvent {
    /// The job is in the spool, and nobody may run it yet.
    case submitted(RunResult)
    case wait(WaitEvent)
}

package struct RunResult {
    package let id: JobID
    /// Whether it is an earlier job, which has the key of the one that was to be submitted.
    package let isEarlier: Bool
    /// nil: it wasn't asked for.
    package let entry: JobEntry?
}
