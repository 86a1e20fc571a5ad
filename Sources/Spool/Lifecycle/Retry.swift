import SpoolSystem

/// Queues ended jobs again.
package struct Retry: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Queues an ended job again: its tries start anew.
    package func retry(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) {
        let locked = try JobChange(storage).lock(
            id, at: known, in: [.done, .failed, .deadLetter], for: "retry")
        let target = JobLocation.incoming(
            locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
        let wasDead = locked.location.place == .deadLetter
        try JobChange(storage).move(locked, to: target, .retry)
        if wasDead {
            let reason = "dead-letter/\(JobFileName(id: id).text).reason"
            // A reason without its file is found and swept later.
            _ = try? storage.root.removeIfPresent(reason)
        }
    }
}
