import Spool
import SpoolRunner
import SpoolSystem

private let workerOptions: [Option] = [
    Option("slots", "j", "COUNT", "how many jobs run at once (default: the processors)"),
    Option("queue", "q", "QUEUE", "serve only this queue; may be given several times"),
    Option("offer", "o", "CAPABILITY", "take jobs that require this; may be given several times"),
    Option("drain", nil, nil, "on SIGTERM wait for the running jobs; a second one leaves at once"),
]

let workerCommand = CommandTable(
    "worker", "run jobs, in the foreground",
    options: workerOptions + [
        Option("until-empty", nil, nil, "end when nothing is left to run")
    ]
) { invocation throws(SpoolError) in
    try invocation.refuseOperands()
    var options = try workerChoices(invocation)
    options.untilEmpty = invocation.has("until-empty")
    try work(invocation, options, ready: {})
    return ExitStatus.success
}

let daemonCommand = CommandTable(
    "daemon", "run jobs, and enqueue what recurs",
    options: workerOptions + [
        Option("idle-exit", nil, "TIME", "end after this long without work"),
        Option(
            "report-ready", nil, nil,
            "write \"ready\" once every new job would be noticed, or \"present\" when there is a daemon"
        ),
    ] + DaemonControl.options
) { invocation throws(SpoolError) in
    try invocation.refuseOperands()
    if let control = try DaemonControl(invocation) { return try control.run() }
    var options = try workerChoices(invocation)
    options.idleLimit = try invocation.timeSpan("idle-exit")
    options.schedules = true
    let console = invocation.console
    let announce: (String) -> Void = { word in
        guard invocation.has("report-ready") else { return }
        try? console.print(word)
        try? console.flush()
        // Whoever waits for the end of our output needn't wait for ours.
        ProcessControl.detachOutput()
    }
    let spoolDirectory = try invocation.openSpool()
    // Of several that were started for want of a worker at the same time, one is enough.
    var turn = options.idleLimit == nil ? nil : try spoolDirectory.takeTurn("daemon")
    if let turn, !turn.isOurs {
        announce("present")
        return ExitStatus.success
    }
    // One that drains is in nobody's way.
    try work(invocation, options, ready: { announce("ready") }, draining: { turn = nil })
    withExtendedLifetime(turn) {}
    return ExitStatus.success
}

let schedulerCommand = CommandTable(
    "scheduler", "enqueue what recurs, in the foreground",
    options: [Option("once", nil, nil, "end when all that is due is decided")]
) { invocation throws(SpoolError) in
    try invocation.refuseOperands()
    let spoolDirectory = try invocation.openSpool()
    let console = invocation.console
    let scheduler = try Scheduler(spool: spoolDirectory) { console.say($0) }
    try scheduler.run(once: invocation.has("once"))
    return ExitStatus.success
}

private func workerChoices(_ invocation: Invocation) throws(SpoolError) -> WorkerOptions {
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
    return options
}

private func work(
    _ invocation: Invocation, _ options: WorkerOptions, ready: () -> Void,
    draining: @escaping () -> Void = {}
) throws(SpoolError) {
    let spoolDirectory = try invocation.openSpool()
    let console = invocation.console
    let worker = try Worker(spool: spoolDirectory, options: options) { console.say($0) }
    try worker.run(ready: ready, draining: draining)
}
