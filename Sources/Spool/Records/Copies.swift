/// Copies of jobs that people make by hand, under the names of the jobs: each becomes a job of its own.
package struct Copies: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Whether a locked job that waits is a copy of another one. Such a job ran, had ended or was put off before
    /// somebody brought it here by hand. Only then may it lie elsewhere too.
    ///
    /// - Parameter written: the content of its file.
    func isCopy(_ locked: LockedJob, _ written: Job) throws(SpoolError) -> Bool {
        guard locked.location.place.isWaiting else { return false }
        if written.state?.isFinal != true, written.state != .running {
            guard try mayHaveBeenPutOff(locked, written) else { return false }
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

    /// Whether a job was put off until a time, and lies elsewhere too as far as a few looks tell. All places are gone
    /// through if so, which takes long if many jobs wait.
    private func mayHaveBeenPutOff(_ locked: LockedJob, _ written: Job) throws(SpoolError) -> Bool {
        let place = locked.location.place
        guard place != .scheduled,
            let due = WaitingTime.of(written, submittedAt: written.submittedAt ?? storage.now())
        else { return false }
        if place == .incoming, due > storage.now() { return true }
        // The time of its submission is written down without the rest of a millisecond.
        let others: [JobLocation] = [
            .scheduled(locked.id, due: due, written.effectivePriority),
            .scheduled(locked.id, due: due + .milliseconds(1), written.effectivePriority),
            .failed(locked.id), .deadLetter(locked.id),
        ]
        for other in others where try storage.isThere(other.path) { return true }
        return false
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
