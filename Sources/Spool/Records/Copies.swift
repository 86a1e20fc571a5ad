import SpoolTime

/// Copies of jobs that people make by hand, under the names of the jobs: each becomes a job of its own.
package struct Copies: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Whether a locked job that waits is a copy of another one. Such a job ran, had ended, or was put off, or somebody
    /// brought it here by hand. Only then may it lie elsewhere too.
    ///
    /// - Parameter written: the content of its file.
    func isCopy(_ locked: LockedJob, _ written: Job) throws(SpoolError) -> Bool {
        guard locked.location.place.isWaiting else { return false }
        if written.state?.isFinal != true, written.state != .running {
            guard try mayLieElsewhere(locked, written) else { return false }
        }
        for other in try Lookup(storage).locate(locked.id, except: locked.path) {
            guard other.place.isWaiting else { return true }
            // A waiting file that is no job, such as a copy that was cut off, isn't the same one.
            switch try Inspect(storage).inspect(other.path, isDropIn: false, isLocking: false) {
            case .job, .busy: return true
            case .unfit, .undecided, .beingWritten, .gone: continue
            }
        }
        return false
    }

    /// Whether a job lies elsewhere too, as far as a few looks tell. All places are gone through if so, which takes long
    /// if many jobs wait. A job that lies where its content says costs no look, unless it was put off.
    private func mayLieElsewhere(
        _ locked: LockedJob, _ written: Job
    ) throws(SpoolError) -> Bool {
        let (id, place) = (locked.id, locked.location.place)
        let priority = written.effectivePriority
        var scheduled: [JobLocation] = []
        let submitted = written.submittedAt ?? Instant(milliseconds: id.milliseconds)
        if let due = WaitingTime.of(written, submittedAt: submitted) {
            if place == .incoming, due > storage.now() { return true }
            // The time of its submission is written down without the rest of a millisecond.
            scheduled = [due, due + .milliseconds(1)].map { .scheduled(id, due: $0, priority) }
        }
        let proper = JobLocation.incoming(id, queue: written.effectiveQueue, priority)
        let isProper = (scheduled + [proper]).contains(locked.location)
        if isProper, scheduled.isEmpty || place == .scheduled { return false }
        for other in scheduled + [.failed(id), .deadLetter(id)] {
            if try storage.isThere(other.path) { return true }
        }
        return isProper ? false : try hasOtherTraces(locked, written)
    }

    /// The same for a job that somebody has put off, held or moved since its content was written. The job that it may be
    /// a copy of can be anywhere by now.
    private func hasOtherTraces(
        _ locked: LockedJob, _ written: Job
    ) throws(SpoolError) -> Bool {
        let other = try Lookup(storage).locateOutsideScheduled(locked.id, except: locked.path)
        if other != nil { return true }
        // It may wait for its next attempt, under a time that the content of a copy doesn't tell.
        guard written.state != .retrying else { return locked.location.place == .scheduled }
        return try storage.isThere(JobLogs.path(of: locked.id))
    }

    /// Gives a waiting job an id of its own, in its place, and leaves the record behind that was another job's.
    func giveOwnID(to locked: LockedJob) throws(SpoolError) -> MoveResult {
        let source = locked.location
        var name = source.name
        name.id = storage.ids.make(at: storage.now())
        let target = JobLocation(source.place, subdirectory: source.subdirectory, name)
        let verb: Transition.Verb = source.place == .incoming ? .admit : .move
        let note = "a copy of \(locked.id)"
        let result = try JobFiles(storage).move(locked, to: target, verb, sync: .off, note: note)
        if result == .moved { locked.job = locked.job.completed(from: target) }
        return result
    }
}
