import SpoolSystem

/// The result of a change of state.
package enum MoveResult: Sendable {
    case moved
    /// The file had been taken away meanwhile; nothing was changed.
    case gone
    /// Another file has the target's name; nothing was changed.
    case taken
}

/// Moves and rewrites the files of locked jobs.
package struct JobFiles: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Changes the state of a locked job: one rename along a row of the state table, and its line in the
    /// history.
    ///
    /// - Parameter sync: whether the change must survive a power cut before this returns.
    package func move(
        _ locked: LockedJob, to target: JobLocation, _ verb: Transition.Verb, sync: Job.SyncMode,
        note: String? = nil
    ) throws(SpoolError) -> MoveResult {
        let source = locked.location
        precondition(
            Transition.isLegal(verb, from: source.place, to: target.place)
                && target.name.fits(target.place),
            "\(verb): \(source.path) to \(target.path) is not in the state table")
        let result = try rename(locked.file, from: source.path, to: target)
        guard result == .moved else { return result }
        locked.location = target
        if sync == .full { try storage.syncDirectory(ofPath: target.path) }
        History(storage).record(verb, locked.job, from: source, to: target, note: note)
        return .moved
    }

    /// Renames a locked file to a free name, in a directory that is made if it doesn't exist yet.
    func rename(
        _ file: LockedFile, from source: String, to target: JobLocation
    ) throws(SpoolError) -> MoveResult {
        let directory = try storage.requireNoLink(onTheWayTo: target.directory)
        try storage.flushDirectory(of: target, directory)
        let new = target.path
        var timesMade = 0
        var refusals = 0
        while true {
            do throws(Errno) {
                try storage.root.rename(source, to: new, .fresh)
                // Somebody may have put another file by hand under the name that we have just moved.
                if try has(
                    new, file,
                    orElse: { () throws(Errno) in
                        try storage.root.rename(new, to: source, .fresh)
                    })
                {
                    return .moved
                }
                return .gone
            } catch {
                switch error {
                case .exists where try storage.isThere(new):
                    return try dropSecondName(source, of: file, at: target) ? .moved : .taken
                // The process that had the name is gone by now.
                case .exists where refusals < 3: refusals += 1
                case .noEntry:
                    guard try storage.isThere(source) else { return .gone }
                    // The directory was said to be there, and isn't; a day that holds nothing may be removed at once.
                    if timesMade == 3 {
                        throw SpoolError(error, "rename", storage.path + "/" + new)
                    }
                    try storage.makeDirectory(target.place.directory)
                    try storage.makeDirectory(target.directory)
                    timesMade += 1
                default: throw SpoolError(error, "rename", storage.path + "/" + new)
                }
            }
        }
    }

    /// After a power cut a file may have both names of a rename; then the old one goes.
    private func dropSecondName(
        _ source: String, of file: LockedFile, at target: JobLocation
    ) throws(SpoolError) -> Bool {
        try onPath(storage.path + "/" + source, "unlink") { () throws(Errno) in
            guard try storage.root.status(of: target.path)?.identity == file.identity,
                try storage.root.status(of: source)?.identity == file.identity
            else { return false }
            return try storage.root.removeIfPresent(source)
        }
    }

    /// Whether a name that a rename has just given is this file's. If it isn't, or that can't be seen, nothing must
    /// have changed.
    ///
    /// - Parameter undo: the rename back.
    private func has(
        _ name: String, _ file: LockedFile, orElse undo: () throws(Errno) -> Void
    ) throws(Errno) -> Bool {
        let isSame: Bool
        do throws(Errno) {
            isSame = try storage.root.status(of: name)?.identity == file.identity
        } catch {
            try undo()
            throw error
        }
        if !isSame { try undo() }
        return isSame
    }

    /// As `rewrite(_:as:isDurable:keepsReplaced:)`, with `locked.job` as it is.
    package func rewrite(_ locked: LockedJob, isDurable: Bool) throws(SpoolError) -> Bool {
        try rewrite(locked, as: locked.job, isDurable: isDurable)
    }

    /// Replaces the content of a locked job's file, in its place, all at once. The lock passes to the new file.
    /// `locked.job` is the new job once the file says it, also if a sync fails after that.
    ///
    /// The new content is on the disk before it takes the old one's place, unless the job's `sync` is off. A cut leaves
    /// the one or the other, never neither.
    ///
    /// - Parameters:
    ///   - job: the content of the file from then on.
    ///   - isDurable: whether also the exchange itself must survive a power cut before this returns.
    ///   - keepsReplaced: whether the file as it was may keep its temporary name for a while, as `locked.replaced`.
    /// - Returns: false if the file had been taken away meanwhile; nothing was changed then.
    package func rewrite(
        _ locked: LockedJob, as job: Job, isDurable: Bool, keepsReplaced: Bool = false
    ) throws(SpoolError) -> Bool {
        let new = try draft(of: job)
        guard try exchange(new.file, saying: new.shorter ?? job, for: locked) else { return false }
        locked.replaced = keepsReplaced ? new.file : nil
        if isDurable && job.effectiveSync == .full {
            try storage.syncDirectory(ofPath: locked.path)
        }
        return true
    }

    /// A file with the content of a job, to be exchanged for the job's own.
    ///
    /// - Returns: also the job that it says, if that has less in its record, as the record was too long.
    func draft(of job: Job) throws(SpoolError) -> (file: TemporaryFile, shorter: Job?) {
        let bytes = try job.json()
        if let shorter = storage.rules.shorter(job, than: bytes) {
            let new = try draft(of: shorter)
            return (new.file, new.shorter ?? shorter)
        }
        return (try FileWriter(storage).writeTemporary(bytes, sync: job.effectiveSync), nil)
    }

    /// Puts a file in the place of a locked job's, all at once. Its temporary name is the old one's then, and the lock
    /// passes to the new one.
    ///
    /// - Parameter job: the content of the new file.
    /// - Returns: false if the job's file had been taken away meanwhile; nothing was changed then.
    func exchange(
        _ temporary: TemporaryFile, saying job: Job, for locked: LockedJob
    ) throws(SpoolError) -> Bool {
        let target = locked.path
        do throws(Errno) {
            // Not a plain rename: that would bring back a file that somebody has removed.
            try storage.root.rename(temporary.name, to: target, .exchange)
            // Somebody may have put another file by hand in its place: it stays.
            guard
                try has(
                    temporary.name, locked.file,
                    orElse: { () throws(Errno) in
                        try storage.root.rename(temporary.name, to: target, .exchange)
                    })
            else { return false }
        } catch {
            if error == .noEntry { return false }
            throw SpoolError(error, "rename", storage.path + "/" + target)
        }
        locked.file = temporary.file
        locked.job = job
        return true
    }
}
