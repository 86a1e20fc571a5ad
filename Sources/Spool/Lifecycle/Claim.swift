import SpoolSystem
import SpoolTime

/// The slots and capabilities that a worker offers to jobs.
package struct WorkerOffer: Sendable {
    /// All its slots, not the free ones.
    package var slots: Int
    package var capabilities: Set<String>

    package init(slots: Int, capabilities: Set<String>) {
        self.slots = slots
        self.capabilities = capabilities
    }

    /// Why a job can never run on this worker; nil if it can.
    package func missingRequirement(for job: Job) -> String? {
        if let missing = job.requires?.first(where: { !capabilities.contains($0) }) {
            return "it requires \"\(missing)\""
        }
        // A job that wants more slots than there are gets all of them.
        return nil
    }
}

/// The result of an attempt to take a waiting job.
package enum ClaimResult {
    /// It lies in running/ and is locked.
    case claimed(LockedJob)
    /// This worker can't run it.
    case ineligible(reason: String)
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

/// Takes waiting jobs for a worker.
package struct Claim: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Takes a waiting job: locks its file, and renames it to running/.
    ///
    /// - Parameters:
    ///   - location: in incoming/.
    ///   - freeSlots: of the worker now.
    package func claim(
        _ location: JobLocation, for offer: WorkerOffer, freeSlots: Int
    ) throws(SpoolError) -> ClaimResult {
        let locked: LockedJob
        let written: Job
        switch try JobLock(storage).acquire(location) {
        case .gone: return .gone
        case .busy, .undecided: return .busy
        case .unfit(let reason):
            let isThere = try Reject(storage).reject(location, reason: reason)
            return isThere ? .rejected(reason: reason) : .gone
        case .locked(let job, let content): (locked, written) = (job, content)
        }
        if let reason = offer.missingRequirement(for: written) {
            return .ineligible(reason: reason)
        }
        let wanted = min(written.effectiveSlots, offer.slots)
        if wanted > freeSlots { return .tooLarge(slots: wanted) }
        // A copy must not get a step further under the id of another job.
        if try Copies(storage).isCopy(locked, written) { return try readmit(locked) }
        if try isExpired(locked) { return .expired }
        let isNewRound = written.state?.isFinal == true
        if let hasEnded = try EndWaiting(storage).applyMissedRequest(
            locked, isNewRound: isNewRound)
        {
            return hasEnded ? .cancelled : .busy
        }
        if let reason = unfitness(of: locked) {
            let isThere = try Reject(storage).reject(location, reason: reason)
            return isThere ? .rejected(reason: reason) : .gone
        }
        if written.effectiveQueue != locked.job.effectiveQueue
            || written.effectivePriority != locked.job.effectivePriority
        {
            // The name in running/ doesn't say them, so the content must. From here on it no longer says that the job
            // had ended; everything that depends on that has been done.
            guard try JobFiles(storage).rewrite(locked, isDurable: false) else { return .gone }
        }
        return try take(locked)
    }

    /// Why no reader would take the record of the job's next attempt; nil if they will. A person has written such a job,
    /// and has put it where only the queue's own files are looked for.
    private func unfitness(of locked: LockedJob) -> String? {
        guard locked.job.nextAttemptNumber <= Attempt.highestNumber else {
            return "\"attempts\" hold the last number that there is, and it can't begin again;"
                + " submit it as a new job"
        }
        // Later ones have room if the first has.
        guard locked.job.attempts?.isEmpty ?? true else { return nil }
        do {
            try storage.rules.requireRoom(
                for: locked.job, of: locked.file.status.size, isOwn: true)
            return nil
        } catch {
            return error.message
        }
    }

    private func isExpired(_ locked: LockedJob) throws(SpoolError) -> Bool {
        let submitted = locked.job.submittedAt ?? Instant(milliseconds: locked.id.milliseconds)
        guard let expiry = locked.job.expiryTime(submittedAt: submitted), expiry <= storage.now()
        else {
            return false
        }
        return try EndWaiting(storage).end(
            locked, .expire, message: "not started: it expired at \(expiry)") == .moved
    }

    private func take(_ locked: LockedJob) throws(SpoolError) -> ClaimResult {
        let target = JobLocation.running(locked.id, attempt: locked.job.nextAttemptNumber)
        switch try JobFiles(storage).move(locked, to: target, .claim, sync: .off) {
        case .moved: return .claimed(locked)
        case .gone: return .gone
        case .taken: return try readmit(locked)
        }
    }

    package func readmit(_ locked: LockedJob) throws(SpoolError) -> ClaimResult {
        try Copies(storage).giveOwnID(to: locked) == .moved ? .readmitted(locked.location) : .gone
    }
}
