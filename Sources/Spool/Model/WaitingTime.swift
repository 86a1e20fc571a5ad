import SpoolTime

/// The time until which a job waits, as the content of its file says. In scheduled/, the file's name says it too, and wins.
enum WaitingTime {
    /// nil for a job that may begin at once.
    ///
    /// - Parameter time: when it was submitted.
    static func of(_ job: Job, submittedAt time: Instant) -> Instant? {
        let due = job.dueTime(submittedAt: time)
        return job.state == .retrying ? [job.retryAt, due].compactMap(\.self).max() : due
    }

    /// Has a job wait until another time.
    ///
    /// - Parameters:
    ///   - due: nil for no longer.
    ///   - time: when it was submitted.
    static func set(_ due: Instant?, in job: inout Job, submittedAt time: Instant) {
        if job.state == .retrying {
            job.retryAt = due
            // The user's own times are about the first attempt, and stay if they don't count any more.
            if let due, let own = job.dueTime(submittedAt: time), own <= due { return }
            (job.notBefore, job.delay) = (nil, nil)
        } else {
            (job.notBefore, job.delay) = (due, nil)
        }
    }
}
