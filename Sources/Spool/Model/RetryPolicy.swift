/// Works out the fate of a job whose attempt has ended. It is pure: the same attempt always leads to the same place,
/// whoever works it out.
package enum RetryPolicy {
    /// The number of attempts of earlier rounds that stay on record.
    package static let keptEarlierAttempts = 100
    /// The number of the last attempts that keep their messages whole.
    package static let keptMessages = 10
    /// In bytes: the part of the messages of earlier attempts that is kept.
    package static let shortMessage = 200

    /// Exit codes with a meaning of their own, whatever `retry_on` says (sysexits(3) for the first).
    static let exitAskingForRetry: Int32 = 75
    static let exitRefusingRetry: Int32 = 100

    /// Whether an exit code counts as success.
    package static func isSuccess(_ exitCode: Int32, of job: Job) -> Bool {
        (job.successOn ?? [0]).contains(exitCode)
    }

    /// The outcome of a job: the job with the state, the time and the message that the end of its last attempt leads
    /// to. It also has the time of the next try.
    ///
    /// The outcome of an outcome is the same, but for the jitter.
    ///
    /// - Parameters:
    ///   - job: its last attempt has ended; else nothing changes.
    ///   - random: 0 to 1, for the jitter of the backoff.
    package static func ended(_ job: Job, random: Double) -> Job {
        guard let attempt = job.attempts?.last, let outcome = attempt.outcome,
            let finishedAt = attempt.finishedAt
        else { return job }
        var job = job
        job.message = attempt.message
        job.retryAt = nil
        job.finishedAt = finishedAt
        if mayRetry(outcome, exitCode: attempt.exitCode, job) {
            if job.triesInRound < job.effectiveMaxAttempts {
                let wait = job.effectiveBackoff.delay(afterTry: job.triesInRound, random: random)
                job.state = .retrying
                job.retryAt = finishedAt + wait
                job.finishedAt = nil
            } else if job.effectiveMaxAttempts > 1 {
                job.state = .dead
                let reason = attempt.message.map { ": " + $0 } ?? ""
                job.message = "all \(job.effectiveMaxAttempts) attempts are used up\(reason)"
            } else {
                job.state = state(for: outcome)
            }
        } else {
            job.state = state(for: outcome)
        }
        return job
    }

    /// The outcome of a job that would be tried again, but that somebody has asked to stop.
    package static func endedAsCancelled(_ job: Job) -> Job {
        var job = job
        guard var attempt = job.attempts?.popLast() else { return job }
        attempt.outcome = .cancelled
        attempt.message = "cancelled while it ran" + (attempt.message.map { "; \($0)" } ?? "")
        job.attempts?.append(attempt)
        return ended(job, random: 0)
    }

    private static func mayRetry(_ outcome: Attempt.Outcome, exitCode: Int32?, _ job: Job) -> Bool {
        switch outcome {
        case .completed, .cancelled: return false
        case .timedOut, .interrupted: return true
        case .failed:
            guard let exitCode else { return true }
            if exitCode == exitRefusingRetry { return false }
            if exitCode == exitAskingForRetry { return true }
            return job.retryOn?.contains(exitCode) ?? true
        }
    }

    private static func state(for outcome: Attempt.Outcome) -> JobState {
        switch outcome {
        case .completed: .completed
        case .failed: .failed
        case .timedOut: .timedOut
        case .cancelled: .cancelled
        case .interrupted: .interrupted
        }
    }

    /// The job with less in its record, if its file would become larger than its readers take.
    ///
    /// - Parameter limit: of the file, in bytes.
    /// - Returns: nil if nothing is left that may be left out.
    static func shortened(_ job: Job, for limit: Int) -> Job? {
        var shorter = job
        for index in (job.attempts ?? []).indices.dropLast() {
            shorter.attempts?[index].message = nil
            shorter.attempts?[index].outlivedBy = nil
        }
        if shorter.attempts != job.attempts { return shorter }
        guard job.result != nil else { return nil }
        shorter.result = nil
        let note = "the result is not recorded: the job's file would have more than \(limit) bytes"
        if var last = shorter.attempts?.popLast() {
            last.message = MessageText.joined(last.message, note)
            shorter.attempts?.append(last)
        }
        shorter.message = MessageText.joined(job.message, note)
        return shorter
    }

    /// Makes an ended job, or one between two tries, ready for its next attempt. A job that had ended begins
    /// a new round: its tries start anew, its attempts stay on record.
    package static func prepareNextAttempt(_ job: inout Job) {
        if job.state?.isFinal == true { job.earlierAttempts = job.attempts?.count }
        job.state = nil
        job.retryAt = nil
        job.finishedAt = nil
        job.message = nil
        job.result = nil
        job.shortenRecord()
    }
}

extension Job {
    /// Keeps the record of attempts from outgrowing the file that it stands in.
    fileprivate mutating func shortenRecord() {
        guard var all = attempts, all.count > RetryPolicy.keptMessages else { return }
        let earlier = earlierAttempts ?? 0
        let surplus = max(0, min(earlier, all.count) - RetryPolicy.keptEarlierAttempts)
        if surplus > 0 {
            all.removeFirst(surplus)
            earlierAttempts = earlier - surplus
        }
        for index in all.indices.dropLast(RetryPolicy.keptMessages) {
            all[index].outlivedBy = nil
            guard let message = all[index].message,
                message.utf8.count > RetryPolicy.shortMessage
            else { continue }
            // A character has at most four bytes.
            all[index].message =
                (0..<4).lazy.compactMap {
                    String(message.utf8.prefix(RetryPolicy.shortMessage - $0))
                }.first
        }
        attempts = all
    }
}
