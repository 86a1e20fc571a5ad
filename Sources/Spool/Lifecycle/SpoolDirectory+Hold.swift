import SpoolTime

/// Takes jobs out of the queue, and lets them go again.
extension SpoolDirectory {
    /// Takes a waiting job out of the queue until it is released.
    ///
    /// - Returns: its id: another one where it was a copy of a job, made by hand.
    @discardableResult
    public func hold(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) -> JobID {
        let locked = try lockForChange(
            id, at: known, in: [.incoming, .scheduled, .blocked], for: "hold")
        let content = locked.job
        if let due = locked.location.name.due {
            // held/ has no time in its names, so the content must have it.
            if content.state == .retrying {
                locked.job.retryAt = due
            } else if content.notBefore != due {
                locked.job.notBefore = due
                locked.job.delay = nil
            }
        }
        if locked.job != content || locked.location.subdirectory != nil {
            try rewriteOrThrow(locked)
        }
        try change(locked, to: .held(locked.id, locked.job.effectivePriority), .hold)
        return locked.id
    }

    /// Lets a held job go its way.
    ///
    /// - Returns: its id: another one where it was a copy of a job, made by hand.
    @discardableResult
    public func release(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) -> JobID {
        let locked = try lockForChange(id, at: known, in: [.held], for: "release")
        let job = locked.job
        let due =
            job.state == .retrying
            ? job.retryAt : job.dueTime(submittedAt: job.submittedAt ?? now())
        let target: JobLocation =
            if let due, due > now() {
                .scheduled(locked.id, due: due, job.effectivePriority)
            } else {
                .incoming(locked.id, queue: job.effectiveQueue, job.effectivePriority)
            }
        try change(locked, to: target, .release)
        return locked.id
    }
}
