import SpoolSystem
import SpoolTime

/// Puts jobs into the queue.
package struct Submit: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Submits one job: when this returns, the job is in the spool, durably so unless its `sync` is off.
    ///
    /// - Parameter held: whether it waits in held/ until somebody releases it.
    /// - Returns: its id.
    /// - Throws: `.invalidJob`, `.cannotCreate`, `.inputOutput`; then nothing was submitted.
    @discardableResult
    package func submit(_ job: Job, held: Bool = false) throws(SpoolError) -> JobID {
        try place(job, held: held).id
    }

    /// As `submit`.
    ///
    /// - Returns: its first location.
    package func place(_ job: Job, held: Bool = false) throws(SpoolError) -> JobLocation {
        var placed: [JobLocation] = []
        try submit([job], held: held, placed: &placed)
        return placed[0]
    }

    /// Submits jobs in order, with one sync for all of them.
    ///
    /// - Parameter submitted: gets the id of each job that is in the spool. After an error it stays empty: the jobs
    ///   that have their place already are taken back, from the last one on. A job stays if a worker was quicker, or if
    ///   the disk refuses that too. That job and those before it are then submitted, and those behind it are not. If
    ///   even that can't be made durable, the error names them, and they get no place here.
    package func submit(
        _ jobs: [Job], held: Bool = false, submitted: inout [JobID]
    ) throws(SpoolError) {
        var placed: [JobLocation] = []
        defer { submitted += placed.map(\.id) }
        try submit(jobs, held: held, placed: &placed)
    }

    private func submit(
        _ jobs: [Job], held: Bool, placed: inout [JobLocation]
    ) throws(SpoolError) {
        var prepared: [Prepared] = []
        for job in jobs {
            let ready = try prepare(job, held: held)
            // One sync of the file system is cheaper than many of single files.
            let sync = jobs.count == 1 ? ready.job.effectiveSync : .off
            let bytes = try ready.job.json()
            try storage.rules.requireSize(of: bytes, job)
            let file = try FileWriter(storage).writeTemporary(bytes, sync: sync)
            prepared.append(Prepared(file: file, submission: ready))
        }
        let isDurable = prepared.contains { $0.job.effectiveSync == .full }
        if isDurable && jobs.count > 1 { try syncAll() }
        do {
            try place(prepared, isDurable: isDurable)
        } catch {
            let kept = takeBack(prepared)
            guard !kept.isEmpty else { throw error }
            History(storage).recordSubmits(kept.lazy.map(\.submission))
            if isDurable, (try? syncPlaces(of: kept)) == nil {
                // A job that can't be made durable isn't promised. Anyone who submits it again must know of it, though.
                let names = kept.map(\.location.id.description).joined(separator: ", ")
                throw SpoolError(
                    error.code,
                    "\(error.message). The first \(kept.count) of these jobs could not be taken back: they are"
                        + " in the spool, but a power cut may take them away: \(names)")
            }
            placed += kept.map(\.location)
            throw error
        }
        History(storage).recordSubmits(prepared.lazy.map(\.submission))
        placed += prepared.map(\.location)
    }

    /// Requires that a job's file won't be too long, before anything is written.
    ///
    /// - Parameter size: of the text that the job was read from, in bytes.
    /// - Throws: `.invalidJob` if it would be.
    package static func requireSize(of job: Job, readFrom size: Int) throws(SpoolError) {
        let rules = AdmissionRules()
        // Control characters grow to six times their size, and the record takes some bytes more.
        guard size > rules.sizeLimit / 7 else { return }
        let now = Instant(nanoseconds: Clock.realtime())
        let id = JobID(milliseconds: 0, random: (0, 0))
        var stamped = job
        stamp(&stamped, id, at: now)
        stamped.parent = stamped.parent ?? id
        try rules.requireSize(of: try stamped.json(), job)
    }

    /// Puts the record of its submission in the place of any other.
    private static func stamp(_ job: inout Job, _ id: JobID, at time: Instant) {
        // Even to take away a record that isn't there has its price.
        if job.hasRecord { job.forgetRecord() }
        job.id = id
        job.submittedAt = time
        job.submittedBy = Job.Submitter(user: Host.userName, host: Host.name)
    }

    private struct Prepared {
        let file: TemporaryFile
        let submission: Submission
        var location: JobLocation { submission.location }
        var job: Job { submission.job }
    }

    private func place(_ prepared: [Prepared], isDurable: Bool) throws(SpoolError) {
        for one in prepared { try publish(one.file, into: one.location) }
        if isDurable { try syncPlaces(of: prepared) }
    }

    private func syncPlaces(of prepared: [Prepared]) throws(SpoolError) {
        // Few at a time. A set's type would be made anew in each process, which takes a sixth of a submission.
        var synced: [String] = []
        for one in prepared {
            let directory = one.location.directory
            if synced.contains(directory) { continue }
            synced.append(directory)
            if one.location.subdirectory != nil {
                try storage.flushDirectory(
                    of: one.location, try storage.requireNoLink(onTheWayTo: directory))
            }
            try storage.syncDirectory(ofPath: directory + "/.")
        }
    }

    /// Takes back the jobs that nobody will be told of. If a caller is told of some jobs only, it must know of which:
    /// it is always the first ones.
    ///
    /// - Returns: those that stay.
    private func takeBack(_ prepared: [Prepared]) -> [Prepared] {
        var kept = prepared.filter(\.file.isPublished)
        // The first that can't be removed stays, with all before it, and is told of.
        while let last = kept.last, (try? storage.root.removeIfPresent(last.location.path)) == true
        {
            kept.removeLast()
        }
        return kept
    }

    private func prepare(_ job: Job, held: Bool) throws(SpoolError) -> Submission {
        try job.validate()
        var job = job
        let now = storage.now()
        let id = storage.ids.make(at: now)
        Submit.stamp(&job, id, at: now)
        let location: JobLocation
        if held {
            location = .held(id, job.effectivePriority)
        } else if let due = job.dueTime(submittedAt: now), due > now {
            location = .scheduled(id, due: due, job.effectivePriority)
        } else {
            location = .incoming(id, queue: job.effectiveQueue, job.effectivePriority)
        }
        return Submission(job: job, location: location)
    }

    private func publish(_ file: TemporaryFile, into location: JobLocation) throws(SpoolError) {
        do {
            try FileWriter(storage).publish(file, as: location.path, .fresh)
        } catch {
            guard error.errno == Errno.noEntry.rawValue else { throw error }
            try storage.makeDirectory(location.place.directory)
            try storage.makeDirectory(location.directory)
            try FileWriter(storage).publish(file, as: location.path, .fresh)
        }
    }

    private func syncAll() throws(SpoolError) {
        try onPath(storage.path, "syncfs") { () throws(Errno) in try storage.root.syncFileSystem() }
    }
}
