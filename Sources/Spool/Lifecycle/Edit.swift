import SpoolTime

/// Changes the fields that the users of waiting jobs have written.
package struct Edit: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// - Throws: `.invalidJob` if a waiting job would expire before it may begin.
    func requireStart(_ locked: LockedJob, due: Instant?) throws(SpoolError) {
        let submitted = locked.job.submittedAt ?? storage.now()
        guard let fault = locked.job.neverStarts(due: due, submittedAt: submitted) else { return }
        throw SpoolError(.invalidJob, "\(locked.id): \(fault); nothing was changed")
    }

    /// - Throws: `.invalidJob` if a job may have fewer attempts from now on than it has had.
    private func requireAttempts(_ locked: LockedJob, _ before: Job) throws(SpoolError) {
        let (limit, used) = (locked.job.effectiveMaxAttempts, locked.job.triesInRound)
        guard limit != before.effectiveMaxAttempts, limit <= used else { return }
        throw SpoolError(
            .invalidJob,
            "\(locked.id): \"max_attempts\" is \(limit), and it has had"
                + " \(MessageText.count(used, "attempt")); 'spool cancel' ends it;"
                + " nothing was changed")
    }

    /// Changes the fields that the user of a waiting job has written.
    ///
    /// - Parameter change: gets the job as its user wrote it; the queue's record stays.
    /// - Returns: its id: another one if it was a copy of a job, made by hand.
    @discardableResult
    package func edit(
        _ id: JobID, at known: JobLocation? = nil, _ change: (inout Job) throws(SpoolError) -> Void
    ) throws(SpoolError) -> JobID {
        let locked = try JobChange(storage).lock(
            id, at: known, in: [.incoming, .scheduled, .blocked, .held], for: "edit")
        let before = locked.job
        try change(&locked.job)
        locked.job.restoreRecord(of: before)
        if locked.job.key != before.key {
            throw SpoolError(
                .invalidJob,
                "\(locked.id): \"key\" can't be changed, as others may have been told of the job;"
                    + " submit another one; nothing was changed")
        }
        try locked.job.validate()
        // As bytes: texts that are equal for Unicode may name two files.
        guard try locked.job.json() != before.json() else { return locked.id }
        try requireAttempts(locked, before)
        var own = locked.job
        own.forgetRecord()
        try storage.rules.requireSize(of: try own.json(), own)
        let location = locked.location
        var target = location
        if location.place == .incoming {
            target = .incoming(
                locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
        } else if locked.job.effectivePriority != before.effectivePriority {
            var name = location.name
            name.priority = locked.job.effectivePriority
            target = JobLocation(location.place, subdirectory: location.subdirectory, name)
        }
        let hasNewTimes =
            locked.job.notBefore != before.notBefore || locked.job.delay != before.delay
        if hasNewTimes, location.place == .incoming || location.place == .scheduled {
            let now = storage.now()
            let own = locked.job.dueTime(submittedAt: now)
            // Without a time of its own, a retry comes when it would have come.
            let due = own ?? (locked.job.state == .retrying ? locked.job.retryAt : nil)
            target =
                if let due, due > now {
                    .scheduled(locked.id, due: due, locked.job.effectivePriority)
                } else {
                    .incoming(
                        locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
                }
        }
        if hasNewTimes || locked.job.expires != before.expires {
            let submitted = before.submittedAt ?? storage.now()
            let due = target.name.due ?? locked.job.dueTime(submittedAt: submitted)
            try requireStart(locked, due: due)
        }
        try JobChange(storage).rewrite(locked)
        History(storage).record(.edit, locked.job, from: location, to: location)
        if target != location { try JobChange(storage).move(locked, to: target, .move) }
        return locked.id
    }
}

extension Job {
    /// Puts back the queue's record.
    mutating func restoreRecord(of other: Job) {
        id = other.id
        submittedAt = other.submittedAt
        submittedBy = other.submittedBy
        cron = other.cron
        attempts = other.attempts
        earlierAttempts = other.earlierAttempts
        state = other.state
        retryAt = other.retryAt
        finishedAt = other.finishedAt
        message = other.message
        result = other.result
    }
}
