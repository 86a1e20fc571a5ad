import SpoolSystem
import SpoolTime

/// The result of the submission of a job.
package struct SubmittedJob: Sendable {
    /// Its first location, or that of the earlier job that has its key.
    package let location: JobLocation
    /// Whether it is an earlier job: then nothing was submitted.
    package let isEarlier: Bool

    package var id: JobID { location.id }
}

/// Puts jobs into the queue.
package struct Submit: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Submits one job: when this returns, the job is in the spool, durably so unless its `sync` is off.
    ///
    /// - Parameter held: whether it waits in held/ until somebody releases it.
    /// - Returns: its id; if another job has its key, that job's.
    /// - Throws: `.invalidJob`, `.cannotCreate`, `.inputOutput`; then nothing was submitted.
    @discardableResult
    package func submit(_ job: Job, held: Bool = false) throws(SpoolError) -> JobID {
        try place(job, held: held).id
    }

    /// As `submit`.
    ///
    /// - Returns: also whether another job has its key.
    package func place(_ job: Job, held: Bool = false) throws(SpoolError) -> SubmittedJob {
        var placed: [SubmittedJob] = []
        try submit([job], held: held, submitted: &placed)
        return placed[0]
    }

    /// Submits jobs in order, with one sync for all of them.
    ///
    /// - Parameter submitted: gets each job that is in the spool. After an error it stays empty: the jobs that have
    ///   their place already are taken back, from the last one on. A job stays if a worker was quicker, or if the disk
    ///   refuses that too. One with a key stays, as others may have been told of it. That job and those before it are then
    ///   submitted, and those behind it are not. If even that can't be made durable, the error names them, and they get
    ///   no place here.
    package func submit(
        _ jobs: [Job], held: Bool = false, submitted: inout [SubmittedJob]
    ) throws(SpoolError) {
        var prepared: [Prepared] = []
        for job in jobs {
            let ready = try prepare(job, held: held)
            let bytes = try ready.job.json()
            try storage.rules.requireSize(of: bytes, job)
            if let key = job.key, let earlier = try earlierJob(with: key) {
                prepared.append(Prepared(submission: ready, stage: .earlier(earlier)))
                continue
            }
            // One sync of the file system is cheaper than many of single files.
            let sync = jobs.count == 1 ? ready.job.effectiveSync : .off
            let file = try FileWriter(storage).writeTemporary(bytes, sync: sync)
            prepared.append(Prepared(submission: ready, stage: .written(file)))
        }
        let isDurable = prepared.contains { $0.job.effectiveSync == .full }
        if isDurable && jobs.count > 1 { try syncAll() }
        do {
            try takeKeys(&prepared)
            try place(&prepared, isDurable: isDurable)
        } catch {
            let kept = takeBack(prepared)
            guard !kept.isEmpty else { throw error }
            recordSubmits(kept)
            // A sync may succeed without that which the one before has failed to write.
            let mayBeDurable = !["fsync", "syncfs"].contains(error.systemCall)
            if isDurable, !mayBeDurable || (try? syncPlaces(of: kept)) == nil {
                // A job that can't be made durable isn't promised. Anyone who submits it again must know of it, though.
                let names = kept.map(\.result.id.description).joined(separator: ", ")
                throw SpoolError(
                    error.code,
                    "\(error.message). The first \(kept.count) of these jobs could not be taken back: they are"
                        + " in the spool, but a power cut may take them away: \(names)")
            }
            submitted += kept.map(\.result)
            throw error
        }
        recordSubmits(prepared)
        submitted += prepared.map(\.result)
    }

    /// Those whose job somebody else has brought to its place are in the history already.
    private func recordSubmits(_ prepared: [Prepared]) {
        History(storage).recordSubmits(prepared.lazy.filter(\.isOurs).map(\.submission))
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

    /// A job on its way into the spool.
    private struct Prepared {
        enum Stage {
            /// In tmp/, without its key.
            case written(TemporaryFile)
            /// In tmp/. From now on, others may bring it to its place.
            case hasKey(TemporaryFile)
            case placed(TemporaryFile)
            /// In its place, by another submission.
            case brought
            /// Nowhere: another job has its key.
            case earlier(JobLocation)
        }

        let submission: Submission
        var stage: Stage
        var location: JobLocation { submission.location }
        var job: Job { submission.job }

        var isOurs: Bool {
            if case .placed = stage { true } else { false }
        }

        var result: SubmittedJob {
            if case .earlier(let location) = stage {
                SubmittedJob(location: location, isEarlier: true)
            } else {
                SubmittedJob(location: location, isEarlier: false)
            }
        }
    }

    // MARK: Keys

    /// The job that has a key; nil if none has.
    private func earlierJob(with key: String) throws(SpoolError) -> JobLocation? {
        try location(of: try KeyFiles(storage).holder(of: key), key)
    }

    private func location(
        of holder: KeyFiles.Holder, _ key: String
    ) throws(SpoolError) -> JobLocation? {
        switch holder {
        case .nobody: return nil
        case .job(let location): return location
        case .dropped(let path, _):
            // Its id is known, and it must be a job by the time that somebody asks for that.
            guard let dropIn = DropIn(naming: path) else { return nil }
            _ = try Admit(storage).admit(dropIn.name, queue: dropIn.queue ?? nil)
            guard case .job(let location) = try KeyFiles(storage).holder(of: key) else {
                throw SpoolError(
                    .busy,
                    "\(storage.path)/\(path): it was dropped with the same key, and is being"
                        + " admitted; try again later", path: storage.path + "/" + path)
            }
            return location
        }
    }

    /// Takes the keys of all jobs, and makes that durable before any of them gets its place.
    private func takeKeys(_ prepared: inout [Prepared]) throws(SpoolError) {
        var isDurable = false
        for index in prepared.indices {
            guard let key = prepared[index].job.key, case .written(let file) = prepared[index].stage
            else { continue }
            let record = KeyRecord(key, prepared[index].location, file: file.name)
            // As with the jobs, one sync of the file system is cheaper than many of single files.
            let sync = prepared[index].job.effectiveSync
            let ownSync = prepared.count == 1 ? sync : .off
            switch try KeyFiles(storage).take(record, sync: ownSync) {
            case .own:
                prepared[index].stage = .hasKey(file)
                if sync == .full { isDurable = true }
            case .other(let holder):
                guard let earlier = try location(of: holder, key) else {
                    throw SpoolError(
                        .busy, "\"key\" \"\(key)\": its job comes and goes; try again later")
                }
                prepared[index].stage = .earlier(earlier)
            }
        }
        guard isDurable else { return }
        if prepared.count == 1 { try KeyFiles(storage).sync() } else { try syncAll() }
    }

    private func place(_ prepared: inout [Prepared], isDurable: Bool) throws(SpoolError) {
        for index in prepared.indices {
            switch prepared[index].stage {
            case .written(let file):
                try publish(file, into: prepared[index].location)
                prepared[index].stage = .placed(file)
            case .hasKey(let file): prepared[index].stage = try bring(file, prepared[index])
            case .placed, .brought, .earlier: break
            }
        }
        if isDurable { try syncPlaces(of: prepared) }
    }

    /// Brings a job that has its key to its place, unless somebody else has.
    private func bring(
        _ file: TemporaryFile, _ prepared: Prepared
    ) throws(SpoolError) -> Prepared.Stage {
        do throws(SpoolError) {
            try publish(file, into: prepared.location)
            return .placed(file)
        } catch {
            // Nobody else removes it from tmp/ while its writer lives.
            guard try !storage.isThere(file.name) else { throw error }
            file.forgetName()
            guard try Lookup(storage).locate(prepared.location.id, after: prepared.location) != nil
            else {
                throw SpoolError(
                    .busy,
                    "\(storage.path)/\(file.name): somebody has taken it away; submit the job again"
                )
            }
            return .brought
        }
    }

    private func syncPlaces(of prepared: [Prepared]) throws(SpoolError) {
        // Few at a time. A set's type would be made anew in each process, which takes a sixth of a submission.
        var synced: [String] = []
        for one in prepared {
            if case .earlier(let location) = one.stage {
                try KeyFiles(storage).secure(location)
                continue
            }
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
        var kept = prepared.filter(isInSpool)
        // The first that can't be removed stays, with all before it, and is told of.
        while let last = kept.last, isTakenBack(last) { kept.removeLast() }
        return kept
    }

    /// Whether a job is in the spool. One that has its key, and isn't in its place, goes.
    private func isInSpool(_ prepared: Prepared) -> Bool {
        switch prepared.stage {
        case .written(let file): return file.isPublished
        case .placed, .brought, .earlier: return true
        case .hasKey(let file):
            if file.isPublished { return true }
            guard (try? storage.root.removeIfPresent(file.name)) == true else { return true }
            file.forgetName()
            if let key = prepared.job.key {
                KeyFiles(storage).release(key, of: prepared.location.id)
            }
            return false
        }
    }

    private func isTakenBack(_ prepared: Prepared) -> Bool {
        switch prepared.stage {
        case .earlier: true
        case .written, .hasKey, .placed, .brought:
            prepared.job.key == nil
                && (try? storage.root.removeIfPresent(prepared.location.path)) == true
        }
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
            // Somebody else may have brought it.
            guard error.errno == Errno.noEntry.rawValue, try storage.isThere(file.name)
            else { throw error }
            try storage.makeDirectory(location.place.directory)
            try storage.makeDirectory(location.directory)
            try FileWriter(storage).publish(file, as: location.path, .fresh)
        }
    }

    private func syncAll() throws(SpoolError) {
        try onPath(storage.path, "syncfs") { () throws(Errno) in try storage.root.syncFileSystem() }
    }
}
