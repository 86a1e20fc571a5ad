import SpoolTime

extension Job {
    /// Ends an attempt whose runner has no say any more. Somebody has moved the running job to where it waits, and so
    /// has taken it away from its runner.
    private mutating func endOpenAttempt() {
        guard let last = attempts?.last, last.outcome == nil, var attempt = attempts?.popLast()
        else { return }
        attempt.outcome = .interrupted
        attempt.message = "the job was taken away from its runner by hand"
        attempts?.append(attempt)
    }

    /// The job with the values of its file's name and place, which win over the content. The record of another job, of
    /// which this is a copy, is left behind. An ended job that waits again begins a new round.
    package func completed(from location: JobLocation) -> Job {
        var job = self
        if let recorded = job.id, recorded != location.id { job.forgetRecord() }
        job.id = location.id
        if job.submittedAt == nil {
            job.submittedAt = Instant(milliseconds: location.id.milliseconds)
        }
        if let queue = location.queue, queue != job.effectiveQueue { job.queue = queue }
        if let priority = location.name.priority, priority != job.effectivePriority {
            job.priority = priority
        }
        if location.place.isWaiting {
            if job.state?.isFinal == true { RetryPolicy.prepareNextAttempt(&job) }
            job.endOpenAttempt()
        }
        return job
    }
}
