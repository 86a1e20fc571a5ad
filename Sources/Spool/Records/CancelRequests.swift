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
        guard try storage.isThere(location.path) else {
            try storage.remove(name)
            return false
        }
        // Best effort: the runner also looks at each heartbeat.
        if let job = try? JobReader(storage).read(location),
            let runner = job.attempts?.last?.liveness,
            runner.place == .here
        {
            _ = try? runner.process.signal(CancelRequests.lookSignal)
        }
        return true
    }

    /// The numbers of the attempts whose requests a waiting job may have outlived: the one before, and the coming one
    /// before it was put back.
    static func outlivedAttempts(of job: Job) -> ClosedRange<Int> {
        max(1, job.nextAttemptNumber - 1)...job.nextAttemptNumber
    }

    /// Takes back the requests for an end that a job's round has had already.
    ///
    /// - Parameter isAfterRetry: whether the next attempt may have been asked to stop since somebody has asked for it. It
    ///   was before that, if it was put back.
    func withdrawOutlived(by locked: LockedJob, isAfterRetry: Bool) throws(SpoolError) {
        let next = locked.job.nextAttemptNumber
        for number in CancelRequests.outlivedAttempts(of: locked.job)
        where !isAfterRetry || number < next {
            let request = JobLocation.running(locked.id, attempt: number)
            // The claim takes one of the attempt before for void, if it can't be removed now.
            if number < next { withdraw(request) } else { try storage.remove(path(request)) }
        }
    }

    /// Takes a request back, of an attempt that was gone before it could be asked.
    func withdraw(_ location: JobLocation) {
        _ = try? storage.root.removeIfPresent(path(location))
    }

    /// SIGUSR1: a runner takes it as "look at your job again".
    package static let lookSignal: Int32 = 10
}
