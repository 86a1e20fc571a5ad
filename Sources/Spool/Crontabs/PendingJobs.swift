import SpoolSystem
import SpoolTime

/// The fate of a job that an entry made.
package enum PendingState {
    /// It waits or runs; there.
    case alive(PendingJob)
    case ended(JobState)
    /// It was removed.
    case gone
}

/// Follows the jobs that entries have made.
package struct PendingJobs: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Looks for a job where it most likely is, so that the answer costs a few calls in a spool of any size.
    package func state(of pending: PendingJob) throws(SpoolError) -> PendingState {
        let name = pending.path.split(separator: "/").last.flatMap { JobFileName($0) }
        if name != nil, try storage.isThere(pending.path) { return .alive(pending) }
        // In the order in which a job goes, so that a job that moves on meanwhile is met all the same.
        let attempt = name?.attempt ?? 0
        for number in attempt + 1...attempt + 2 {
            let location = JobLocation.running(pending.id, attempt: number)
            if try storage.isThere(location.path) { return .alive(pending.moved(to: location)) }
        }
        if let state = try endedState(of: pending) { return .ended(state) }
        guard let location = try Lookup(storage).locate(pending.id).first else { return .gone }
        guard location.place.isEnded else { return .alive(pending.moved(to: location)) }
        return .ended(try recordedState(at: location))
    }

    /// The state of a job that has ended, from the places in which it most likely lies.
    private func endedState(of pending: PendingJob) throws(SpoolError) -> JobState? {
        let today = storage.now()
        for days in 0..<2 {
            let day = today + .seconds(Int64(-86_400 * days))
            if try storage.isThere(JobLocation.done(pending.id, finishedAt: day).path) {
                return .completed
            }
        }
        for location in [JobLocation.failed(pending.id), .deadLetter(pending.id)]
        where try storage.isThere(location.path) {
            return try recordedState(at: location)
        }
        return nil
    }

    /// The end that a job's own record tells. A job that can't be read hasn't succeeded.
    private func recordedState(at location: JobLocation) throws(SpoolError) -> JobState {
        do throws(SpoolError) {
            return try JobReader(storage).read(location).state ?? .failed
        } catch {
            // A shortage for the time being says nothing about the job.
            if error.isExhaustion { throw error }
            return .failed
        }
    }

}

extension PendingJob {
    fileprivate func moved(to location: JobLocation) -> PendingJob {
        PendingJob(id: id, slot: slot, path: location.path)
    }
}
