import SpoolSystem

/// How a running job is cancelled: a file beside it, `running/ULID.ATTEMPT.cancel`, that says so, and a
/// signal to its runner to look. The file makes it certain: a runner that misses the signal, as one on
/// another host does, sees it at its next heartbeat, and whoever recovers a dead attempt knows not to try
/// it again.
///
/// The request must not be lost when the attempt ends by itself at this moment and the job goes on to wait for
/// its next try. So whoever brings it there looks for a request after the rename, whoever asks looks after
/// asking whether the job still lies there, and whoever claims it looks for what the dead have overlooked.
extension SpoolDirectory {
    /// Ends a job that waits, or asks the runner of a running one to stop it.
    ///
    /// - Parameter known: where it lay a moment ago, as for all these verbs: it is looked for there first.
    /// - Returns: true when it has ended, false when its runner has been asked.
    @discardableResult
    public func cancel(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) -> Bool {
        var hasAsked = false
        var last = known
        for _ in 0..<50 {
            guard let location = try locate(id, after: last) else {
                throw SpoolError(.notFound, "\(path): there is no job \(id) any more")
            }
            last = location
            if location.place == .running {
                hasAsked = true
                // It has moved on: it may wait now.
                guard try requestCancel(location) else { continue }
                // Where its runner is dead, nobody else may be there to see the request.
                switch try recover(location) {
                case .recovered(let target) where target.place.isEnded: return true
                case .recovered, .gone:
                    // It has moved on by itself, perhaps without seeing the request.
                    withdrawCancelRequest(location)
                    continue
                default: return false
                }
            }
            // Its runner was quick.
            if hasAsked, entry(at: location)?.state == .cancelled { return true }
            do {
                let locked = try lockForChange(
                    id, at: location, in: [.incoming, .scheduled, .blocked, .held], for: "cancel")
                let by = "cancelled by \(Host.userName) on \(Host.name)"
                if try endWaiting(locked, .cancel, message: by) == .moved { return true }
            } catch {
                // Started while we looked: once more, as a running one.
                guard error.code == .wrongState, try locate(id, after: location)?.place == .running
                else {
                    throw error
                }
            }
        }
        throw SpoolError(.busy, "\(id) moves on all the time; try again")
    }

    /// What may lie beside a running job: `running/ULID.ATTEMPT.cancel`, what its command writes there, and its file
    /// as it was before the attempt.
    package enum Sidecar: String, CaseIterable, Sendable {
        case cancel, result, progress
        case backup = "before"
        /// What the former version called a backup copy. It is read, and never written.
        case formerBackup = "prior"
    }

    package func sidecar(_ kind: Sidecar, of location: JobLocation) -> String {
        "\(location.path.dropLast(".json".utf8.count)).\(kind.rawValue)"
    }

    private func cancelRequest(_ location: JobLocation) -> String {
        sidecar(.cancel, of: location)
    }

    /// Removes them; what can't be removed is found later as belonging to no running job.
    package func removeSidecars(of location: JobLocation) {
        let name = location.path.dropLast("json".utf8.count)
        // The sweep finds a former one.
        for kind in Sidecar.allCases where kind != .formerBackup {
            // As said above: the sweep finds what stays.
            _ = try? root.removeIfPresent(name + kind.rawValue)
        }
    }

    package func isCancelRequested(_ location: JobLocation) throws(SpoolError) -> Bool {
        let name = cancelRequest(location)
        return try onPath(path + "/" + name, "stat") { () throws(Errno) in
            try root.status(of: name) != nil
        }
    }

    /// Asks the runner of a running job to stop it.
    ///
    /// - Returns: false when the job has moved on before the request stood: nobody would look at it.
    package func requestCancel(_ location: JobLocation) throws(SpoolError) -> Bool {
        let name = cancelRequest(location)
        let who = "\(Host.userName) on \(Host.name) at \(now())\n"
        try publish(Array(who.utf8), as: name, .replace, sync: .off)
        // Whoever moves the job looks for requests, or removes them, after the move. So either the file is gone
        // now, and the request is ours to take back, or the request is seen.
        guard try exists(location) else {
            try onPath(path + "/" + name, "unlink") { () throws(Errno) in
                _ = try root.removeIfPresent(name)
            }
            return false
        }
        // Best effort: the runner also looks at each heartbeat.
        if let job = try? read(location), let runner = job.attempts?.last?.liveness,
            runner.place == .here
        {
            _ = try? runner.process.signal(SpoolDirectory.lookSignal)
        }
        return true
    }

    /// Takes a request back, of an attempt that was gone before it could be asked.
    func withdrawCancelRequest(_ location: JobLocation) {
        _ = try? root.removeIfPresent(cancelRequest(location))
    }

    /// Clears up after the attempt that a locked job comes from: where it was asked to stop, and the job waits
    /// again, it ends. Called after the move, so that who asks from then on finds the job in its new place.
    ///
    /// - Parameter message: why it ended, for people.
    func applyCancelRequest(_ locked: LockedJob, of running: JobLocation, _ message: String) {
        // A request that can't be seen or obeyed now stays, for whoever claims the job.
        if locked.location.place.isWaiting {
            guard let isRequested = try? isCancelRequested(running),
                !isRequested || (try? endWaiting(locked, .cancel, message: message)) == .moved
            else { return }
        }
        removeSidecars(of: running)
    }

    /// Ends a locked job in incoming/ if the attempt before, or the coming one before it was put back, was
    /// asked to stop, and its owner died before it could see that.
    ///
    /// - Parameter isNewRound: whether somebody wants it to run again since; then the request is void.
    /// - Returns: nil when there was no such request.
    func applyMissedCancel(
        _ locked: LockedJob, isNewRound: Bool
    ) throws(SpoolError) -> Claim? {
        let next = locked.job.nextAttemptNumber
        for number in max(1, next - 1)...next {
            let running = JobLocation.running(locked.id, attempt: number)
            guard try isCancelRequested(running) else { continue }
            if isNewRound {
                withdrawCancelRequest(running)
            } else {
                applyCancelRequest(locked, of: running, "cancelled before this try")
                return locked.location.place.isEnded ? .cancelled : .busy
            }
        }
        return nil
    }

    /// SIGUSR1: what a runner takes as "look at your job again".
    package static let lookSignal: Int32 = 10
}
