import SpoolSystem
import SpoolTime

/// What people do to jobs. Each does what `mv` and `rm` would, with the record kept.
extension SpoolDirectory {
    /// Locks a job that waits or has ended, wherever it lies, for a change by a person. One that was put there under
    /// another form of name gets its proper name first, and a copy of another job an id of its own.
    ///
    /// - Parameter known: where it lay a moment ago; nil: that isn't known.
    /// - Throws: `.wrongState` when it lies in none of `places`; `message` says what it is then.
    private func lock(
        _ id: JobID, at known: JobLocation?, in places: [Place], for verb: String
    ) throws(SpoolError) -> LockedJob {
        var last = known
        for _ in 0..<50 {
            guard let location = try locate(id, after: last) else {
                throw SpoolError(.notFound, "\(path): there is no job \(id) any more")
            }
            last = location
            try require(location, in: places, for: verb)
            switch try inspect(location.path, isDropIn: false) {
            case .job(let job, let file):
                let locked = LockedJob(
                    file: file, location: location, job: job.completed(from: location))
                if !location.name.fits(location.place) {
                    try change(locked, to: locked.properLocation(now: now()), .repair)
                }
                if try isCopy(locked, job), try giveOwnID(to: locked) != .moved { continue }
                return locked
            case .unfit(let reason):
                throw SpoolError(.invalidJob, "\(path)/\(location.path): \(reason)")
            case .unsettled:
                throw SpoolError(
                    .invalidJob,
                    "\(path)/\(location.path): it isn't a job, and was changed just now;"
                        + " 'spool submit --check' says what is wrong")
            case .gone, .busy, .beingWritten:
                // A worker or another person has it this very moment; it is about to move on.
                Pause.briefly()
            }
        }
        throw SpoolError(
            .busy, "\(id): somebody else keeps its file open; 'fuser' tells who, try again later")
    }

    /// - Throws: `.wrongState` when a job lies in none of the places that a verb fits.
    package func require(
        _ location: JobLocation, in places: [Place], for verb: String
    ) throws(SpoolError) {
        guard !places.contains(location.place) else { return }
        let state = entry(at: location)?.state.rawValue ?? location.place.rawValue
        throw SpoolError(.wrongState, "\(location.id) is \(state): \(verb) doesn't fit that")
    }

    /// Moves it, or says that it has just gone.
    private func change(
        _ locked: LockedJob, to target: JobLocation, _ verb: Transition.Verb
    ) throws(SpoolError) {
        switch try move(locked, to: target, verb, sync: locked.job.effectiveSync) {
        case .moved: return
        case .gone: throw SpoolError(.notFound, "\(locked.id) was taken away meanwhile")
        case .taken:
            throw SpoolError(.busy, "\(path)/\(target.path) exists already; remove one of the two")
        }
    }

    private func rewriteOrThrow(_ locked: LockedJob) throws(SpoolError) {
        guard try rewrite(locked, isDurable: true) else {
            throw SpoolError(.notFound, "\(locked.id) was taken away meanwhile")
        }
    }

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
                let locked = try lock(
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

    /// Takes a waiting job out of the queue until it is released.
    ///
    /// - Returns: its id: another one where it was a copy of a job, made by hand.
    @discardableResult
    public func hold(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) -> JobID {
        let locked = try lock(id, at: known, in: [.incoming, .scheduled, .blocked], for: "hold")
        let content = locked.job
        if let due = locked.location.name.due {
            // held/ has no time in its names, so the content must have it.
            if content.state == .retrying {
                locked.job.retryAt = due
            } else if content.notBefore != due {
                locked.job.notBefore = due
                locked.job.delay = nil
            }
        }
        if locked.job != content || locked.location.subdirectory != nil {
            try rewriteOrThrow(locked)
        }
        try change(locked, to: .held(locked.id, locked.job.effectivePriority), .hold)
        return locked.id
    }

    /// Lets a held job go its way.
    ///
    /// - Returns: its id: another one where it was a copy of a job, made by hand.
    @discardableResult
    public func release(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) -> JobID {
        let locked = try lock(id, at: known, in: [.held], for: "release")
        let job = locked.job
        let due =
            job.state == .retrying
            ? job.retryAt : job.dueTime(submittedAt: job.submittedAt ?? now())
        let target: JobLocation =
            if let due, due > now() {
                .scheduled(locked.id, due: due, job.effectivePriority)
            } else {
                .incoming(locked.id, queue: job.effectiveQueue, job.effectivePriority)
            }
        try change(locked, to: target, .release)
        return locked.id
    }

    /// Queues an ended job again: its tries start anew.
    public func retry(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) {
        let locked = try lock(id, at: known, in: [.done, .failed, .deadLetter], for: "retry")
        let target = JobLocation.incoming(
            locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
        let wasDead = locked.location.place == .deadLetter
        try change(locked, to: target, .retry)
        if wasDead {
            let reason = "dead-letter/\(JobFileName(id: id).text).reason"
            // A reason without its file is found and swept later.
            _ = try? root.removeIfPresent(reason)
        }
    }

    /// When, how urgently, and in which queue a waiting job is to run; nil leaves it as it is.
    public struct Placement: Sendable {
        public var priority: Priority?
        public var queue: String?
        /// A time that has passed means now.
        public var due: Instant?

        public init(priority: Priority? = nil, queue: String? = nil, due: Instant? = nil) {
            self.priority = priority
            self.queue = queue
            self.due = due
        }
    }

    /// Changes when, how urgently or in which queue a waiting job is to run.
    ///
    /// - Returns: its id: another one where it was a copy of a job, made by hand.
    @discardableResult
    public func move(
        _ id: JobID, at known: JobLocation? = nil, _ placement: Placement
    ) throws(SpoolError) -> JobID {
        if let queue = placement.queue, !NameRule.isName(queue) {
            throw SpoolError(.invalidJob, "\"queue\" \(NameRule.advice)")
        }
        let locked = try lock(
            id, at: known, in: [.incoming, .scheduled, .blocked, .held], for: "move")
        let place = locked.location.place
        let content = locked.job
        if let priority = placement.priority { locked.job.priority = priority }
        if let queue = placement.queue { locked.job.queue = queue }
        let due = placement.due
        if place == .held || place == .blocked {
            if let due {
                locked.job.notBefore = due
                locked.job.delay = nil
            }
            if locked.job != content { try rewriteOrThrow(locked) }
            let name = JobFileName(id: locked.id, priority: locked.job.effectivePriority)
            let target = JobLocation(place, name)
            if target != locked.location { try change(locked, to: target, .move) }
            return locked.id
        }
        // Where the name says it all, the content may stay; scheduled/ has no queue in its names.
        let target: JobLocation =
            if let time = due ?? locked.location.name.due, time > now() {
                .scheduled(locked.id, due: time, locked.job.effectivePriority)
            } else {
                .incoming(locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
            }
        if locked.job != content { try rewriteOrThrow(locked) }
        if target != locked.location { try change(locked, to: target, .move) }
        return locked.id
    }

    /// Changes what a waiting job asks for.
    ///
    /// - Parameter change: gets the job as its user wrote it; what the queue records stays.
    /// - Returns: its id: another one where it was a copy of a job, made by hand.
    @discardableResult
    public func edit(
        _ id: JobID, at known: JobLocation? = nil, _ change: (inout Job) throws(SpoolError) -> Void
    ) throws(SpoolError) -> JobID {
        let locked = try lock(
            id, at: known, in: [.incoming, .scheduled, .blocked, .held], for: "edit")
        let before = locked.job
        try change(&locked.job)
        locked.job.restoreRecord(of: before)
        try locked.job.validate()
        guard locked.job != before else { return locked.id }
        try rewriteOrThrow(locked)
        record(.edit, locked.job, from: locked.location, to: locked.location)
        let location = locked.location
        var target = location
        if location.place == .incoming {
            target = .incoming(
                locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
        } else if locked.job.effectivePriority != before.effectivePriority {
            var name = location.name
            name.priority = locked.job.effectivePriority
            target = JobLocation(location.place, subdirectory: location.subdirectory, name)
        }
        if location.place == .incoming || location.place == .scheduled,
            locked.job.notBefore != before.notBefore || locked.job.delay != before.delay,
            let due = locked.job.dueTime(submittedAt: now())
        {
            target =
                due > now()
                ? .scheduled(locked.id, due: due, locked.job.effectivePriority)
                : .incoming(
                    locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
        }
        if target != location { try self.change(locked, to: target, .move) }
        return locked.id
    }

    /// Removes an ended job, with its log; and what lies in dead-letter/ under a job's name, whatever it is.
    public func remove(_ id: JobID, at known: JobLocation? = nil) throws(SpoolError) {
        let locked: LockedJob
        do throws(SpoolError) {
            locked = try lock(id, at: known, in: [.done, .failed, .deadLetter], for: "clean")
        } catch {
            // What is no job has no record that could be lost.
            let isUnfit = error.code == .invalidJob || error.errno == Errno.accessDenied.rawValue
            guard isUnfit, let location = try locate(id, after: known),
                location.place == .deadLetter
            else { throw error }
            return try removeRejected(at: location.path)
        }
        let location = locked.location
        try onPath(path + "/" + location.path, "unlink") { () throws(Errno) in
            try root.removeIfPresent(location.path)
            try root.removeIfPresent(location.path + ".reason")
            try root.removeIfPresent(SpoolDirectory.logPath(of: id))
        }
        record(.clean, locked.job, from: location, to: nil)
    }

    /// Where a job's log lies: the day is the one in its id, so that it is found without searching.
    package static func logPath(of id: JobID) -> String {
        "logs/\(Instant(milliseconds: id.milliseconds).day)/\(id).log"
    }
}

extension Job {
    /// Puts back what the queue has recorded.
    mutating func restoreRecord(of other: Job) {
        id = other.id
        submittedAt = other.submittedAt
        submittedBy = other.submittedBy
        cron = other.cron
        attempts = other.attempts
        earlierAttempts = other.earlierAttempts
        state = other.state
        retryAt = other.retryAt
        finishedAt = other.finishedAt
        message = other.message
        result = other.result
    }
}
