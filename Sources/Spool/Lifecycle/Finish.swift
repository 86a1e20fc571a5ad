/// The last step of a running job. Only the holder of its lock takes it.
package struct Finish: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Records the end of the attempt that `locked.job` ends with, durably unless its `sync` is off. Then brings the
    /// job to where it belongs now.
    ///
    /// - Parameters:
    ///   - verb: `.finish` by the runner, `.recover` by a process that found it dead.
    ///   - random: 0 to 1, for the jitter of a retry.
    /// - Returns: `.gone` if the job has been taken away: the result is discarded, and the history says so.
    package func finish(
        _ locked: LockedJob, _ verb: Transition.Verb, random: Double
    ) throws(SpoolError) -> MoveResult {
        // Durable before it can be seen in its new place, where waiters look.
        guard try recordEnd(locked, verb, random: random, isDurable: true) else { return .gone }
        return try finalize(locked, verb)
    }

    /// The first half of `finish`: the end is on record, in running/. If it isn't durable, `flushEnd` and then a sync
    /// of running/ must come before the second half.
    ///
    /// - Returns: false if the job has been taken away.
    package func recordEnd(
        _ locked: LockedJob, _ verb: Transition.Verb, random: Double, isDurable: Bool
    ) throws(SpoolError) -> Bool {
        let job = try outcome(of: locked, random: random)
        let isRecorded =
            locked.hasBackup && !isDurable
            ? try BackupCopies(storage).replaceUnsynced(locked, with: job)
            : try JobFiles(storage).rewrite(locked, as: job, isDurable: isDurable)
        if isRecorded { return true }
        History(storage).record(
            verb, job, from: locked.location, to: nil,
            note: "the job was taken away from running/; its result is discarded")
        return false
    }

    private func outcome(of locked: LockedJob, random: Double) throws(SpoolError) -> Job {
        let job = RetryPolicy.ended(locked.job, random: random)
        guard job.state == .retrying, try CancelRequests(storage).isMade(locked.location)
        else { return job }
        return RetryPolicy.endedAsCancelled(locked.job)
    }

    /// Queues the mail about the end. If it can't be queued, the job ends all the same, and its message says so.
    ///
    /// - Throws: if something has run out. The record of an end waits for that as well.
    private func queueMail(
        about locked: LockedJob, _ verb: Transition.Verb
    ) throws(SpoolError) {
        guard locked.job.mail != nil else { return }
        var reason = ""
        // Twice: a directory may have been removed just now, or an error of the network be over.
        for isRepeated in [verb == .recover, true] {
            do {
                return try QueueMail(storage).queue(about: locked, isRepeated: isRepeated)
            } catch {
                if error.isShortage { throw error }
                reason = error.message
            }
        }
        var job = locked.job
        let note = "no mail could be queued: \(reason)"
        // It is tried again if the process dies before the job has its place. A long message keeps its end.
        if job.message?.hasSuffix(note.suffix(100)) == true { return }
        job.message = MessageText.joined(job.message, note)
        // Without it the job would still have to end.
        _ = try? JobFiles(storage).rewrite(locked, as: job, isDurable: true)
    }

    /// The second half of `finish`, the job's place: anyone may do it for a dead runner, and it is the same rename.
    package func finalize(
        _ locked: LockedJob, _ verb: Transition.Verb
    ) throws(SpoolError) -> MoveResult {
        guard let target = RetryPolicy.destination(of: locked.job, id: locked.id) else {
            return .gone
        }
        let running = locked.location
        try queueMail(about: locked, verb)
        let result = try JobFiles(storage).move(locked, to: target, verb, sync: .off)
        if result == .moved {
            EndWaiting(storage).applyRequest(
                locked, of: running, "cancelled while it ran")
        }
        guard result == .taken else { return result }
        // Somebody has put a copy by hand where this job ends. Both stay: this one under a new id.
        let other = storage.ids.make(at: storage.now())
        guard let free = RetryPolicy.destination(of: locked.job, id: other) else { return .gone }
        let second = try JobFiles(storage).move(
            locked, to: free, verb, sync: .off, note: "there was another \(locked.id)")
        // The file's content is believed only under the id that it names; up to here it was the other one.
        if second == .moved {
            locked.job.id = other
            _ = try JobFiles(storage).rewrite(locked, isDurable: true)
        }
        return second
    }
}
