import SpoolTime

/// The result of taking the file of a job for a change of its state.
package enum Acquisition {
    /// It is locked. `written` is the content of its file, before its name and place are put in.
    case locked(LockedJob, written: Job)
    /// It isn't a job any more; it lies in dead-letter/ now.
    case rejected(reason: String)
    /// Somebody else works on it, or has it open for writing.
    case busy
    /// It isn't a job, but may still become one until that time.
    case unsettled(until: Instant)
    case gone
}

/// Locks jobs.
package struct JobLock: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Locks and reads the job at a location. A file there that will never be one is taken to dead-letter/.
    package func acquire(_ location: JobLocation) throws(SpoolError) -> Acquisition {
        switch try Inspect(storage).inspect(location.path, isDropIn: false) {
        case .job(let job, let file):
            let locked = LockedJob(
                file: file, location: location, job: job.completed(from: location))
            return .locked(locked, written: job)
        case .unfit(let reason):
            if let found = try BackupCopies(storage).acquire(location) { return found }
            switch try Reject(storage).reject(
                location.path, name: location.name.text, reason: reason)
            {
            case .rejected: return .rejected(reason: reason)
            default: return .gone
            }
        case .unsettled(let time): return .unsettled(until: time)
        case .busy, .beingWritten: return .busy
        case .gone: return .gone
        }
    }
}
