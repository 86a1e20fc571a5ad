import SpoolTime

/// When a job may begin, and when it is too late.
extension Job {
    /// When it is too late to start it; nil for never.
    package func expiryTime(submittedAt: Instant) -> Instant? {
        switch expires {
        case .at(let instant): instant
        case .after(let span): submittedAt + span
        case nil: nil
        }
    }

    /// When a job submitted at `time` may first run; nil for at once.
    package func dueTime(submittedAt time: Instant) -> Instant? {
        let delayed = delay.map { time + $0 }
        return [delayed, notBefore].compactMap(\.self).max()
    }

    /// Why a job that is submitted at `time` would expire before it may begin; nil if it wouldn't.
    package func neverStarts(submittedAt time: Instant) -> String? {
        neverStarts(due: dueTime(submittedAt: time), submittedAt: time)
    }

    /// The same for a job of which it is known when it may begin; nil: at once.
    func neverStarts(due: Instant?, submittedAt time: Instant) -> String? {
        guard let due, let end = expiryTime(submittedAt: time), due >= end else { return nil }
        return "the job would never start: it may begin at \(due), and expires at \(end)"
    }
}
