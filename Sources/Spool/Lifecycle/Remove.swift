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
            return try RejectedFiles(storage).remove(at: location.path)
        }
        let location = locked.location
        try onPath(storage.path + "/" + location.path, "unlink") { () throws(Errno) in
            try storage.root.removeIfPresent(location.path)
            try storage.root.removeIfPresent(location.path + ".reason")
            try storage.root.removeIfPresent(JobLogs.path(of: id))
        }
        History(storage).record(.clean, locked.job, from: location, to: nil)
    }
}
