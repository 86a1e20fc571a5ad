import Spool
import SpoolRunner
import SpoolSystem

private let workerOptions: [Option] = [
    Option("slots", "j", "COUNT", "how many jobs run at once (default: the processors)"),
    Option("queue", "q", "QUEUE", "serve only this queue; may be repeated"),
    Option("offer", "o", "CAPABILITY", "take jobs that require this; may be repeated"),
    Option("drain", nil, nil, "on SIGTERM wait for the running jobs; on a second one end at once"),
]

let workerCommand = CommandTable(
    "worker", "run jobs, in the foreground",
    options: workerOptions + [
        Option("until-empty", nil, nil, "end when nothing is left to run")
    ]
) { invocation throws(SpoolError) in
    let request = try WorkerRequest(invocation, untilEmpty: invocation.has("until-empty"))
    try request.run(in: invocation.context)
    return ExitStatus.success
}

let daemonCommand = CommandTable(
    "daemon", "run jobs, and enqueue what recurs",
    options: workerOptions + [
        Option("idle-exit", nil, "TIME", "end after this long without work"),
        Option(
            "report-ready", nil, nil,
            "write \"ready\" when the daemon notices new jobs, or \"present\" if another daemon runs"
        ),
    ] + DaemonControlRequest.options
) { invocation throws(SpoolError) in
    try invocation.refuseOperands()
    if let request = try DaemonControlRequest(invocation) {
        var view = DaemonControlView(invocation.console)
        try request.results(in: invocation.context) { view.show($0) }
        return view.status
    }
    let request = try WorkerRequest(
        invocation, isDaemon: true, idleLimit: try invocation.timeSpan("idle-exit"))
    let console = invocation.console
    try request.runAsDaemon(in: invocation.context) { event in
        guard invocation.has("report-ready") else { return }
        try? console.print(event.rawValue)
        try? console.flush()
        // A process that waits for the end of our output needn't wait for our own end.
        StandardStreams.detachOutput()
    }
    return ExitStatus.success
}

let schedulerCommand = CommandTable(
    "scheduler", "enqueue what recurs, in the foreground",
    options: [Option("once", nil, nil, "end when all that is due is decided")]
) { invocation throws(SpoolError) in
    try SchedulerRequest(invocation).run(in: invocation.context)
    return ExitStatus.success
}

struct SchedulerRequest {
    /// Whether it ends when all that is due is decided.
    let isOnce: Bool

    init(_ invocation: Invocation) throws(SpoolError) {
        try invocation.refuseOperands()
        isOnce = invocation.has("once")
    }

    func run(in context: Context) throws(SpoolError) {
        let scheduler = try Scheduler(spool: try context.openSpool(), report: context.remark)
        try scheduler.run(once: isOnce)
    }
}

struct WorkerRequest {
    let options: WorkerOptions

    init(
        _ invocation: Invocation, untilEmpty: Bool = false, isDaemon: Bool = false,
        idleLimit: TimeSpan? = nil
    ) throws(SpoolError) {
        try invocation.refuseOperands()
        var options = WorkerOptions()
        options.slots = try invocation.number("slots", 1...1024)
        if invocation.has("queue") { options.queues = invocation.all("queue") }
        if invocation.has("offer") { options.offers = invocation.all("offer") }
        for queue in options.queues ?? [] where !NameRule.isName(queue) {
            throw .usage("--queue \(queue): \(NameRule.advice)")
        }
        for offer in options.offers ?? [] where !NameRule.isCapability(offer) {
            throw .usage("--offer \(offer): \(NameRule.advice)")
        }
        options.drains = invocation.has("drain")
        options.untilEmpty = untilEmpty
        options.schedules = isDaemon
        options.idleLimit = idleLimit
        self.options = options
    }

    /// A report of a daemon.
    enum Event: String {
        /// Every new job would be noticed.
        case ready
        /// Another daemon is there already.
        case present
    }

    /// - Parameters:
    ///   - ready: is called once every new job would be noticed.
    ///   - draining: is called when it takes no more jobs.
    func run(
        in context: Context, ready: () -> Void = {}, draining: @escaping () -> Void = {}
    ) throws(SpoolError) {
        let spool = try context.openSpool()
        let worker = try Worker(spool: spool, options: options, report: context.remark)
        try worker.run(ready: ready, draining: draining)
    }

    func runAsDaemon(in context: Context, _ take: (Event) -> Void) throws(SpoolError) {
        let spool = try context.openSpool()
        // Of several that were started at the same time as no worker ran, one is enough.
        var turn = options.idleLimit == nil ? nil : try NamedLocks(spool.storage).take("daemon")
        if let turn, !turn.isHeld { return take(.present) }
        // One that drains is in nobody's way.
        try run(in: context, ready: { take(.ready) }, draining: { turn = nil })
        withExtendedLifetime(turn) {}
    }
}
