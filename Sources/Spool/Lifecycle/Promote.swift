import SpoolSystem

/// Brings scheduled jobs to incoming/ when they are due.
package struct Promote: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// The names in scheduled/, soonest first.
    ///
    /// - Parameters:
    ///   - limit: how many at most.
    ///   - last: only those behind this one; nil: all.
    /// - Returns: also whether there are more.
    package func timetable(
        limit: Int, after last: JobFileName? = nil
    ) throws(SpoolError) -> (first: [JobFileName], hasMore: Bool) {
        var names = SmallestElements<JobFileName>(limit: limit)
        try storage.onListing("scheduled") { () throws(Errno) in
            try storage.root.forEachRawEntry(in: "scheduled") { entry in
                guard let name = JobFileName(bytes: entry.bytes), name.fits(.scheduled) else {
                    return
                }
                if let last, name <= last { return }
                names.insert(name)
            }
        }
        return (names.sorted(), names.hasDropped)
    }

    /// Brings a scheduled job to incoming/: its time has come. A copy of another job gets an id of its own first. In
    /// incoming/, nothing tells any more that its name had another time than its content.
    ///
    /// - Returns: its new location; nil if somebody else was quicker.
    package func promote(_ location: JobLocation) throws(SpoolError) -> JobLocation? {
        let locked: LockedJob
        switch try JobLock(storage).acquire(location) {
        case .locked(let job, let written):
            locked = job
            if try Copies(storage).isCopy(locked, written),
                try Copies(storage).giveOwnID(to: locked) != .moved
            {
                return nil
            }
        case .unfit(let reason):
            try Reject(storage).reject(location, reason: reason)
            return nil
        case .busy, .undecided, .gone: return nil
        }
        let target = JobLocation.incoming(
            locked.id, queue: locked.job.effectiveQueue, locked.job.effectivePriority)
        return try JobFiles(storage).move(locked, to: target, .due, sync: .off) == .moved
            ? target : nil
    }
}
