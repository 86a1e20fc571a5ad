import SpoolTime

extension Job {
    /// When, how urgently, and in which queue a waiting job is to run; nil leaves it as it is.
    public struct Placement: Sendable {
        public var priority: Job.Priority?
        public var queue: String?
        /// A time that has passed means now.
        public var due: Instant?

        public init(priority: Job.Priority? = nil, queue: String? = nil, due: Instant? = nil) {
            self.priority = priority
            self.queue = queue
            self.due = due
        }
    }
}

/// Changes the places in which waiting jobs wait.
package struct Move: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Changes when, how urgently or in which queue a waiting job is to run.
    ///
    /// - Returns: its id: another one if it was a copy of a job, made by hand.
    @discardableResult
    package func move(
        _ id: JobID, at known: JobLocation? = nil, _ placement: Job.Placement
    ) throws(SpoolError) -> JobID {
        if let queue = placement.queue { try JobCheck.queue(queue) }
        if let due = placement.due { try JobCheck.notBefore(due) }
        let locked = try JobChange(storage).lock(
            id, at: known, in: [.incoming, .scheduled, .blocked, .held], for: "move")
        let place = locked.location.place
        let content = locked.job
        if let priority = placement.priority { locked.job.priority = priority }
        if let queue = placement.queue { locked.job.queue = queue }
        let due = placement.due
        if due != nil { try Edit(storage).requireStart(locked, due: due) }
        let submitted = content.submittedAt ?? storage.now()
        if place == .held || place == .blocked {
            if let due { WaitingTime.set(due, in: &locked.job, submittedAt: submitted) }
            if locked.job != content { try JobChange(storage).rewrite(locked) }
            let name = JobFileName(id: locked.id, priority: locked.job.effectivePriority)
            let target = JobLocation(place, name)
            if target != locked.location {
                try JobChange(storage).move(locked, to: target, .move)
            }
            return locked.id
        }
        if let due {
            WaitingTime.set(
                due > storage.now() ? due : nil, in: &locked.job, submittedAt: submitted)
        }
        let target: JobLocation =
            if let time = due ?? locked.location.name.due, time > storage.now() {
                .scheduled(locked.id, due: time, locked.job.effectivePriority)
            } else {
                .incoming(locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
            }
        if locked.job != content { try JobChange(storage).rewrite(locked) }
        if target != locked.location { try JobChange(storage).move(locked, to: target, .move) }
        return locked.id
    }
}
