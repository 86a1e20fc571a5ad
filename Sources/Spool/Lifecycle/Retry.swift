import SpoolSystem

/// Queues ended jobs again.
package struct Retry: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Queues an ended job again: its tries start anew.
    package func retry(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) {
        let locked = try JobChange(storage).lock(
            id, at: known, in: [.done, .failed, .deadLetter], for: "retry")
        try requireTime(for: locked)
        // Before it waits: from then on, a request is about the new round.
        try CancelRequests(storage).withdrawOutlived(by: locked, isAfterRetry: false)
        let target = JobLocation.incoming(
            locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
        let keyLock = try KeyFiles(storage).retake(locked, for: target)
        defer { withExtendedLifetime(keyLock) {} }
        let wasDead = locked.location.place == .deadLetter
        try JobChange(storage).move(locked, to: target, .retry)
        if wasDead {
            let reason = "dead-letter/\(JobFileName(id: id).text).reason"
            // A reason without its file is found and swept later.
            _ = try? storage.root.removeIfPresent(reason)
        }
    }

    /// - Throws: `.invalidJob` if a job may not begin any more.
    private func requireTime(for locked: LockedJob) throws(SpoolError) {
        let now = storage.now()
        let submitted = locked.job.submittedAt ?? now
        guard let end = locked.job.expiryTime(submittedAt: submitted), end <= now else { return }
        throw SpoolError(
            .invalidJob,
            "\(locked.id): it expired at \(end), and would never start; submit a job like it with"
                + " another \"expires\"")
    }

    /// Drops a file of dead-letter/ once more that wasn't a job, and is one now.
    ///
    /// - Parameter name: its name there.
    /// - Returns: false if no such file lies there.
    /// - Throws: `.invalidJob` if it would only be rejected again, and stays where it is.
    package func retryRejected(_ name: String) throws(SpoolError) -> Bool {
        guard JobFileName(name) == nil, DropIn.isCandidate(name), !name.contains("/") else {
            return false
        }
        let source = "dead-letter/" + name
        for directory in ["dead-letter", "incoming"] {
            try storage.requireNoLink(onTheWayTo: directory)
        }
        switch try Inspect(storage).inspect(source, isDropIn: true, isLocking: false) {
        case .gone: return false
        case .job, .busy: break
        case .unfit(let fault), .undecided(_, let fault): throw stillNoJob(source, fault)
        case .beingWritten:
            throw SpoolError(
                .busy, "\(storage.path)/\(source): it is still being written; try again later")
        }
        do throws(Errno) {
            try storage.root.rename(source, to: "incoming/" + name, .fresh)
            try storage.root.removeIfPresent(source + ".reason")
        } catch {
            if error == .noEntry { return false }
            throw SpoolError(error, "rename", storage.path + "/incoming/" + name)
        }
        History(storage).recordFile(
            .retry, id: nil, nil, from: source, to: "incoming/" + name, note: nil)
        return true
    }

    private func stillNoJob(_ source: String, _ fault: String) -> SpoolError {
        SpoolError(
            .invalidJob,
            "\(storage.path)/\(source) would be rejected again, and stays: \(fault); put it right there first"
        )
    }
}
