import SpoolSystem

/// How a start and an end are recorded without waiting for the disk. The job's file as it was before the attempt,
/// whose content is on the disk, keeps a name: `running/ULID.ATTEMPT.prior`. While it has that, a power cut may leave
/// a file that isn't finished in the job's place; then the prior one says what the job is, and its attempt may have
/// begun.
///
/// That is only so where the file system commits in order: the exchange that puts the new file in the place of the old
/// one and the new name of the old one become durable at once. The name goes only after the end of the attempt is
/// durable, with the other companions.
extension SpoolDirectory {
    /// As `rewrite`, but the new content is not on the disk: the old one stays beside it.
    func rewriteBesidePrior(_ locked: LockedJob) throws(SpoolError) -> Bool {
        // Whoever dropped it may not have synced it. Where it is on the disk, this costs next to nothing.
        try secureRecord(of: locked)
        let name = companion(.prior, of: locked.location)
        let bytes = try locked.job.json()
        let file: TemporaryFile
        do throws(SpoolError) {
            file = try writeTemporary(bytes, as: name, sync: .off)
        } catch {
            guard error.errno == Errno.exists.rawValue else { throw error }
            // Left by one who claimed it before, and whose command didn't begin. What somebody has put there that can't
            // be removed, such as a directory, must not keep the job from running: it does without.
            guard (try? root.removeIfPresent(name)) == true else {
                return try rewrite(locked, isDurable: false)
            }
            file = try writeTemporary(bytes, as: name, sync: .off)
        }
        guard try exchange(file, for: locked) else { return false }
        file.forgetName()
        locked.hasPrior = true
        return true
    }

    /// As `rewrite`, but the new content is only on its way to the disk: for a job that has a prior file.
    func rewriteInHaste(_ locked: LockedJob) throws(SpoolError) -> Bool {
        let file = try writeTemporary(try locked.job.json(), sync: .off)
        file.file.descriptor.beginWriteBack()
        guard try exchange(file, for: locked) else { return false }
        locked.isOnItsWay = true
        return true
    }

    /// Waits until the end that was recorded is on the disk, if it is still on its way.
    package func secureEnd(of locked: LockedJob) throws(SpoolError) {
        guard locked.isOnItsWay else { return }
        try secureRecord(of: locked)
        locked.isOnItsWay = false
    }

    /// Waits until what a job's file says is on the disk. Its name isn't durable by that.
    func secureRecord(of locked: LockedJob) throws(SpoolError) {
        try onPath(path + "/" + locked.path, "fsync") { () throws(Errno) in
            try secureContent(of: locked.file.descriptor)
        }
    }

    package func hasPrior(_ location: JobLocation) throws(SpoolError) -> Bool {
        guard location.place == .running else { return false }
        let name = companion(.prior, of: location)
        return try onPath(path + "/" + name, "stat") { () throws(Errno) in
            try root.status(of: name)?.kind == .regular
        }
    }

    /// Takes the file of a running job that isn't one any more: the job is what the prior file says, and the record of
    /// its attempt is lost.
    ///
    /// - Returns: nil where nothing says so.
    func acquirePrior(of location: JobLocation) throws(SpoolError) -> Acquisition? {
        guard try hasPrior(location) else { return nil }
        let name = path + "/" + location.path
        let opened: Descriptor?
        do throws(Errno) {
            // Neither is what a power cut leaves: a person has been at it.
            guard try root.status(of: location.path)?.kind == .regular else { return nil }
            opened = try root.openIfPresent(location.path)
        } catch {
            if error == .accessDenied { return nil }
            throw SpoolError(error, "open", name)
        }
        guard let opened else { return .gone }
        let torn: LockedFile
        do throws(Errno) {
            guard try opened.tryLock() else { return .busy }
            let status = try opened.status()
            guard try root.status(of: location.path)?.identity == status.identity else {
                return .gone
            }
            torn = LockedFile(descriptor: opened, status: status)
        } catch {
            throw SpoolError(error, "flock", name)
        }
        switch try inspect(companion(.prior, of: location), isDropIn: false) {
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
