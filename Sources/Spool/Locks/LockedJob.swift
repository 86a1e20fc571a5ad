import SpoolSystem
import SpoolTime

/// A job's file, locked by this process. No process that keeps the rules moves or changes it meanwhile.
package final class LockedJob {
    /// The lock lives as long as this file is open, in whichever process holds it last.
    package internal(set) var file: LockedFile
    package internal(set) var location: JobLocation {
        didSet { path = location.path }
    }
    /// That of its location, relative to the spool.
    package private(set) var path: String
    /// The content of the file, completed with the values of its name and place, which win.
    package var job: Job
    /// Whether a power cut leaves it in running/, where it is taken for one that had begun.
    package internal(set) var hasDurableClaim = false
    /// Whether its file as it was before the attempt lies beside it: a power cut may leave it unfinished then.
    package var hasBackup = false
    /// Whether the content of its file may not have come to the disk yet.
    package var isFlushPending = false
    /// The file as it was before the last rewrite, if it has yet to be removed.
    package var replaced: TemporaryFile?
    /// Whether its file is no job any more, and another one has said what it was before the attempt.
    package var hasLostRecord = false

    package init(file: LockedFile, location: JobLocation, job: Job) {
        self.file = file
        self.location = location
        path = location.path
        self.job = job
    }

    package var id: JobID { location.id }

    /// The name that belongs to it in its place, if somebody has put it there under another form of name.
    package func properLocation(now: Instant) -> JobLocation {
        let name = location.name
        let priority = name.priority ?? job.effectivePriority
        switch location.place {
        case .incoming:
            return .incoming(id, queue: location.queue ?? job.effectiveQueue, priority)
        case .blocked, .held:
            return JobLocation(location.place, JobFileName(id: id, priority: priority))
        case .scheduled:
            let submitted = job.submittedAt ?? Instant(milliseconds: id.milliseconds)
            let due = name.due ?? job.retryAt ?? job.dueTime(submittedAt: submitted)
            return .scheduled(id, due: due ?? now, priority)
        case .running:
            // Recovery does the rest: it knows whether that attempt began.
            let last = job.attempts?.last
            let isOpen = last != nil && last?.outcome == nil
            return .running(id, attempt: isOpen ? last?.number ?? 1 : job.nextAttemptNumber)
        case .done:
            let end = job.finishedAt ?? Instant(nanoseconds: file.status.modified)
            return .done(id, finishedAt: end)
        case .failed: return .failed(id)
        case .deadLetter: return .deadLetter(id)
        }
    }

    /// Whether its command must not begin before the record of its start is durable. A job that may be tried again may
    /// also be found not to have begun.
    package var needsDurableStart: Bool { job.mustNotBeginTwice && !hasDurableClaim }
}
