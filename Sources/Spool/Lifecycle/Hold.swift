import SpoolTime

/// Takes jobs out of the queue, and lets them go again.
package struct Hold: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Takes a waiting job out of the queue until it is released.
    ///
    /// - Returns: its id: another one if it was a copy of a job, made by hand.
    @discardableResult
    package func hold(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) -> JobID {
        let locked = try JobChange(storage).lock(
            id, at: known, in: [.incoming, .scheduled, .blocked], for: "hold")
        let content = locked.job
        let submitted = content.submittedAt ?? storage.now()
        if let due = locked.location.name.due {
            // held/ has no time in its names, so the content must have it.
            if (content.state == .retrying ? content.retryAt : content.notBefore) != due {
                WaitingTime.set(due, in: &locked.job, submittedAt: submitted)
            }
        } else if locked.location.place == .incoming,
            let due = WaitingTime.of(content, submittedAt: submitted), due > storage.now()
        {
            // Somebody has brought it here before its time.
            WaitingTime.set(nil, in: &locked.job, submittedAt: submitted)
        }
        if locked.job != content || locked.location.subdirectory != nil {
            try JobChange(storage).rewrite(locked)
        }
        try JobChange(storage).move(
            locked, to: .held(locked.id, locked.job.effectivePriority), .hold)
        return locked.id
    }

    /// Lets a held job go on.
    ///
    /// - Returns: its id: another one if it was a copy of a job, made by hand.
    @discardableResult
    package func release(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) -> JobID {
        let locked = try JobChange(storage).lock(
            id, at: known, in: [.held], for: "release")
        let job = locked.job
        let due = WaitingTime.of(job, submittedAt: job.submittedAt ?? storage.now())
        let target: JobLocation =
            if let due, due > storage.now() {
                .scheduled(locked.id, due: due, job.effectivePriority)
            } else {
                .incoming(locked.id, queue: job.effectiveQueue, job.effectivePriority)
            }
        try JobChange(storage).move(locked, to: target, .release)
        return locked.id
    }
}
