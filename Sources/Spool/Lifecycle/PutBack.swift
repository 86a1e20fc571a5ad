/// Returns claimed jobs whose commands haven't begun.
package struct PutBack: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// A claimed job whose command hasn't begun goes back to the place in which it waited. If its cancellation was
    /// asked for meanwhile, it ends. An attempt that is on record, but whose command wasn't let go after all, is taken
    /// off the record: it would count as a try.
    ///
    /// - Throws: also if the record can't be taken back. The job stays in running/ then, where recovery must assume
    ///   that the command has run.
    @discardableResult
    package func putBack(_ locked: LockedJob, note: String?) throws(SpoolError) -> MoveResult {
        let running = locked.location
        if let attempt = locked.job.attempts?.last, attempt.number == running.name.attempt {
            var job = locked.job
            job.attempts?.removeLast()
            job.state = nil
            guard try JobFiles(storage).rewrite(locked, as: job, isDurable: false) else {
                return .gone
            }
        }
        let target = JobLocation.incoming(
            locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
        let result = try JobFiles(storage).move(
            locked, to: target, .putBack, sync: .off, note: note)
        if result == .moved {
            EndWaiting(storage).applyRequest(
                locked, of: running, "cancelled before its command began")
        }
        return result
    }
}
