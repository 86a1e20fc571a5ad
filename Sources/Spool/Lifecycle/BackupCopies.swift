import SpoolSystem

/// How a start and an end are recorded without waiting for the disk. The job's file as it was before the attempt,
/// whose content is on the disk, keeps a name: `running/ULID.ATTEMPT.before`. While it has that, a power cut may leave
/// a file that isn't finished in the job's place; then that backup copy says what the job is, and its attempt may have
/// begun.
///
/// That is only so where the file system commits in order: the exchange that puts the new file in the place of the old
/// one and the new name of the old one become durable at once. The name goes only after the end of the attempt is
/// durable, with the other sidecars.
package struct BackupCopies: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// As `rewrite`, but the new content is not on the disk: the old one stays beside it.
    func replaceKeepingBackup(_ locked: LockedJob, with job: Job) throws(SpoolError) -> Bool {
        // Whoever dropped it may not have synced it. Where it is on the disk, this costs next to nothing.
        try flushRecord(of: locked)
        let name = Sidecar.backup.path(of: locked.location)
        let bytes = try job.json()
        let file: TemporaryFile
        do throws(SpoolError) {
            file = try FileWriter(storage).writeTemporary(bytes, as: name, sync: .off)
        } catch {
            guard error.errno == Errno.exists.rawValue else { throw error }
            // Left by one who claimed it before, and whose command didn't begin. What somebody has put there that can't
            // be removed, such as a directory, must not keep the job from running: it does without.
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
        let file = try FileWriter(storage).writeTemporary(try job.json(), sync: .off)
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

    /// Waits until what a job's file says is on the disk. Its name isn't durable by that.
    func flushRecord(of locked: LockedJob) throws(SpoolError) {
        try onPath(storage.path + "/" + locked.path, "fsync") { () throws(Errno) in
            try FileWriter(storage).flushContent(of: locked.file.descriptor)
        }
    }

    package func isThere(_ location: JobLocation) throws(SpoolError) -> Bool {
        try backup(of: location) != nil
    }

    /// The backup copy of a running job, below the spool; nil where there is none.
    private func backup(of location: JobLocation) throws(SpoolError) -> String? {
        guard location.place == .running else { return nil }
        for kind in [Sidecar.backup, .formerBackup] {
            let name = kind.path(of: location)
            if try storage.status(of: name)?.kind == .regular { return name }
        }
        return nil
    }

    /// Takes the file of a running job that isn't one any more: the job is what its backup copy says, and the record of
    /// its attempt is lost.
    ///
    /// - Returns: nil where nothing says so.
    func acquire(_ location: JobLocation) throws(SpoolError) -> Acquisition? {
        guard let backup = try backup(of: location) else { return nil }
        let name = storage.path + "/" + location.path
        let opened: Descriptor?
        do throws(Errno) {
            // Neither is what a power cut leaves: a person has been at it.
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
        case .unsettled(let time): return .unsettled(until: time)
        case .unfit, .gone: return nil
        }
    }
}
