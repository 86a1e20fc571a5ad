import SpoolTime

/// Ends jobs that wait.
package struct EndWaiting: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Ends a job that waits. It moves to failed/ first and gets its record there. A process that is cut off in between
    /// then leaves no job that would run after all.
    package func end(
        _ locked: LockedJob, _ verb: Transition.Verb, message: String
    ) throws(SpoolError) -> MoveResult {
        locked.job.message = message
        locked.job.state = .cancelled
        locked.job.retryAt = nil
        locked.job.finishedAt = storage.now()
        let result = try JobFiles(storage).move(
            locked, to: .failed(locked.id), verb, sync: locked.job.effectiveSync)
        if result == .moved { _ = try JobFiles(storage).rewrite(locked, isDurable: false) }
        return result
    }
}
