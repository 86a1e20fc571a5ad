/// Copies of jobs that people make by hand, under the names of the jobs: each becomes a job of its own.
package struct Copies: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Whether a locked job that waits is a copy of another one. Only a job that ran or had ended before somebody
    /// brought it here by hand may lie elsewhere too.
    ///
    /// - Parameter written: the content of its file.
    func isCopy(_ locked: LockedJob, _ written: Job) throws(SpoolError) -> Bool {
        guard locked.location.place.isWaiting,
            written.state?.isFinal == true || written.state == .running
        else { return false }
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
