import SpoolSystem

/// The first step of a running job; `finish` is the last one. Only the holder of its lock takes them.
package struct Start: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Makes claims durable, all with one sync, so that the starts of these jobs need not be durable. After a power
    /// cut, a job in running/ counts as begun.
    ///
    /// - Returns: false if none of them needs that, and nothing was synced.
    package func flushClaims(of jobs: [LockedJob]) throws(SpoolError) -> Bool {
        guard jobs.contains(where: \.needsDurableStart) else { return false }
        try syncRunning()
        for locked in jobs { locked.hasDurableClaim = true }
        return true
    }

    /// Records that an attempt begins. Only after this may its command run. From here on, a process that finds the
    /// attempt dead must assume that it has run.
    ///
    /// - Returns: false if the job has been taken away; the command must not run then.
    /// - Throws: also if the record stands but isn't durable, as its directory couldn't be synced. Then too the command
    ///   must not run, and `putBack` takes the record back.
    package func start(_ locked: LockedJob, _ attempt: Attempt) throws(SpoolError) -> Bool {
        guard try recordStart(locked, attempt) else { return false }
        noteStart(of: locked)
        return true
    }

    /// The first half of `start`, after which the command may run.
    package func recordStart(
        _ locked: LockedJob, _ attempt: Attempt
    ) throws(SpoolError) -> Bool {
        var job = locked.job
        RetryPolicy.prepareNextAttempt(&job)
        job.attempts = (job.attempts ?? []) + [attempt]
        job.state = .running
        return try writeStart(job, of: locked)
    }

    /// The second half, which no command has to wait for: the line in the history, and the end of the file as it was.
    package func noteStart(of locked: LockedJob) {
        History(storage).record(.start, locked.job, from: locked.location, to: locked.location)
        locked.replaced = nil
    }

    private func writeStart(_ job: Job, of locked: LockedJob) throws(SpoolError) -> Bool {
        guard storage.traits.commitsInOrder, job.effectiveSync == .full else {
            return try JobFiles(storage).rewrite(
                locked, as: job, isDurable: locked.needsDurableStart, keepsReplaced: true)
        }
        guard try BackupCopies(storage).replaceKeepingBackup(locked, with: job) else {
            return false
        }
        // The place in running/ is durable, where the job counts as begun; the content isn't durable yet.
        if locked.needsDurableStart { try syncRunning() }
        return true
    }

    /// Makes the records of running jobs durable that were made before: starts and ends.
    package func syncRunning() throws(SpoolError) {
        let name = Place.running.directory
        try onPath(storage.path + "/" + name, "fsync") { () throws(Errno) in
            let directory = try storage.root.subdirectory(name)
            if storage.traits.commitsInOrder {
                try directory.syncWithContent()
            } else {
                try directory.sync()
            }
        }
    }
}
