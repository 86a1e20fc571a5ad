extension RetryPolicy {
    /// The location to which a job belongs whose last attempt has ended; nil if it hasn't.
    package static func destination(of job: Job, id: JobID) -> JobLocation? {
        switch job.state {
        case .completed: job.finishedAt.map { .done(id, finishedAt: $0) }
        case .failed, .timedOut, .cancelled, .interrupted: .failed(id)
        case .dead: .deadLetter(id)
        case .retrying: job.retryAt.map { .scheduled(id, due: $0, job.effectivePriority) }
        default: nil
        }
    }
}
