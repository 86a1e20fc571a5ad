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
    try request.perform(in: invocation.context)
    return ExitStatus.success
}

let daemonCommand = CommandTable(
    "daemon", "run jobs, and queue what recurs",
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
        try request.perform(in: invocation.context) { view.show($0) }
        return view.status
    }
    let request = try WorkerRequest(
        invocation, isDaemon: true, idleLimit: try invocation.timeSpan("idle-exit"))
    let isReporting = invocation.has("report-ready")
    try request.perform(in: invocation.context) { event in
        if isReporting { ReadinessView.show(event, invocation.console) }
    }
    return ExitStatus.success
}

let schedulerCommand = CommandTable(
    "scheduler", "queue what recurs, in the foreground",
    options: [Option("once", nil, nil, "end when all that is due is decided")]
) { invocation throws(SpoolError) in
    try SchedulerRequest(invocation).perform(in: invocation.context)
    return ExitStatus.success
}

package struct SchedulerRequest {
    /// Whether it ends when all that is due is decided.
    package let isOnce: Bool

    package init(isOnce: Bool = false) {
        self.isOnce = isOnce
    }

    init(_ invocation: Invocation) throws(SpoolError) {
        try invocation.refuseOperands()
        isOnce = invocation.has("once")
    }

    package func perform(in context: Context) throws(SpoolError) {
        let scheduler = try Scheduler(spool: try context.openSpool(), report: context.remark)
        try scheduler.run(once: isOnce)
    }
}

package struct WorkerRequest {
    package let options: WorkerOptions

    package init(_ options: WorkerOptions) {
        self.options = options
    }

    init(
        _ invocation: Invocation, untilEmpty: Bool = false, isDaemon: Bool = false,
        idleLimit: TimeSpan? = nil
    ) throws(SpoolError) {
        try invocation.refuseOperands()
        var options = WorkerOptions()
        options.slots = try invocation.number("slots", WorkerSettings.possibleSlots)
        if invocation.has("queue") { options.queues = invocation.all("queue") }
        if invocation.has("offer") { options.offers = invocation.all("offer") }
        options.drains = invocation.has("drain")
        options.untilEmpty = untilEmpty
        options.schedules = isDaemon
        options.idleLimit = idleLimit
        self.options = options
    }

    /// A report of a daemon.
    package enum Event: String {
        /// Every new job would be noticed.
        case ready
        /// Another daemon is there already.
        case present
    }

    /// Works until it is told to end, or has nothing left to do if the options say so.
    ///
    /// - Parameter take: is told once every new job would be noticed, or that a daemon isn't needed.
    package func perform(
        in context: Context, _ take: (Event) -> Void = { _ in }
    ) throws(SpoolError) {
        try check(in: context)
        let spool = try context.openSpool()
        // Of several that were started at the same time as no worker ran, one is enough.
        var turn = options.idleLimit == nil ? nil : try NamedLocks(spool.storage).take("daemon")
        if let turn, !turn.isHeld { return take(.present) }
        let worker = try Worker(spool: spool, options: options, report: context.remark)
        // One that drains is in nobody's way.
        try worker.run(ready: { take(.ready) }, draining: { turn = nil })
        withExtendedLifetime(turn) {}
    }

    private func check(in context: Context) throws(SpoolError) {
        if let slots = options.slots {
            try context.require(slots, WorkerSettings.possibleSlots, .slots)
        }
        for queue in options.queues ?? [] where !NameRule.isName(queue) {
            throw .usage("\(context.word(.queues)) \(queue): \(NameRule.advice)")
        }
        for offer in options.offers ?? [] where !NameRule.isCapability(offer) {
            throw .usage("\(context.word(.offers)) \(offer): \(NameRule.advice)")
        }
    }
}
