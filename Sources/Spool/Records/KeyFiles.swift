import SpoolSystem
import SpoolTime

/// The files in keys/, which say what job has which key.
///
/// A key's file is made before its job gets its place, where no file may be. It only says where the truth is to be looked
/// for: the job's own file tells whether it has the key still. If it hasn't, the key's file is replaced under its own
/// lock. Of any number of processes, one thus gives the key to its job, and the others learn of that job.
package struct KeyFiles: Sendable {
    /// The job that has a key.
    package enum Holder: Sendable {
        case nobody
        /// The job that lies there.
        case job(JobLocation)
        /// The job of a file that somebody has dropped at a path, and that isn't admitted yet.
        case dropped(String, JobID)

        /// nil: nobody.
        package var id: JobID? {
            switch self {
            case .nobody: nil
            case .job(let location): location.id
            case .dropped(_, let id): id
            }
        }
    }

    /// The result of an attempt to take a key.
    package enum Taking {
        /// The job has the key. The lock of its file keeps others from taking it meanwhile.
        case own(LockedFile)
        case other(Holder)
    }

    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// The job that has a key now. A job that has got the key, and not yet its place, is brought there.
    package func holder(of key: String) throws(SpoolError) -> Holder {
        guard let record = try record(of: key) else { return .nobody }
        return try holder(record)
    }

    /// Takes a key for a job whose file isn't in its place yet, or waits to be moved.
    ///
    /// - Parameter sync: whether the content must be durable once the directory is.
    /// - Throws: `.busy` if somebody keeps the key's file locked.
    package func take(_ record: KeyRecord, sync: Job.SyncMode) throws(SpoolError) -> Taking {
        let path = record.path
        let draft = try FileWriter(storage).writeTemporary(
            try JSONText.encode(record, pretty: true), sync: sync)
        for _ in 0..<500 {
            if try make(draft, path) { return .own(draft.file) }
            if let former = try self.record(of: record.key), former.job != record.job {
                let holder = try holder(former)
                guard case .nobody = holder else { return .other(holder) }
            }
            guard let former = try lock(path) else {
                Sleep.briefly()
                continue
            }
            // Somebody may have been quicker.
            if let now = try self.record(of: record.key) {
                if now.job == record.job { return .own(former) }
                let holder = try holder(now, isTaking: true)
                guard case .nobody = holder else { return .other(holder) }
            }
            if try replace(former, path, draft) { return .own(draft.file) }
        }
        throw SpoolError(
            .busy, "\(storage.path)/\(path): somebody else keeps it locked; 'fuser' tells who",
            path: storage.path + "/" + path)
    }

    /// Makes the names of keys durable that were taken.
    package func sync() throws(SpoolError) {
        try storage.syncDirectory(ofPath: KeyRecord.directory + "/.")
    }

    /// Makes a job durable that has a key, for somebody who is told of it in place of a job of his own.
    func secure(_ location: JobLocation) throws(SpoolError) {
        try sync()
        var last = location
        // One that moves on meanwhile may leave a place that the disk doesn't know it has left.
        for _ in 0..<10 {
            try syncDirectory(of: last)
            guard let now = try Lookup(storage).locate(last.id, after: last), now != last else {
                return
            }
            last = now
        }
    }

    /// Takes the key of a job that has ended, and is to begin a new round.
    ///
    /// - Returns: the lock of the key's file, to be kept until the job waits; nil if it has no key.
    /// - Throws: `.wrongState` if another job has the key.
    func retake(_ locked: LockedJob, for target: JobLocation) throws(SpoolError) -> LockedFile? {
        guard let key = locked.job.key else { return nil }
        let sync = locked.job.effectiveSync
        switch try take(KeyRecord(key, target, file: nil), sync: sync) {
        case .own(let file):
            if sync == .full { try self.sync() }
            return file
        case .other(let holder):
            let other = holder.id.map { "job \($0)" } ?? "another job"
            throw SpoolError(
                .wrongState,
                "\(locked.id): \(other) has its \"key\" now, \"\(key)\"; nothing was changed")
        }
    }

    private func syncDirectory(of location: JobLocation) throws(SpoolError) {
        guard let status = try storage.requireNoLink(onTheWayTo: location.directory) else { return }
        try storage.flushDirectory(of: location, status)
        try storage.syncDirectory(ofPath: location.path)
    }

    /// Gives up the key of a job that is removed. If that fails, the key's file says nothing that is true, and is in
    /// nobody's way.
    func release(_ key: String, of id: JobID) {
        let path = KeyRecord.path(of: key)
        guard let former = try? lock(path), let now = try? record(of: key), now.job == id else {
            return
        }
        withExtendedLifetime(former) { _ = try? storage.remove(path) }
    }

    /// Whether a file in keys/ tells of a job that is nowhere, or of none. Then nobody needs it.
    package func isStale(_ path: String) throws(SpoolError) -> Bool {
        guard let status = try storage.status(of: path), status.kind == .regular,
            storage.now() - Instant(nanoseconds: status.changed) >= storage.rules.temporaryAge
        else { return false }
        guard let record = try record(at: path) else { return true }
        if try isUnplaced(record) { return false }
        for _ in 0..<3 where try Lookup(storage).locate(record.job, after: nil) != nil {
            return false
        }
        return true
    }

    /// Removes such a file.
    ///
    /// - Returns: whether it was one.
    package func removeStale(_ path: String) throws(SpoolError) -> Bool {
        guard let file = try lock(path) else { return false }
        defer { withExtendedLifetime(file) {} }
        guard try isStale(path) else { return false }
        return try storage.remove(path)
    }

    // MARK: Files

    /// - Returns: nil if there is none, or it isn't one of ours: then it says nothing.
    package func record(at path: String) throws(SpoolError) -> KeyRecord? {
        let bytes = try storage.contents(
            of: path, limit: storage.rules.sizeLimit, isSteering: false)
        return bytes.flatMap { try? JSONText.decode(KeyRecord.self, from: $0) }
    }

    private func record(of key: String) throws(SpoolError) -> KeyRecord? {
        let path = KeyRecord.path(of: key)
        guard let record = try record(at: path) else { return nil }
        guard record.key == key else {
            throw SpoolError(
                .invalidJob,
                "\(storage.path)/\(path): it is the file of another key with the same fingerprint;"
                    + " choose another \"key\"", path: storage.path + "/" + path)
        }
        return record
    }

    /// - Returns: false if there is a file already.
    private func make(_ draft: TemporaryFile, _ path: String) throws(SpoolError) -> Bool {
        try storage.requireNoLink(onTheWayTo: KeyRecord.directory)
        do throws(Errno) {
            try storage.root.rename(draft.name, to: path, .fresh)
            draft.forgetName()
            return true
        } catch {
            if error == .exists { return false }
            throw SpoolError(
                error, "rename", storage.path + "/" + path,
                advice: error == .noEntry
                    ? "where its directory is missing, 'spool check --repair' makes it" : nil)
        }
    }

    /// - Returns: nil if somebody else has it locked, or it is another one by now.
    private func lock(_ path: String) throws(SpoolError) -> LockedFile? {
        try onPath(storage.path + "/" + path, "flock") { () throws(Errno) in
            guard let file = try storage.root.openIfPresent(path) else { return nil }
            guard try file.tryLock() else { return nil }
            let status = try file.status()
            guard try storage.root.status(of: path)?.identity == status.identity else { return nil }
            return LockedFile(descriptor: file, status: status)
        }
    }

    /// - Returns: false if the former file isn't there any more; nothing was changed then.
    private func replace(
        _ former: LockedFile, _ path: String, _ draft: TemporaryFile
    ) throws(SpoolError) -> Bool {
        do throws(Errno) {
            try storage.root.rename(draft.name, to: path, .exchange)
            guard try storage.root.status(of: draft.name)?.identity == former.identity else {
                // A person has put another file there.
                try storage.root.rename(draft.name, to: path, .exchange)
                return false
            }
            return true
        } catch {
            if error == .noEntry { return false }
            throw SpoolError(error, "rename", storage.path + "/" + path)
        }
    }

    // MARK: Jobs

    /// - Parameter isTaking: whether the key is to be taken if nobody has it.
    private func holder(
        _ record: KeyRecord, isTaking: Bool = false
    ) throws(SpoolError) -> Holder {
        if let file = record.file, let target = record.location {
            if isTemporary(file) {
                if try storage.isThere(file) {
                    try secure(record)
                    try bring(file, of: record, to: target)
                }
            } else if try isDropped(file, record.inode) {
                return .dropped(file, target.id)
            }
        }
        var known = record.location
        // A job that goes back to an earlier place while it is looked for may be missed once, not again and again.
        for _ in 0..<3 {
            let found = try Lookup(storage).locate(record.job, after: known)
            known = nil
            guard let found else { continue }
            switch try JobReader(storage).look(at: found) {
            case .moved: continue
            // Its file is kept, whatever it says.
            case .noJob: return .job(found)
            case .job(let job):
                if has(job, record.key, at: found) { return .job(found) }
                // A power cut must not undo what has ended the job's right to the key.
                if isTaking { try syncDirectory(of: found) }
                return .nobody
            }
        }
        return .nobody
    }

    private func has(_ job: Job, _ key: String, at location: JobLocation) -> Bool {
        let submitted = job.submittedAt ?? Instant(milliseconds: location.id.milliseconds)
        return job.key == key
            && KeyRule.has(job, in: location.place, at: storage.now(), submittedAt: submitted)
    }

    /// Whether the job's file isn't in its place yet.
    private func isUnplaced(_ record: KeyRecord) throws(SpoolError) -> Bool {
        guard let file = record.file else { return false }
        return try isTemporary(file) ? storage.isThere(file) : isDropped(file, record.inode)
    }

    private func isTemporary(_ file: String) -> Bool {
        file.hasPrefix("tmp/") && !file.dropFirst("tmp/".count).contains("/")
    }

    private func isDropped(_ file: String, _ inode: UInt64?) throws(SpoolError) -> Bool {
        guard let inode, DropIn(naming: file)?.queue != nil else { return false }
        return try storage.status(of: file)?.identity.inode == inode
    }

    /// Makes a key durable before its job gets its place, as its submitter may not have got so far.
    private func secure(_ record: KeyRecord) throws(SpoolError) {
        try onPath(storage.path + "/" + record.path, "fsync") { () throws(Errno) in
            try storage.root.openIfPresent(record.path)?.sync()
        }
        try sync()
    }

    /// Brings a job to its place that its submitter has not brought there yet, and never may.
    private func bring(
        _ file: String, of record: KeyRecord, to target: JobLocation
    ) throws(SpoolError) {
        for _ in 0..<3 {
            guard try storage.isThere(file) else { return }
            try storage.requireNoLink(onTheWayTo: target.directory)
            do throws(Errno) {
                try storage.root.rename(file, to: target.path, .fresh)
                History(storage).recordFile(
                    .submit, id: record.job, nil, from: nil, to: target.path,
                    note: "by another submission with its key")
                return
            } catch {
                switch error {
                // It is there already.
                case .exists: return
                case .noEntry:
                    try storage.makeDirectory(target.place.directory)
                    try storage.makeDirectory(target.directory)
                default: throw SpoolError(error, "rename", storage.path + "/" + target.path)
                }
            }
        }
        throw SpoolError(
            .busy, "\(storage.path)/\(target.path): its directory comes and goes; try again later",
            path: storage.path + "/" + target.path)
    }
}
