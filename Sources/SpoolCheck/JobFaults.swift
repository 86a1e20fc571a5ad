import Spool
import SpoolSystem
import SpoolTime

/// The files of jobs, each by itself.
struct JobFaults {
    private let context: CheckContext
    private var storage: Storage { context.storage }
    private let running: RunningFaults

    init(_ context: CheckContext) {
        self.context = context
        running = RunningFaults(context)
    }

    /// How far a time may lie ahead: other hosts' clocks differ a little.
    private static let clockTolerance = TimeSpan.seconds(300)
    /// No length of time in a job is longer, so no time that follows from it lies further ahead.
    private static let horizon = TimeSpan.seconds(100 * 366 * 86_400)

    func faults(of location: JobLocation, _ status: FileStatus) throws(SpoolError) -> [Fault] {
        switch try Inspect(storage).inspect(location.path, isDropIn: false, isLocking: false) {
        case .job(let job, _):
            return location.place == .running
                ? try running.faults(of: location, job, status)
                : contentFaults(location, job, status)
        case .unfit(let reason):
            if try BackupCopies(storage).isThere(location) {
                return try running.lostRecord(location, reason, status)
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
        case .beingWritten, .undecided: return context.passOver()
        case .gone, .busy: return []
        }
    }

    func contentFaults(_ location: JobLocation, _ job: Job, _ status: FileStatus) -> [Fault] {
        var faults: [Fault] = []
        let path = location.path
        // A waiting file with another one's id is a copy to be run: its content gets the id of its name at its start.
        if let id = job.id, id != location.id, !location.place.isWaiting {
            faults.append(
                Fault(.wrongID, path, "it says that it is \(id)", job: location.id) {
                    [self] () throws(SpoolError) -> Fault.Mend? in
                    try Mending(storage).rewrite(location, "it says \(location.id) now") {
                        locked, written in
                        locked.job = written
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
                    try Mending(storage).rename(location) { _ in .done(location.id, finishedAt: end)
                    }
                })
        }
        if let open = job.attempts?.first(where: { $0.outcome == nil }) {
            faults.append(
                Fault(
                    .openAttempt, path, "attempt \(open.number) has no end, and doesn't run",
                    job: location.id
                ) { [self] () throws(SpoolError) -> Fault.Mend? in
                    try Mending(storage).rewrite(location, "recorded as interrupted") { locked, _ in
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
        let latest = now + JobFaults.clockTolerance
        var odd: [String] = []
        func look(_ what: String, _ time: Instant?, _ limit: Instant) {
            if let time, time > limit { odd.append("\(what) is \(time)") }
        }
        look("the time in its id", Instant(milliseconds: location.id.milliseconds), latest)
        look("its modification time", Instant(nanoseconds: status.modified), latest)
        look("submitted_at", job.submittedAt, latest)
        look("finished_at", job.finishedAt, latest)
        look("the time in its name", location.name.due, now + JobFaults.horizon)
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

    /// A job whose name has the form of another place: nobody sees it there.
    func misplaced(_ location: JobLocation) -> Fault {
        Fault(
            .misplaced, location.path,
            "a job in \(location.place.directory)/ has another form of name", job: location.id
        ) { [self] () throws(SpoolError) -> Fault.Mend? in
            try Mending(storage).rename(location) { locked in
                locked.properLocation(now: storage.now())
            }
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
