import Spool
import SpoolSystem
import SpoolTime

/// The files of jobs, each by itself.
extension CheckPass {
    /// How far a time may lie ahead: other hosts' clocks differ a little.
    private static let clockTolerance = TimeSpan.seconds(300)
    /// No length of time in a job is longer, so no time that follows from it lies further ahead.
    private static let horizon = TimeSpan.seconds(100 * 366 * 86_400)

    func jobFaults(_ location: JobLocation, _ status: FileStatus) throws(SpoolError) -> [Fault] {
        switch try Inspect(storage).inspect(location.path, isDropIn: false, isLocking: false) {
        case .job(let job, _):
            return location.place == .running
                ? try runningFaults(location, job, status) : contentFaults(location, job, status)
        case .unfit(let reason):
            if try BackupCopies(storage).isThere(location) {
                return try lostRecord(location, reason, status)
            }
            return [
                Fault(.notAJob, location.path, reason, job: location.id) {
                    [storage] () throws(SpoolError) -> Fault.Mend? in
                    guard case .unfit(let reason) = try JobLock(storage).acquire(location) else {
                        return nil
                    }
                    return try Reject(storage).reject(location, reason: reason)
                        ? .moved("taken to dead-letter/") : nil
                }
            ]
        case .gone, .busy, .beingWritten, .undecided: return []
        }
    }

    func contentFaults(_ location: JobLocation, _ job: Job, _ status: FileStatus) -> [Fault] {
        var faults: [Fault] = []
        let path = location.path
        if let id = job.id, id != location.id {
            faults.append(
                Fault(.wrongID, path, "it says that it is \(id)", job: location.id) {
                    [self] () throws(SpoolError) -> Fault.Mend? in
                    try rewrite(location, "it says \(location.id) now") { locked, written in
                        // Of a job that is still to run, the record is another one's.
                        if !location.place.isWaiting { locked.job = written }
                        locked.job.id = location.id
                    }
                })
        }
        if location.place == .done, let end = job.finishedAt,
            end.day.description != location.subdirectory
        {
            faults.append(
                Fault(.wrongDay, path, "it ended on \(end.day)", job: location.id) {
                    [self] () throws(SpoolError) -> Fault.Mend? in
                    try rename(location) { _ in .done(location.id, finishedAt: end) }
                })
        }
        if let open = job.attempts?.first(where: { $0.outcome == nil }) {
            faults.append(
                Fault(
                    .openAttempt, path, "attempt \(open.number) has no end, and doesn't run",
                    job: location.id
                ) { [self] () throws(SpoolError) -> Fault.Mend? in
                    try rewrite(location, "recorded as interrupted") { locked, _ in
                        locked.job.closeAttempts(at: storage.now())
                    }
                })
        }
        return faults + timeFaults(location, job, status)
    }

    private func timeFaults(
        _ location: JobLocation, _ job: Job, _ status: FileStatus
    ) -> [Fault] {
        let now = storage.now()
        let latest = now + CheckPass.clockTolerance
        var odd: [String] = []
        func look(_ what: String, _ time: Instant?, _ limit: Instant) {
            if let time, time > limit { odd.append("\(what) is \(time)") }
        }
        look("the time in its id", Instant(milliseconds: location.id.milliseconds), latest)
        look("its modification time", Instant(nanoseconds: status.modified), latest)
        look("submitted_at", job.submittedAt, latest)
        look("finished_at", job.finishedAt, latest)
        look("the time in its name", location.name.due, now + CheckPass.horizon)
        for attempt in job.attempts ?? [] {
            look("started_at of attempt \(attempt.number)", attempt.startedAt, latest)
            look("finished_at of attempt \(attempt.number)", attempt.finishedAt, latest)
            if let end = attempt.finishedAt, end < attempt.startedAt {
                odd.append("attempt \(attempt.number) ended before it began")
            }
        }
        guard !odd.isEmpty else { return [] }
        return [
            Fault(
                .impossibleTime, location.path, odd.joined(separator: "; ") + "; now is \(now)",
                job: location.id)
        ]
    }

    // MARK: Mending

    /// Replaces the content of a job, under its lock.
    private func rewrite(
        _ location: JobLocation, _ text: String, _ change: (LockedJob, _ written: Job) -> Void
    ) throws(SpoolError) -> Fault.Mend? {
        switch try JobLock(storage).acquire(location) {
        case .locked(let locked, let written):
            change(locked, written)
            return try JobFiles(storage).rewrite(locked, isDurable: true) ? .changed(text) : nil
        case .unfit(let reason):
            return try Reject(storage).reject(location, reason: reason)
                ? .moved("taken to dead-letter/") : nil
        case .busy, .undecided, .gone: return nil
        }
    }

    /// Gives a job another name in its place, under its lock; if that name is taken, the job is parked.
    private func rename(
        _ location: JobLocation, to target: (LockedJob) -> JobLocation
    ) throws(SpoolError) -> Fault.Mend? {
        switch try JobLock(storage).acquire(location) {
        case .locked(let locked, _):
            let target = target(locked)
            switch try JobFiles(storage).move(
                locked, to: target, .repair, sync: locked.job.effectiveSync)
            {
            case .moved: return .moved("renamed to \(target.path)")
            case .taken: return try park(locked, beside: target.path)
            case .gone: return nil
            }
        case .unfit(let reason):
            return try Reject(storage).reject(location, reason: reason)
                ? .moved("taken to dead-letter/") : nil
        case .busy, .undecided, .gone: return nil
        }
    }

    /// Takes a second file of a job to dead-letter/, under an id of its own. It runs only when a person says
    /// so, as it may have run already.
    func park(_ locked: LockedJob, beside path: String) throws(SpoolError) -> Fault.Mend? {
        let target = JobLocation.deadLetter(storage.ids.make(at: storage.now()))
        let reason = "\(locked.location.path): a second file of \(locked.id), which is \(path)"
        try FileWriter(storage).publish(
            Array("\(reason)\n".utf8), as: target.path + ".reason", .replace, sync: .off)
        let result = try JobFiles(storage).move(
            locked, to: target, .repair, sync: locked.job.effectiveSync, note: reason)
        guard result == .moved else {
            // A reason without its file is found and swept later.
            _ = try? storage.root.removeIfPresent(target.path + ".reason")
            return nil
        }
        return .moved("taken to \(target.path)")
    }

    /// A job whose name has the form of another place: nobody sees it there.
    func misplaced(_ location: JobLocation, _ status: FileStatus) -> Fault {
        Fault(
            .misplaced, location.path,
            "a job in \(location.place.directory)/ has another form of name", job: location.id
        ) { [self] () throws(SpoolError) -> Fault.Mend? in
            try rename(location) { locked in locked.properLocation(now: storage.now()) }
        }
    }

    /// A file that has another name somewhere: a change there would be a change here.
    func hardLinks(_ location: JobLocation, _ status: FileStatus) -> Fault {
        Fault(
            .hardLinks, location.path, "it has \(status.links) names (hard links)",
            job: location.id
        ) { [storage] () throws(SpoolError) -> Fault.Mend? in
            try storage.separate(location.path) ? .changed("replaced by a copy") : nil
        }
    }
}

extension Storage {
    /// Puts a copy in the place of a file that has other names too.
    ///
    /// - Returns: false if somebody is at work on it.
    func separate(_ name: String) throws(SpoolError) -> Bool {
        let original = try onPath(path + "/" + name, "flock") { () throws(Errno) -> LockedFile? in
            guard let file = try root.openIfPresent(name), try file.tryLock() else {
                return nil
            }
            let status = try file.status()
            return LockedFile(descriptor: file, status: status)
        }
        guard let original else { return false }
        let bytes = try onPath(path + "/" + name, "read") { () throws(Errno) in
            try original.descriptor.readAll(limit: rules.recordLimit)
        }
        guard let bytes else { return false }
        let copy = try FileWriter(self).writeTemporary(bytes, sync: .full)
        return try onPath(path + "/" + name, "rename") { () throws(Errno) in
            try root.rename(copy.name, to: name, .exchange)
            if try root.status(of: copy.name)?.identity == original.identity { return true }
            // By hand, another file was put in its place: it stays.
            try root.rename(copy.name, to: name, .exchange)
            return false
        }
    }
}

extension Job {
    /// Ends the attempts whose end nobody has recorded.
    fileprivate mutating func closeAttempts(at time: Instant) {
        attempts = attempts?.map { attempt in
            guard attempt.outcome == nil else { return attempt }
            var closed = attempt
            closed.outcome = .interrupted
            closed.finishedAt = max(time, attempt.startedAt)
            closed.message = "its end was not recorded"
            return closed
        }
    }
}
