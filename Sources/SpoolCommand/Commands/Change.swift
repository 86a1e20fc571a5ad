import Spool
import SpoolSystem
import SpoolTime

let cancelCommand = CommandTable(
    "cancel", "end jobs: waiting ones never start, running ones are stopped",
    operands: JobVerb.operands,
    options: [Option("wait", "w", nil, "wait until they have ended")] + JobFilter.options
) { invocation throws(SpoolError) in
    var asked: [JobLocation] = []
    let verb = JobVerb("cancelled", fits: JobFilter.waiting.union([.running]))
    let status = try invocation.forEachJob(verb) { spoolDirectory, location throws(SpoolError) in
        if try !spoolDirectory.cancel(location.id, at: location) { asked.append(location) }
    }
    guard invocation.has("wait"), !asked.isEmpty else { return status }
    let session = WaitSession(
        try invocation.openSpool(create: false), invocation.console, for: .cancel)
    _ = try session.wait(for: asked, deadline: nil)
    return status
}

let retryCommand = CommandTable(
    "retry", "queue ended jobs again: their tries start anew", operands: JobVerb.operands,
    options: [.noStart] + JobFilter.options
) { invocation throws(SpoolError) in
    let spoolDirectory = try invocation.openSpool(create: false)
    var jobs: [String] = []
    var status = ExitStatus.success
    var hasQueued = false
    for operand in invocation.operands {
        guard
            let name = spoolDirectory.rejectedFile(naming: operand)?.path.split(separator: "/").last
        else {
            jobs.append(operand)
            continue
        }
        // One that was no job, and has been put right meanwhile.
        invocation.goOn(&status) { () throws(SpoolError) in
            if try spoolDirectory.retryRejected(String(name)) { hasQueued = true }
        }
    }
    if invocation.operands.isEmpty || !jobs.isEmpty {
        let verb = JobVerb(
            "queued again", fits: JobFilter.failed.union([.completed, .cancelled]),
            usually: JobFilter.failed)
        let others = try invocation.with(operands: jobs).forEachJob(verb) {
            spoolDirectory, location throws(SpoolError) in
            try spoolDirectory.retry(location.id, at: location)
            hasQueued = true
        }
        if status == ExitStatus.success { status = others }
    }
    if hasQueued { try invocation.ensureWorker(of: spoolDirectory) }
    return status
}

let holdCommand = CommandTable(
    "hold", "keep waiting jobs from starting", operands: JobVerb.operands,
    options: JobFilter.options
) { invocation throws(SpoolError) in
    let verb = JobVerb("held", fits: JobFilter.waiting.subtracting([.held]))
    return try invocation.forEachJob(verb) { spoolDirectory, location throws(SpoolError) in
        invocation.tellOwnID(of: location, try spoolDirectory.hold(location.id, at: location))
    }
}

let releaseCommand = CommandTable(
    "release", "let held jobs go their way", operands: JobVerb.operands,
    options: [.noStart] + JobFilter.options
) { invocation throws(SpoolError) in
    var hasReleased = false
    let status = try invocation.forEachJob(JobVerb("released", fits: [.held])) {
        spoolDirectory, location throws(SpoolError) in
        invocation.tellOwnID(of: location, try spoolDirectory.release(location.id, at: location))
        hasReleased = true
    }
    if hasReleased {
        try invocation.ensureWorker(of: try invocation.openSpool(create: false))
    }
    return status
}

let moveCommand = CommandTable(
    "move", "give waiting jobs another priority, queue or time", operands: JobVerb.operands,
    options: [
        Option("priority", "p", "PRIORITY", "critical, high, normal, low, maintenance, 0 to 9"),
        Option("queue", "q", "QUEUE", "the queue"),
        Option("at", nil, "TIME", "not before this time, or this long from now"),
        Option("now", nil, nil, "without waiting for its time"),
        Invocation.strict,
        Option("from-queue", nil, "QUEUE", "only jobs of this queue"),
        JobFilter.all, JobFilter.state,
    ] + JobFilter.groups + JobFilter.labels
) { invocation throws(SpoolError) in
    var placement = SpoolDirectory.Placement()
    placement.priority = try invocation.value(
        "priority", "critical, high, normal, low, maintenance or 0 to 9"
    ) { Job.Priority($0) }
    placement.queue = invocation.value("queue")
    let now = Instant(nanoseconds: Clock.realtime())
    placement.due = try invocation.time("at", now: now)
    try invocation.tellPast("--at", placement.due, now: now, "the jobs are ready at once")
    if invocation.has("now") {
        guard placement.due == nil else { throw .usage("--at and --now exclude each other") }
        placement.due = now
    }
    guard placement.priority != nil || placement.queue != nil || placement.due != nil else {
        throw .usage("nothing to change; name --priority, --queue, --at or --now")
    }
    let verb = JobVerb("moved", fits: JobFilter.waiting, queue: "from-queue")
    var target: SpoolDirectory?
    let status = try invocation.forEachJob(verb) { spoolDirectory, location throws(SpoolError) in
        invocation.tellOwnID(
            of: location, try spoolDirectory.move(location.id, at: location, placement))
        target = spoolDirectory
    }
    if let queue = placement.queue, let target {
        try invocation.tellUnserved(queue: queue, in: target)
    }
    return status
}

let pauseCommand = CommandTable(
    "pause", "start no more jobs; what runs goes on", operands: "[QUEUE ...]", options: []
) { invocation throws(SpoolError) in
    let spoolDirectory = try invocation.openSpool()
    var status = ExitStatus.success
    for queue in invocation.operands.isEmpty ? [nil] : invocation.operands.map(Optional.some) {
        invocation.goOn(&status) { () throws(SpoolError) in
            try spoolDirectory.pause(queue: queue)
        }
    }
    return status
}

let resumeCommand = CommandTable(
    "resume", "let paused queues go on", operands: "[QUEUE ...]", options: [.noStart]
) { invocation throws(SpoolError) in
    let spoolDirectory = try invocation.openSpool(create: false)
    let console = invocation.console
    var status = ExitStatus.success
    for queue in invocation.operands.isEmpty ? [nil] : invocation.operands.map(Optional.some) {
        invocation.goOn(&status) { () throws(SpoolError) in
            if try !spoolDirectory.resume(queue: queue) {
                console.say("\(queue ?? "the spool") was not paused")
            }
        }
    }
    let left = try spoolDirectory.pauses()
    if !left.isEmpty {
        let names =
            left.isEverything ? "the whole spool" : left.queues.sorted().joined(separator: ", ")
        console.say("still paused: \(names)")
    }
    let waiting = try spoolDirectory.locations(in: [.incoming])
    let dropped = try spoolDirectory.dropIns(limit: 0).unread
    if !waiting.isEmpty || dropped > 0 { try invocation.ensureWorker(of: spoolDirectory) }
    return status
}
