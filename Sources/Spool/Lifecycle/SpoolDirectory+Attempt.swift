import SpoolSystem

/// The steps of a running job, in order: `start`, then `finish`. Only the holder of its lock takes them.
extension SpoolDirectory {
    /// Makes claims durable, all with one sync, so that the starts of these jobs need not be: after a power cut, a
    /// job in running/ counts as begun.
    ///
    /// - Returns: false where none of them needs that, and nothing was synced.
    package func secureClaims(of jobs: [LockedJob]) throws(SpoolError) -> Bool {
        guard jobs.contains(where: \.needsDurableStart) else { return false }
        try syncRunning()
        for locked in jobs { locked.hasDurableClaim = true }
        return true
    }

    /// Records that an attempt begins. Only after this may its command run: from here on, whoever finds the
    /// attempt dead must assume that it has run.
    ///
    /// - Returns: false when the job has been taken away; the command must not run then.
    /// - Throws: also when the record stands but isn't durable, as its directory couldn't be synced. Then too
    ///   the command must not run, and `putBack` takes the record back.
    package func start(_ locked: LockedJob, _ attempt: Attempt) throws(SpoolError) -> Bool {
        guard try recordStart(locked, attempt) else { return false }
        noteStart(of: locked)
        return true
    }

    /// The first half of `start`, after which the command may run.
    package func recordStart(
        _ locked: LockedJob, _ attempt: Attempt
    ) throws(SpoolError) -> Bool {
        let (file, before) = (locked.file, locked.job)
        RetryPolicy.prepareNextAttempt(&locked.job)
        locked.job.attempts = (locked.job.attempts ?? []) + [attempt]
        locked.job.state = .running
        do {
            guard try writeStart(locked) else { return false }
        } catch {
            // The file says what it said before, and so must we.
            if locked.file === file { locked.job = before }
            throw error
        }
        return true
    }

    /// The second half, which no command need wait for: the line in the history, and the end of the file as it was.
    package func noteStart(of locked: LockedJob) {
        record(.start, locked.job, from: locked.location, to: locked.location)
        locked.replaced = nil
    }

    private func writeStart(_ locked: LockedJob) throws(SpoolError) -> Bool {
        guard commitsInOrder, locked.job.effectiveSync == .full else {
            return try rewrite(
                locked, isDurable: locked.needsDurableStart, keepsReplaced: true)
        }
        guard try rewriteBesidePrior(locked) else { return false }
        // Durable is that it lies in running/, where it counts as begun, not yet what it says.
        if locked.needsDurableStart { try syncRunning() }
        return true
    }

    /// A claimed job whose command hasn't begun goes back to where it waited, or ends where its cancellation
    /// was asked for meanwhile. An attempt that is on record, but whose command wasn't let go after all, is
    /// none: it would count as a try.
    ///
    /// - Throws: also when the record can't be taken back. The job stays in running/ then, where recovery
    ///   must assume that the command has run.
    @discardableResult
    package func putBack(_ locked: LockedJob, note: String?) throws(SpoolError) -> MoveResult {
        let running = locked.location
        if let attempt = locked.job.attempts?.last, attempt.number == running.name.attempt {
            locked.job.attempts?.removeLast()
            locked.job.state = nil
            guard try rewrite(locked, isDurable: false) else { return .gone }
        }
        let target = JobLocation.incoming(
            locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
        let result = try move(locked, to: target, .putBack, sync: .off, note: note)
        if result == .moved {
            obeyCancelRequest(locked, of: running, "cancelled before its command began")
        }
        return result
    }

    /// Records the end of the attempt that `locked.job` ends with, durably unless its `sync` is off, and
    /// brings the job to where it belongs now.
    ///
    /// - Parameters:
    ///   - verb: `.finish` by the runner, `.recover` by whoever found it dead.
    ///   - random: 0 to 1, for the jitter of a retry.
    /// - Returns: `.gone` when the job has been taken away: the result is discarded, and the history says so.
    package func finish(
        _ locked: LockedJob, _ verb: Transition.Verb, random: Double
    ) throws(SpoolError) -> MoveResult {
        // Durable before it can be seen in its new place, where waiters look.
        guard try recordEnd(locked, verb, random: random, isDurable: true) else { return .gone }
        return try settle(locked, verb)
    }

    /// The first half of `finish`: the end is on record, in running/. Unless it is durable, `secureEnd` and then a
    /// sync of running/ must come before the second half.
    ///
    /// - Returns: false when the job has been taken away.
    package func recordEnd(
        _ locked: LockedJob, _ verb: Transition.Verb, random: Double, isDurable: Bool
    ) throws(SpoolError) -> Bool {
        RetryPolicy.settle(&locked.job, random: random)
        if locked.job.state == .retrying, try isCancelRequested(locked.location) {
            locked.job.endAsCancelled()
        }
        let isRecorded =
            locked.hasPrior && !isDurable
            ? try rewriteInHaste(locked) : try rewrite(locked, isDurable: isDurable)
        if isRecorded { return true }
        record(
            verb, locked.job, from: locked.location, to: nil,
            note: "the job was taken away from running/; its result is discarded")
        return false
    }

    /// Makes durable what was recorded of running jobs before: starts and ends.
    package func syncRunning() throws(SpoolError) {
        let name = Place.running.directory
        try onPath(path + "/" + name, "fsync") { () throws(Errno) in
            let directory = try root.subdirectory(name)
            if commitsInOrder { try directory.syncWithContent() } else { try directory.sync() }
        }
    }

    /// The second half of `finish`: anyone may do it for a dead runner, and it is the same rename.
    package func settle(
        _ locked: LockedJob, _ verb: Transition.Verb
    ) throws(SpoolError) -> MoveResult {
        guard let target = RetryPolicy.destination(of: locked.job, id: locked.id) else {
            return .gone
        }
        let running = locked.location
        try queueMail(about: locked, isRepeated: verb == .recover)
        let result = try move(locked, to: target, verb, sync: .off)
        if result == .moved { obeyCancelRequest(locked, of: running, "cancelled while it ran") }
        guard result == .taken else { return result }
        // By hand, a copy was put where this job ends. Both stay: this one under a new id.
        let other = ids.make(at: now())
        guard let free = RetryPolicy.destination(of: locked.job, id: other) else { return .gone }
        let second = try move(
            locked, to: free, verb, sync: .off, note: "there was another \(locked.id)")
        // What it says is believed under the id that it says only; up to here it was the other one.
        if second == .moved {
            locked.job.id = other
            _ = try rewrite(locked, isDurable: true)
        }
        return second
    }

    /// Ends a job that waits: it moves to failed/ first and gets its record there, so that nobody who is cut
    /// off in between leaves a job that would run after all.
    package func endWaiting(
        _ locked: LockedJob, _ verb: Transition.Verb, message: String
    ) throws(SpoolError) -> MoveResult {
        locked.job.message = message
        locked.job.state = .cancelled
        locked.job.retryAt = nil
        locked.job.finishedAt = now()
        let result = try move(
            locked, to: .failed(locked.id), verb, sync: locked.job.effectiveSync)
        if result == .moved { _ = try rewrite(locked, isDurable: false) }
        return result
    }
}

extension Job {
    /// Whether that its command may have begun must be known after a power cut.
    package var mustNotBeginTwice: Bool { effectiveSync == .full && effectiveMaxAttempts == 1 }

    /// Its last attempt would be followed by another one, but somebody has asked to stop it.
    fileprivate mutating func endAsCancelled() {
        guard var attempt = attempts?.popLast() else { return }
        attempt.outcome = .cancelled
        attempt.message = "cancelled while it ran" + (attempt.message.map { "; \($0)" } ?? "")
        attempts?.append(attempt)
        RetryPolicy.settle(&self, random: 0)
    }
}
