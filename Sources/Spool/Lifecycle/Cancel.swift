import SpoolSystem

/// Cancels a running job by a file beside it, `running/ULID.ATTEMPT.cancel`, and a signal to its runner to look. The
/// file makes it certain. A runner that misses the signal, as one on another host does, sees the file at its next
/// heartbeat. A process that recovers a dead attempt knows by the file not to try it again.
///
/// The attempt may end by itself at this moment, and the job may go on to wait for its next try. The request must not
/// be lost then. Three checks see to that:
///
/// - The process that moves the job there looks for a request after the rename.
/// - The process that asks looks, after asking, whether the job still lies there.
/// - The process that claims the job looks for requests that the dead have overlooked.
package struct Cancel: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Ends a job that waits, or asks the runner of a running one to stop it.
    ///
    /// - Parameter known: where it lay a moment ago, as for all these verbs: it is looked for there first.
    /// - Returns: true if it has ended, false if its runner has been asked.
    @discardableResult
    package func cancel(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) -> Bool {
        var hasAsked = false
        var last = known
        for _ in 0..<50 {
            guard let location = try Lookup(storage).locate(id, after: last) else {
                throw SpoolError(.notFound, "\(storage.path): there is no job \(id) any more")
            }
            last = location
            if location.place == .running {
                hasAsked = true
                // It has moved on: it may wait now.
                guard try CancelRequests(storage).make(location) else { continue }
                // If its runner is dead, nobody else may be there to see the request.
                switch try Recover(storage).recover(location) {
                case .recovered(let target) where target.place.isEnded: return true
                case .recovered, .gone:
                    // It has moved on by itself, perhaps without seeing the request.
                    CancelRequests(storage).withdraw(location)
                    continue
                default: return false
                }
            }
            // Its runner was quick.
            if hasAsked, JobReader(storage).entry(at: location)?.state == .cancelled { return true }
            do {
                let locked = try JobChange(storage).lock(
                    id, at: location, in: [.incoming, .scheduled, .blocked, .held], for: "cancel")
                let by = "cancelled by \(Host.userName) on \(Host.name)"
                if try EndWaiting(storage).end(locked, .cancel, message: by) == .moved {
                    return true
                }
            } catch {
                // Started while we looked: once more, as a running one.
                guard error.code == .wrongState,
                    try Lookup(storage).locate(id, after: location)?.place == .running
                else {
                    throw error
                }
            }
        }
        throw SpoolError(.busy, "\(id) moves on all the time; try again")
    }

}
