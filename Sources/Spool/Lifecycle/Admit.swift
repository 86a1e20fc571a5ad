import SpoolSystem
import SpoolTime

/// The result of admitting a dropped file.
package enum Admission: Sendable {
    /// It is a job now, and lies there.
    case admitted(JobLocation)
    /// Another job has its key: it has ended, and lies there.
    case cancelled(JobLocation)
    /// It lies in dead-letter/, with the reason beside it.
    case rejected(reason: String)
    /// Its writer isn't done; the close will be an event.
    case beingWritten
    /// It isn't a job yet; look again at that time.
    case undecided(until: Instant)
    /// Somebody else is admitting it.
    case busy
    case gone
}

/// Takes dropped files into the queue.
package struct Admit: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Looks at a file in incoming/, or in a queue's directory there, whose name isn't a waiting job's. Gives it its
    /// proper name, or takes it to dead-letter/. Its bytes stay untouched, unless the queue in whose directory it was
    /// dropped must be written into it.
    ///
    /// - Parameter queue: nil for incoming/ itself.
    package func admit(_ name: String, queue: String?) throws(SpoolError) -> Admission {
        let directory = queue.map { "incoming/" + $0 } ?? "incoming"
        let source = directory + "/" + name
        switch try Inspect(storage).inspect(source, isDropIn: true) {
        case .gone: return .gone
        case .busy: return .busy
        case .beingWritten: return .beingWritten
        case .undecided(let time, _): return .undecided(until: time)
        case .unfit(let reason):
            let isThere = try Reject(storage).reject(source, name: name, reason: reason)
            return isThere ? .rejected(reason: reason) : .gone
        case .job(let job, let file):
            return try admit(job, file, source: source, queue: queue)
        }
    }

    private func admit(
        _ parsed: Job, _ file: LockedFile, source: String, queue: String?
    ) throws(SpoolError) -> Admission {
        var job = parsed
        let dropped = source.split(separator: "/").last.map(String.init) ?? source
        let name = JobFileName(dropped)
        let droppedAt = Instant(nanoseconds: file.status.changed)
        let known = name?.id ?? job.id
        // A moved file keeps its id; a copy of one that still lies elsewhere is a job of its own.
        var isMoved = false
        // A job that was admitted by its name alone carries its id there only.
        if let known, job.id == known || job.id == nil {
            isMoved = try Lookup(storage).locate(known, except: source).isEmpty
        }
        if !isMoved {
            job.forgetRecord()
            if let fault = job.neverStarts(submittedAt: droppedAt) {
                let isThere = try Reject(storage).reject(source, name: dropped, reason: fault)
                return isThere ? .rejected(reason: fault) : .gone
            }
        }
        let own = isMoved ? known : try announcedID(of: job, at: source)
        let id = own ?? storage.dropIDs.make(at: droppedAt)
        let priority = isMoved ? name?.priority ?? job.effectivePriority : job.effectivePriority

        var target = JobLocation.incoming(id, queue: queue ?? job.effectiveQueue, priority)
        if !isMoved, let due = job.dueTime(submittedAt: droppedAt), due > storage.now() {
            target = .scheduled(id, due: due, priority)
        }
        let locked = LockedJob(
            file: file, location: JobLocation(.incoming, subdirectory: queue, target.name), job: job
        )
        if let queue, job.effectiveQueue != queue {
            locked.job.queue = queue
            guard try rewriteDropIn(locked, at: source) else { return .gone }
        }
        if let key = job.key {
            let record = KeyRecord(
                key, target, file: source, inode: locked.file.identity.inode)
            switch try KeyFiles(storage).take(record, sync: job.effectiveSync) {
            case .own: if job.effectiveSync == .full { try KeyFiles(storage).sync() }
            case .other(let holder):
                let result = try EndWaiting(storage).endDuplicate(
                    locked.file, at: source, locked.job, as: id, of: holder.id)
                switch result {
                case .gone: return .gone
                case .taken: return .busy
                case .moved: return .cancelled(.failed(id))
                }
            }
        }
        switch try JobFiles(storage).rename(locked.file, from: source, to: target) {
        case .gone: return .gone
        case .taken: return .busy
        case .moved:
            History(storage).recordFile(
                .admit, id: id, job, from: source, to: target.path, note: nil)
            return .admitted(target)
        }
    }

    /// The id for which the key of a dropped file was taken, by a process that died before it admitted the file.
    ///
    /// - Returns: nil if there is none.
    private func announcedID(of job: Job, at source: String) throws(SpoolError) -> JobID? {
        guard let key = job.key,
            case .dropped(source, let id) = try KeyFiles(storage).holder(of: key)
        else { return nil }
        return id
    }

    /// As `rewrite`, for a file that hasn't got its proper name yet.
    private func rewriteDropIn(_ locked: LockedJob, at source: String) throws(SpoolError) -> Bool {
        let temporary = try FileWriter(storage).writeTemporary(
            try locked.job.json(), sync: locked.job.effectiveSync)
        do throws(Errno) {
            try storage.root.rename(temporary.name, to: source, .exchange)
        } catch {
            if error == .noEntry { return false }
            throw SpoolError(error, "rename", storage.path + "/" + source)
        }
        locked.file = temporary.file
        return true
    }

    /// Admits a dropped file, and waits meanwhile for its writer.
    ///
    /// - Parameter deadline: a reading of the monotonic clock in nanoseconds; nil: for ever.
    /// - Throws: `.invalidJob` if it is no job: it lies in dead-letter/ then; `.busy` after the deadline.
    package func admit(
        _ entry: JobEntry, until deadline: Int64?
    ) throws(SpoolError) -> JobLocation {
        guard let dropIn = DropIn(naming: entry.path) else {
            throw SpoolError(.notFound, "\(storage.path)/\(entry.path): nothing was dropped there")
        }
        while true {
            switch try admit(dropIn.name, queue: dropIn.queue ?? nil) {
            case .admitted(let location), .cancelled(let location): return location
            case .rejected(let reason):
                throw SpoolError(
                    .invalidJob, "\(entry.path): \(reason); it lies in dead-letter/ now")
            case .gone:
                // A worker was quicker.
                if let id = HistoryReader(storage).lastAdmitted(from: [entry.path]),
                    let place = try Lookup(storage).locate(id, after: nil)
                {
                    return place
                }
                throw SpoolError(
                    .notFound, "\(storage.path)/\(entry.path): it was taken away meanwhile")
            case .beingWritten, .busy, .undecided:
                if let deadline, Clock.monotonic() >= deadline {
                    throw SpoolError(
                        .busy,
                        "\(storage.path)/\(entry.path): it isn't a job yet, or is still being written; try again"
                    )
                }
                Sleep.briefly()
            }
        }
    }
}
