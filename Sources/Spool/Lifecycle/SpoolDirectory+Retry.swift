import SpoolSystem

/// Queues ended jobs again.
extension SpoolDirectory {
    /// Queues an ended job again: its tries start anew.
    public func retry(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) {
        let locked = try lockForChange(
            id, at: known, in: [.done, .failed, .deadLetter], for: "retry")
        let target = JobLocation.incoming(
            locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
        let wasDead = locked.location.place == .deadLetter
        try change(locked, to: target, .retry)
        if wasDead {
            let reason = "dead-letter/\(JobFileName(id: id).text).reason"
            // A reason without its file is found and swept later.
            _ = try? root.removeIfPresent(reason)
        }
    }
}
