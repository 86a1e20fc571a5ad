import SpoolSystem

/// Waits for the end of a job.
struct EndWait {
    private let storage: Storage

    init(_ storage: Storage) {
        self.storage = storage
    }

    /// - Parameter timeout: nil: as long as it takes.
    /// - Returns: the job as it has ended; nil if it hasn't within that time.
    /// - Throws: `.notFound` if there is no such job (any more).
    func end(of id: JobID, timeout: Duration?) throws(SpoolError) -> JobEntry? {
        let deadline = timeout.map { Clock.monotonic() + max(0, $0.nanoseconds) }
        let waiter = JobWaiter(storage)
        while true {
            guard let location = try waiter.locate(id) else {
                throw SpoolError(.notFound, "\(storage.path): there is no job \(id) any more")
            }
            if location.place.isEnded {
                let entry = try Listing(storage).entry(following: location)
                if let entry, entry.state.isFinal { return entry }
                // Somebody has had it run again.
                continue
            }
            if try waiter.wait(until: deadline) == .timedOut { return nil }
        }
    }
}

extension Duration {
    /// Clamped to the range of 64 bits, 292 years.
    fileprivate var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        // Half of it, so that a reading of the clock can be added.
        guard !isTooLong, abs(whole) < .max / 2 else { return seconds < 0 ? 0 : .max / 2 }
        return whole + attoseconds / 1_000_000_000
    }
}
