import SpoolSystem

/// Removes ended jobs.
extension SpoolDirectory {
    /// Removes an ended job, with its log; and what lies in dead-letter/ under a job's name, whatever it is.
    public func remove(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) {
        let locked: LockedJob
        do throws(SpoolError) {
            locked = try lockForChange(
                id, at: known, in: [.done, .failed, .deadLetter], for: "clean")
        } catch {
            // What is no job has no record that could be lost.
            let isUnfit = error.code == .invalidJob || error.errno == Errno.accessDenied.rawValue
            guard isUnfit, let location = try locate(id, after: known),
                location.place == .deadLetter
            else { throw error }
            return try removeRejected(at: location.path)
        }
        let location = locked.location
        try onPath(path + "/" + location.path, "unlink") { () throws(Errno) in
            try root.removeIfPresent(location.path)
            try root.removeIfPresent(location.path + ".reason")
            try root.removeIfPresent(SpoolDirectory.logPath(of: id))
        }
        record(.clean, locked.job, from: location, to: nil)
    }
}
