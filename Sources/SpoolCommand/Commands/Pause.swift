import Spool

let pauseCommand = CommandTable(
    "pause", "start no more jobs; what runs goes on", operands: "[QUEUE ...]", options: []
) { invocation throws(SpoolError) in
    let result = try PauseRequest(queues: invocation.operands).perform(in: invocation.context)
    return ExitStatus.status(for: result.failures)
}

package struct PauseRequest {
    /// None: all queues at once.
    package let queues: [String]

    package init(queues: [String]) {
        self.queues = queues
    }

    package func perform(in context: Context) throws(SpoolError) -> QueuesResult {
        let spool = try context.openSpool()
        var result = QueuesResult()
        for queue in queues.orAll {
            let isPaused = context.attempt(&result.failures) { () throws(SpoolError) in
                try spool.pause(queue: queue)
            }
            if isPaused, let queue { UnservedJobs(context, spool).remark(paused: queue) }
        }
        return result
    }
}

let resumeCommand = CommandTable(
    "resume", "let paused queues go on", operands: "[QUEUE ...]", options: [.noStart]
) { invocation throws(SpoolError) in
    let request = ResumeRequest(
        queues: invocation.operands, startsDaemon: invocation.startsDaemon)
    return ExitStatus.status(for: try request.perform(in: invocation.context).failures)
}

package struct ResumeRequest {
    /// None: the pause of all queues at once.
    package let queues: [String]
    /// Whether a daemon is started if jobs wait and no worker lives.
    package let startsDaemon: Bool

    package init(queues: [String], startsDaemon: Bool) {
        self.queues = queues
        self.startsDaemon = startsDaemon
    }

    package func perform(in context: Context) throws(SpoolError) -> QueuesResult {
        let spool = try context.openSpool(create: false)
        var result = QueuesResult()
        for queue in queues.orAll {
            context.attempt(&result.failures) { () throws(SpoolError) in
                if try !spool.resume(queue: queue) {
                    context.remark("\(queue ?? "the spool") was not paused")
                }
            }
        }
        result.left = try spool.pauses()
        if !result.left.isEmpty {
            let names =
                result.left.isEverything
                ? "the whole spool" : result.left.queues.sorted().joined(separator: ", ")
            context.remark("still paused: \(names)")
        }
        let waiting = try Listing(spool.storage).locations(in: [.incoming])
        let dropped = try DropIns(spool.storage).entries(limit: 0).unread
        if !waiting.isEmpty || dropped > 0 {
            try Autostart(context, isWanted: startsDaemon).ensureWorker(
                of: spool, for: waiting.count + dropped)
        }
        return result
    }
}

extension [String] {
    /// Queues by name, or nil for all at once.
    fileprivate var orAll: [String?] { isEmpty ? [nil] : map(Optional.some) }
}

package struct QueuesResult {
    /// Each has been said when it came.
    package internal(set) var failures: [SpoolError] = []
    /// The queues that are still paused after a resumption.
    package internal(set) var left = Pauses()
}
