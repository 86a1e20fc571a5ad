import SpoolSystem

/// The requests to cancel running jobs, and the other files beside a running job.
package struct CancelRequests: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    private func path(_ location: JobLocation) -> String {
        Sidecar.cancel.path(of: location)
    }

    /// Removes the sidecars of a running job; one that can't be removed is found later as belonging to no running job.
    package func removeSidecars(of location: JobLocation) {
        let name = location.path.dropLast("json".utf8.count)
        // The sweep finds a former one.
        for kind in Sidecar.allCases where kind != .formerBackup {
            // The sweep also finds one that can't be removed now.
            _ = try? storage.root.removeIfPresent(name + kind.rawValue)
        }
    }

    package func isMade(_ location: JobLocation) throws(SpoolError) -> Bool {
        let name = path(location)
        return try storage.isThere(name)
    }

    /// Asks the runner of a running job to stop it.
    ///
    /// - Returns: false if the job has moved on before the request stood: nobody would look at it.
    package func make(_ location: JobLocation) throws(SpoolError) -> Bool {
        let name = path(location)
        let who = "\(Host.userName) on \(Host.name) at \(storage.now())\n"
        try FileWriter(storage).publish(Array(who.utf8), as: name, .replace, sync: .off)
        // A process that moves the job looks for requests, or removes them, after the move. Either the file is gone
        // now, and the request is ours to take back, or the request is seen.
        guard try storage.exists(location) else {
            try storage.remove(name)
            return false
        }
        // Best effort: the runner also looks at each heartbeat.
        if let job = try? Listing(storage).read(location),
            let runner = job.attempts?.last?.liveness,
            runner.place == .here
        {
            _ = try? runner.process.signal(CancelRequests.lookSignal)
        }
        return true
    }

    /// Takes a request back, of an attempt that was gone before it could be asked.
    func withdraw(_ location: JobLocation) {
        _ = try? storage.root.removeIfPresent(path(location))
    }

    /// Clears up after the attempt that a locked job comes from. If the attempt was asked to stop, and the job waits
    /// again, the job ends.
    ///
    /// Called after the move, so that a process that asks from then on finds the job in its new place.
    ///
    /// - Parameter message: why it ended, for people.
    func apply(_ locked: LockedJob, of running: JobLocation, _ message: String) {
        // A request that can't be seen or obeyed now stays, for the next process that claims the job.
        if locked.location.place.isWaiting {
            guard let isRequested = try? isMade(running),
                !isRequested
                    || (try? EndWaiting(storage).end(locked, .cancel, message: message))
                        == .moved
            else { return }
        }
        removeSidecars(of: running)
    }

    /// Ends a locked job in incoming/ if an attempt was asked to stop, and its owner died before it could see that.
    /// This is the attempt before, or the coming one before it was put back.
    ///
    /// - Parameter isNewRound: whether somebody has since asked for it to run again; if so, the request is void.
    /// - Returns: nil if there was no such request.
    func applyMissed(
        _ locked: LockedJob, isNewRound: Bool
    ) throws(SpoolError) -> ClaimResult? {
        let next = locked.job.nextAttemptNumber
        for number in max(1, next - 1)...next {
            let running = JobLocation.running(locked.id, attempt: number)
            guard try isMade(running) else { continue }
            if isNewRound {
                withdraw(running)
            } else {
                apply(locked, of: running, "cancelled before this try")
                return locked.location.place.isEnded ? .cancelled : .busy
            }
        }
        return nil
    }

    /// SIGUSR1: a runner takes it as "look at your job again".
    package static let lookSignal: Int32 = 10
}
