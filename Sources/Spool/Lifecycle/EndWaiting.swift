import SpoolTime

/// Ends jobs that wait.
package struct EndWaiting: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Ends a job that waits. It moves to failed/ first and gets its record there. A process that is cut off in between
    /// then leaves no job that would run after all.
    ///
    /// - Throws: if the record can't be written: the job waits on then. Also if the move can't be made durable.
    package func end(
        _ locked: LockedJob, _ verb: Transition.Verb, message: String
    ) throws(SpoolError) -> MoveResult {
        let waiting = locked.job
        var ended = waiting
        ended.message = message
        ended.state = .cancelled
        ended.retryAt = nil
        ended.finishedAt = storage.now()
        // Before the job moves: there may be no room for it.
        let record = try JobFiles(storage).draft(of: ended)
        ended = record.shorter ?? ended
        locked.job = ended
        let result: MoveResult
        do {
            result = try JobFiles(storage).move(
                locked, to: .failed(locked.id), verb, sync: ended.effectiveSync)
        } catch {
            if locked.location.place.isWaiting {
                locked.job = waiting
            } else {
                // It has ended, though perhaps not durably.
                _ = try? JobFiles(storage).exchange(record.file, saying: ended, for: locked)
            }
            throw error
        }
        if result == .moved {
            _ = try JobFiles(storage).exchange(record.file, saying: ended, for: locked)
        } else {
            locked.job = waiting
        }
        return result
    }

    /// Ends a job whose file isn't in its place yet, as another job has its key. It gets its record in failed/, like a
    /// job that waits.
    ///
    /// - Parameters:
    ///   - source: the path of its file below the spool.
    ///   - other: the job that has the key; nil: that isn't known.
    func endDuplicate(
        _ file: LockedFile, at source: String, _ job: Job, as id: JobID, of other: JobID?
    ) throws(SpoolError) -> MoveResult {
        let target = JobLocation.failed(id)
        var ended = job.completed(from: target)
        ended.message = "the same key as \(other.map { "job \($0)" } ?? "another job")"
        ended.state = .cancelled
        ended.finishedAt = storage.now()
        let record = try JobFiles(storage).draft(of: ended)
        ended = record.shorter ?? ended
        let result = try JobFiles(storage).rename(file, from: source, to: target)
        guard result == .moved else { return result }
        let locked = LockedJob(file: file, location: target, job: ended)
        _ = try JobFiles(storage).exchange(record.file, saying: ended, for: locked)
        History(storage).recordFile(
            .cancel, id: id, ended, from: source, to: target.path, note: nil)
        return .moved
    }

    /// Clears up after the attempt that a locked job comes from. If the attempt was asked to stop, and the job waits
    /// again, the job ends.
    ///
    /// Called after the move, so that a process that asks from then on finds the job in its new place.
    ///
    /// - Parameter message: why it ended, for people.
    func applyRequest(_ locked: LockedJob, of running: JobLocation, _ message: String) {
        // A request that can't be seen or obeyed now stays, for the next process that claims the job.
        if locked.location.place.isWaiting {
            guard let isRequested = try? CancelRequests(storage).isMade(running),
                !isRequested
                    || (try? end(locked, .cancel, message: message))
                        == .moved
            else { return }
        }
        CancelRequests(storage).removeSidecars(of: running)
    }

    /// Ends a locked job in incoming/ if an attempt was asked to stop, and its owner died before it could see that.
    /// This is the attempt before, or the coming one before it was put back.
    ///
    /// - Parameter isNewRound: whether somebody has since asked for it to run again; if so, a request to stop the attempt
    ///   before is void.
    /// - Returns: whether it has ended; nil if there was no such request.
    func applyMissedRequest(
        _ locked: LockedJob, isNewRound: Bool
    ) throws(SpoolError) -> Bool? {
        for number in CancelRequests.outlivedAttempts(of: locked.job) {
            let running = JobLocation.running(locked.id, attempt: number)
            guard try CancelRequests(storage).isMade(running) else { continue }
            if isNewRound, number < locked.job.nextAttemptNumber {
                CancelRequests(storage).withdraw(running)
            } else {
                applyRequest(locked, of: running, "cancelled before this attempt")
                return locked.location.place.isEnded
            }
        }
        return nil
    }
}
