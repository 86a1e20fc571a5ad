import SpoolSystem

/// A way to record a start and an end without waiting for the disk. The job's file as it was before the attempt, whose
/// content is on the disk, keeps a name: `running/ULID.ATTEMPT.before`. While it has that name, a power cut may leave
/// an unfinished file in the job's place. In that case the backup copy says what the job is, and its attempt may have
/// begun.
///
/// This holds only if the file system commits in order. The exchange puts the new file in the place of the old one. It
/// then becomes durable at the same time as the new name of the old one. The name goes only after the end of the
/// attempt is durable, with the other sidecars.
package struct BackupCopies: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// As `rewrite`, but the new content is not on the disk: the old one stays beside it.
    func replaceKeepingBackup(_ locked: LockedJob, with job: Job) throws(SpoolError) -> Bool {
        let bytes = try job.json()
        if let shorter = storage.rules.shorter(job, than: bytes) {
            return try replaceKeepingBackup(locked, with: shorter)
        }
        // The writer of a dropped file may not have synced it. If it is on the disk, this costs next to nothing.
        try flushRecord(of: locked)
        let name = Sidecar.backup.path(of: locked.location)
        let file: TemporaryFile
        do throws(SpoolError) {
            file = try FileWriter(storage).writeTemporary(bytes, as: name, sync: .off)
        } catch {
            guard error.errno == Errno.exists.rawValue else { throw error }
            // A claim whose command didn't begin may have left it. Somebody may also have put a thing there that can't
            // be removed, such as a directory. It must not keep the job from running, which then does without a backup
            // copy.
            guard (try? storage.root.removeIfPresent(name)) == true else {
                return try JobFiles(storage).rewrite(locked, as: job, isDurable: false)
            }
            file = try FileWriter(storage).writeTemporary(bytes, as: name, sync: .off)
        }
        guard try JobFiles(storage).exchange(file, saying: job, for: locked) else { return false }
        file.forgetName()
        locked.hasBackup = true
        return true
    }

    /// As `rewrite`, but the new content is only on its way to the disk: for a job that has a backup copy.
    func replaceUnsynced(_ locked: LockedJob, with job: Job) throws(SpoolError) -> Bool {
        let bytes = try job.json()
        if let shorter = storage.rules.shorter(job, than: bytes) {
            return try replaceUnsynced(locked, with: shorter)
        }
        let file = try FileWriter(storage).writeTemporary(bytes, sync: .off)
        file.file.descriptor.beginWriteBack()
        guard try JobFiles(storage).exchange(file, saying: job, for: locked) else { return false }
        locked.isFlushPending = true
        return true
    }

    /// Waits until the end that was recorded is on the disk, if it is still on its way.
    package func flushEnd(of locked: LockedJob) throws(SpoolError) {
        guard locked.isFlushPending else { return }
        try flushRecord(of: locked)
        locked.isFlushPending = false
    }

    /// Waits until the content of a job's file is on the disk. Its name isn't durable by that.
    func flushRecord(of locked: LockedJob) throws(SpoolError) {
        try onPath(storage.path + "/" + locked.path, "fsync") { () throws(Errno) in
            try FileWriter(storage).flushContent(of: locked.file.descriptor)
        }
    }

    package func isThere(_ location: JobLocation) throws(SpoolError) -> Bool {
        try backup(of: location) != nil
    }

    /// The backup copy of a running job, below the spool; nil if there is none.
    private func backup(of location: JobLocation) throws(SpoolError) -> String? {
        guard location.place == .running else { return nil }
        for kind in [Sidecar.backup, .formerBackup] {
            let name = kind.path(of: location)
            if try storage.status(of: name)?.kind == .regular { return name }
        }
        return nil
    }

    /// Takes the file of a running job that isn't one any more. Its backup copy says what the job is, and the record of
    /// its attempt is lost.
    ///
    /// - Returns: nil if nothing says so.
    func acquire(_ location: JobLocation) throws(SpoolError) -> Acquisition? {
        guard let backup = try backup(of: location) else { return nil }
        let name = storage.path + "/" + location.path
        let opened: Descriptor?
        do throws(Errno) {
            // A power cut leaves neither: a person has been at it.
            guard try storage.root.status(of: location.path)?.kind == .regular else { return nil }
            opened = try storage.root.openIfPresent(location.path)
        } catch {
            if error == .accessDenied { return nil }
            throw SpoolError(error, "open", name)
        }
        guard let opened else { return .gone }
        let torn: LockedFile
        do throws(Errno) {
            guard try opened.tryLock() else { return .busy }
            let status = try opened.status()
            guard try storage.root.status(of: location.path)?.identity == status.identity else {
                return .gone
            }
            torn = LockedFile(descriptor: opened, status: status)
        } catch {
            throw SpoolError(error, "flock", name)
        }
        switch try Inspect(storage).inspect(backup, isDropIn: false) {
        case .job(let job, _):
            let locked = LockedJob(
                file: torn, location: location, job: job.completed(from: location))
            locked.hasLostRecord = true
            return .locked(locked, written: job)
        case .busy, .beingWritten: return .busy
        case .undecided(let time, _): return .undecided(until: time)
        case .unfit, .gone: return nil
        }
    }
}
