/// Locks jobs.
package struct JobLock: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Locks and reads the job at a location.
    package func acquire(_ location: JobLocation) throws(SpoolError) -> Acquisition {
        switch try Inspect(storage).inspect(location.path, isDropIn: false) {
        case .job(let job, let file):
            let locked = LockedJob(
                file: file, location: location, job: job.completed(from: location))
            return .locked(locked, written: job)
        case .unfit(let reason):
            if let found = try BackupCopies(storage).acquire(location) { return found }
            return .unfit(reason: reason)
        case .undecided(let time, _): return .undecided(until: time)
        case .busy, .beingWritten: return .busy
        case .gone: return .gone
        }
    }
}
