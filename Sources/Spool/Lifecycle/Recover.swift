import SpoolSystem
import SpoolTime

/// The result of a look at a file in running/.
package enum RecoverResult: Sendable {
    /// Its runner lives, or it lives on another host as far as can be seen.
    case alive
    /// The processes that are left of it are being killed; look again soon.
    case dying
    /// The processes that are left of it can't be ended; look again later.
    case resisting(SpoolError)
    /// It was brought to where it belongs.
    case recovered(JobLocation)
    /// It isn't a job.
    case rejected(reason: String)
    /// Look again at that time: it may be being changed by hand, or its host may be alive.
    case uncertain(until: Instant)
    case gone
}

/// Ends or requeues jobs whose runner is dead.
package struct Recover: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// How long another host's attempt may show no heartbeat before it counts as dead, if its lock can be had.
    package static let lease = TimeSpan.seconds(60)

    /// Looks whether a running job's runner is dead, and if so brings the job to where it belongs. It finishes a
    /// half-finished move, puts back a job that never began, or kills the remains of a dead attempt and records it.
    ///
    /// Safe to be called by anyone, any number of times, and to be cut off anywhere.
    package func recover(_ location: JobLocation) throws(SpoolError) -> RecoverResult {
        let locked: LockedJob
        switch try JobLock(storage).acquire(location) {
        case .gone: return .gone
        case .busy: return .alive
        case .undecided(let time): return .uncertain(until: time)
        case .unfit(let reason):
            let isThere = try Reject(storage).reject(location, reason: reason)
            return isThere ? .rejected(reason: reason) : .gone
        case .locked(let job, _): locked = job
        }
        guard let attempt = locked.job.attempts?.last, attempt.number == location.name.attempt
        else {
            if locked.hasLostRecord {
                return try result(
                    of: locked,
                    interruptUnrecorded(locked, "its record was not whole, and it may have begun"))
            }
            if locked.job.mustNotBeginTwice, try BootMarks(storage).isFromEarlierBoot() {
                return try result(
                    of: locked,
                    interruptUnrecorded(
                        locked,
                        "the machine may have gone down since, and whether it had begun is not on record"
                    ))
            }
            return try result(
                of: locked,
                PutBack(storage).putBack(locked, note: "it was let go of before its command began"))
        }
        // A job edited by hand may have an outcome that leads nowhere: then it counts as not ended.
        if attempt.outcome != nil, RetryPolicy.destination(of: locked.job, id: locked.id) != nil {
            // Its runner may have died before it could sync the end, which is about to be seen.
            if locked.job.effectiveSync == .full {
                try BackupCopies(storage).flushRecord(of: locked)
                try Start(storage).syncRunning()
            }
            return try result(of: locked, Finish(storage).finalize(locked, .recover))
        }
        let liveness = attempt.liveness
        switch liveness.place {
        case .elsewhere:
            let lastSign = Instant(nanoseconds: locked.file.status.modified)
            let end = lastSign + Recover.lease
            if storage.now() < end { return .uncertain(until: end) }
        case .earlierBoot: try BootMarks.requireBootID()
        case .here:
            if liveness.process.isAlive {
                // The kernel has freed its lock already.
                guard liveness.process.isActive else { return .dying }
                // If it serves this spool, the job's file was replaced by hand.
                if try !liveness.serves(storage) {
                    return try result(of: locked, end(locked, as: copyOfRunning(attempt)))
                }
            }
            switch try killLeftovers(of: attempt, id: locked.id) {
            case .none: break
            case .dying: return .dying
            case .resisting(let pid): return .resisting(resistance(of: locked, pid))
            }
        }
        return try result(of: locked, end(locked, as: interruption(attempt, of: locked)))
    }

    /// - Throws: if it can't be found out that nothing of it lives: run again, it would run twice at once.
    private func killLeftovers(of attempt: Attempt, id: JobID) throws(SpoolError)
        -> Leftovers.Survivors
    {
        try onPath("/proc", "read") { () throws(Errno) in
            try Leftovers(of: attempt, id: id).kill()
        }
    }

    private func resistance(of locked: LockedJob, _ pid: Int32) -> SpoolError {
        SpoolError(
            .notPermitted, "can't be ended", storage.path + "/" + locked.path,
            advice:
                "its runner died, and what it ran (pid \(pid)) runs as another user: the job waits for its end"
        )
    }

    /// The end of an attempt that its runner can't end any more, with a sentence for people.
    private typealias Ending = (outcome: Attempt.Outcome, message: String)

    private func interruption(
        _ attempt: Attempt, of locked: LockedJob
    ) throws(SpoolError) -> Ending {
        if try CancelRequests(storage).isMade(locked.location) {
            return (.cancelled, "cancelled, and found without its runner")
        }
        return (
            .interrupted,
            attempt.liveness.place == .earlierBoot
                ? "the machine went down while it ran"
                : "its runner (pid \(attempt.runner.pid) on \(attempt.host)) died"
        )
    }

    /// For a spool that was copied while the job ran: the job goes on in the other one, and must not run once more
    /// unasked.
    private func copyOfRunning(_ attempt: Attempt) -> Ending {
        (
            .cancelled,
            "the spool was copied while the job ran: its runner (pid \(attempt.runner.pid)) serves the"
                + " other spool"
        )
    }

    private func end(_ locked: LockedJob, as ending: Ending) throws(SpoolError) -> MoveResult {
        guard var attempt = locked.job.attempts?.popLast() else { return .gone }
        attempt.outcome = ending.outcome
        attempt.finishedAt = storage.now()
        attempt.message = ending.message
        locked.job.attempts = (locked.job.attempts ?? []) + [attempt]
        return try Finish(storage).finish(locked, .recover, random: KernelRandom.fraction())
    }

    /// Ends an attempt whose claim may have been durable when the record of its start was not. The runner that was to
    /// run it isn't known, so the record names this process.
    private func interruptUnrecorded(
        _ locked: LockedJob, _ message: String
    ) throws(SpoolError) -> MoveResult {
        RetryPolicy.prepareNextAttempt(&locked.job)
        var attempt = Attempt(
            number: locked.job.nextAttemptNumber, worker: "", host: Host.name,
            bootID: Host.bootID,
            runner: .own(), command: nil,
            startedAt: Instant(nanoseconds: locked.file.status.changed))
        let isCancelled = try CancelRequests(storage).isMade(locked.location)
        attempt.outcome = isCancelled ? .cancelled : .interrupted
        attempt.finishedAt = max(storage.now(), attempt.startedAt)
        attempt.message = message
        locked.job.attempts = (locked.job.attempts ?? []) + [attempt]
        return try Finish(storage).finish(locked, .recover, random: KernelRandom.fraction())
    }

    private func result(of locked: LockedJob, _ move: MoveResult) -> RecoverResult {
        switch move {
        case .moved: .recovered(locked.location)
        case .gone: .gone
        case .taken: .alive
        }
    }

    /// The files in running/ that have a running job's name.
    package func runningJobs() throws(SpoolError) -> [JobLocation] {
        try Listing(storage).fileNames(in: "running").filter { $0.fits(.running) }.map {
            JobLocation(.running, $0)
        }
    }
}
