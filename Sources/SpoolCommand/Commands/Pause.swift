import Spool

let pauseCommand = CommandTable(
    "pause", "start no more jobs; what runs goes on", operands: "[QUEUE ...]", options: []
) { invocation throws(SpoolError) in
    let result = try QueuesRequest(invocation).pause(in: invocation.context)
    return ExitStatus.status(for: result.failures)
}

let resumeCommand = CommandTable(
    "resume", "let paused queues go on", operands: "[QUEUE ...]", options: [.noStart]
) { invocation throws(SpoolError) in
    let context = invocation.context
    let result = try QueuesRequest(invocation).resume(in: context)
    if result.hasWaiting {
        try Autostart(invocation).ensureWorker(of: context.openSpool(create: false))
    }
    return ExitStatus.status(for: result.failures)
}

/// Queues that are named, or all of them.
struct QueuesRequest {
    /// nil: all queues at once.
    let queues: [String?]

    init(_ invocation: Invocation) {
        queues = invocation.operands.isEmpty ? [nil] : invocation.operands.map(Optional.some)
    }

    func pause(in context: Context) throws(SpoolError) -> QueuesResult {
        let spool = try context.openSpool()
        var result = QueuesResult()
        for queue in queues {
            context.attempt(&result.failures) { () throws(SpoolError) in
                try spool.pause(queue: queue)
            }
        }
        return result
    }

    func resume(in context: Context) throws(SpoolError) -> QueuesResult {
        let spool = try context.openSpool(create: false)
        var result = QueuesResult()
        for queue in queues {
            context.attempt(&result.failures) { () throws(SpoolError) in
                if try !spool.resume(queue: queue) {
                    context.remark("\(queue ?? "the spool") was not paused")
                }
            }
        }
        let left = try spool.pauses()
        if !left.isEmpty {
            let names =
                left.isEverything ? "the whole spool" : left.queues.sorted().joined(separator: ", ")
            context.remark("still paused: \(names)")
        }
        let waiting = try Listing(spool.storage).locations(in: [.incoming])
        let dropped = try DropIns(spool.storage).entries(limit: 0).unread
        result.hasWaiting = !waiting.isEmpty || dropped > 0
        return result
    }
}

struct QueuesResult {
    /// Each has been said when it came.
    var failures: [SpoolError] = []
    /// Whether a worker has something to run.
    var hasWaiting = false
}
