import SpoolSystem

/// Removes ended jobs.
package struct Remove: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Removes an ended job, with its log. Also removes anything that lies in dead-letter/ under a job's name.
    package func remove(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) {
        let locked: LockedJob
        do throws(SpoolError) {
            locked = try JobChange(storage).lock(
                id, at: known, in: [.done, .failed, .deadLetter], for: "clean")
        } catch {
            // A file that is no job has no record that could be lost.
            let isUnfit = error.code == .invalidJob || error.errno == Errno.accessDenied.rawValue
            guard isUnfit, let location = try Lookup(storage).locate(id, after: known),
                location.place == .deadLetter
            else { throw error }
            return try removeUnfit(at: location.path)
        }
        let location = locked.location
        var isRemoved = false
        try onPath(storage.path + "/" + location.path, "unlink") { () throws(Errno) in
            isRemoved = try storage.root.removeIfPresent(location.path)
            try storage.root.removeIfPresent(location.path + ".reason")
            try storage.root.removeIfPresent(JobLogs.path(of: id))
        }
        if isRemoved, let key = locked.job.key { KeyFiles(storage).release(key, of: locked.id) }
        History(storage).record(.clean, locked.job, from: location, to: nil)
    }

    /// Removes a file of dead-letter/ that isn't a job, with its reason.
    package func removeRejected(_ entry: JobEntry) throws(SpoolError) {
        guard entry.location == nil, entry.path.hasPrefix("dead-letter/") else { return }
        try removeUnfit(at: entry.path)
    }

    private func removeUnfit(at path: String) throws(SpoolError) {
        do throws(Errno) {
            if try storage.root.status(of: path)?.kind == .directory {
                try storage.root.removeDirectory(path)
            } else {
                try storage.root.removeIfPresent(path)
            }
            try storage.root.removeIfPresent(path + ".reason")
        } catch {
            let advice =
                error == .notEmpty ? "somebody has dropped a directory: 'rm -r' removes it" : nil
            throw SpoolError(error, "unlink", storage.path + "/" + path, advice: advice)
        }
        History(storage).recordFile(.clean, id: nil, nil, from: path, to: nil, note: nil)
    }
}
