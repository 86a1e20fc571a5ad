import SpoolSchedule

/// What a worker can run.
package struct WorkerOffer: Sendable {
    /// All its slots, not the free ones.
    package var slots: Int
    package var capabilities: Set<String>

    package init(slots: Int, capabilities: Set<String>) {
        self.slots = slots
        self.capabilities = capabilities
    }

    /// Why a job can never run on this worker; nil when it can.
    package func lack(for job: Job) -> String? {
        if let missing = job.requires?.first(where: { !capabilities.contains($0) }) {
            return "it requires \"\(missing)\""
        }
        // A job that wants more slots than there are gets all of them.
        return nil
    }
}

/// What became of an attempt to take a waiting job.
package enum Claim {
    /// It lies in running/ and is locked.
    case claimed(LockedJob)
    /// This worker can't run it.
    case unsuited(reason: String)
    /// It needs more slots than are free.
    case tooLarge(slots: Int)
    /// Its time to be started has passed; it lies in failed/.
    case expired
    /// It was to be cancelled, and lies in failed/.
    case cancelled
    /// It isn't a job any more.
    case rejected(reason: String)
    /// Somebody has it open; worth another look soon.
    case busy
    /// It was a copy of another job, and waits there under an id of its own now.
    case readmitted(JobLocation)
    case gone
}

extension SpoolDirectory {
    /// Takes a waiting job: locks its file, and renames it to running/.
    ///
    /// - Parameters:
    ///   - location: in incoming/.
    ///   - freeSlots: of the worker now.
    package func claim(
        _ location: JobLocation, for offer: WorkerOffer, freeSlots: Int
    ) throws(SpoolError) -> Claim {
        let locked: LockedJob
        let written: Job
        switch try acquire(location) {
        case .gone: return .gone
        case .busy, .unsettled: return .busy
        case .rejected(let reason): return .rejected(reason: reason)
        case .locked(let job, let content): (locked, written) = (job, content)
        }
        if let reason = offer.lack(for: written) { return .unsuited(reason: reason) }
        let wanted = min(written.effectiveSlots, offer.slots)
        if wanted > freeSlots { return .tooLarge(slots: wanted) }
        if written.effectiveQueue != locked.job.effectiveQueue
            || written.effectivePriority != locked.job.effectivePriority
        {
            // The name in running/ doesn't say them, so the content must.
            guard try rewrite(locked, isDurable: false) else { return .gone }
        }
        if try isExpired(locked) { return .expired }
        // A job that had ended was moved or copied here by hand. Only then may it lie elsewhere too.
        let hadEnded = written.state?.isFinal == true
        if hadEnded, try hasTwin(locked) { return try readmit(locked) }
        if let end = try obeyOverlookedCancelRequest(locked, isNewRound: hadEnded) { return end }
        return try take(locked)
    }

    /// Whether another file is the same job. What waits and is no job, as a copy that was cut off, isn't one.
    private func hasTwin(_ locked: LockedJob) throws(SpoolError) -> Bool {
        for other in try locate(locked.id, except: locked.location.path) {
            guard other.place.isWaiting else { return true }
            switch try inspect(other.path, isDropIn: false, isLocking: false) {
            case .job, .busy: return true
            case .unfit, .unsettled, .beingWritten, .gone: continue
            }
        }
        return false
    }

    private func isExpired(_ locked: LockedJob) throws(SpoolError) -> Bool {
        let submitted = locked.job.submittedAt ?? Instant(milliseconds: locked.id.milliseconds)
        guard let expiry = locked.job.expiryTime(submittedAt: submitted), expiry <= now() else {
            return false
        }
        return try endWaiting(
            locked, .expire, message: "not started: it expired at \(expiry)") == .moved
    }

    private func take(_ locked: LockedJob) throws(SpoolError) -> Claim {
        let target = JobLocation.running(locked.id, attempt: locked.job.nextAttemptNumber)
        switch try move(locked, to: target, .claim, sync: .off) {
        case .moved: return .claimed(locked)
        case .gone: return .gone
        case .taken: return try readmit(locked)
        }
    }

    /// A copy under the id of a job that exists elsewhere becomes a job of its own.
    func readmit(_ locked: LockedJob) throws(SpoolError) -> Claim {
        let name = JobFileName(
            id: ids.make(at: now()), priority: locked.location.name.priority)
        let target = JobLocation(
            .incoming, subdirectory: locked.location.subdirectory, name)
        let note = "a copy of \(locked.id)"
        guard try move(locked, to: target, .admit, sync: .off, note: note) == .moved else {
            return .gone
        }
        return .readmitted(target)
    }
}

extension Job {
    /// The job with what its file's name and place say, which win over the content; the record of another
    /// job, of which this is a copy, is left behind, and an ended job that waits again begins a new round.
    package func completed(from location: JobLocation) -> Job {
        var job = self
        if let recorded = job.id, recorded != location.id { job.forgetRecord() }
        job.id = location.id
        if job.submittedAt == nil {
            job.submittedAt = Instant(milliseconds: location.id.milliseconds)
        }
        if let queue = location.queue, queue != job.effectiveQueue { job.queue = queue }
        if let priority = location.name.priority, priority != job.effectivePriority {
            job.priority = priority
        }
        if location.place.isWaiting, job.state?.isFinal == true {
            RetryPolicy.prepareNextAttempt(&job)
        }
        return job
    }
}
