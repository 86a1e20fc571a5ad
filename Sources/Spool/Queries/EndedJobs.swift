import SpoolSystem
import SpoolTime

/// Jobs that have ended, with the records of their ends.
package struct EndedJobs: Sendable {
    private let storage: Storage
    /// How long a record that is being written is waited for, in nanoseconds.
    private let patience: Int64

    /// - Parameter patience: in nanoseconds; a busy disk may take two seconds for a record.
    package init(_ storage: Storage, patience: Int64 = 2_000_000_000) {
        self.storage = storage
        self.patience = patience
    }

    /// Waits for the end of a job.
    ///
    /// - Parameter timeout: nil: as long as it takes.
    /// - Returns: the job as it has ended; nil if it hasn't within that time.
    /// - Throws: `.notFound` if there is no such job (any more).
    func wait(for id: JobID, timeout: Duration?) throws(SpoolError) -> JobEntry? {
        let deadline = timeout.map { Clock.monotonic() + max(0, TimeSpan($0).nanoseconds) }
        let waiter = JobWaiter(storage)
        while true {
            guard let location = try waiter.locate(id) else {
                throw SpoolError(.notFound, "\(storage.path): there is no job \(id) any more")
            }
            if location.place.isEnded {
                if let entry = entry(at: location, until: deadline), entry.state.isFinal {
                    return entry
                }
                // Somebody has had it run again.
                continue
            }
            if try waiter.wait(until: deadline) == .timedOut { return nil }
        }
    }

    /// The same if the lock of another host's process may not be seen here.
    private static let patienceWithoutLock: Int64 = 50_000_000

    /// The job at a location at which it has ended. A process that ends a waiting job moves it first, and then puts a
    /// file with the record in its place. If that is still to come, this waits for it.
    ///
    /// - Parameter end: until when at most, by the monotonic clock; nil: as long as it has patience.
    /// - Returns: nil if the job has moved on. An entry without a record if nobody writes one, or not in time.
    package func entry(at location: JobLocation, until end: Int64? = nil) -> JobEntry? {
        var entry = JobReader(storage).entry(at: location)
        guard lacksRecord(entry, at: location) else { return entry }
        let isOfOneHost = storage.traits.isOfOneHost
        let patience = isOfOneHost ? patience : EndedJobs.patienceWithoutLock
        let deadline = min(Clock.monotonic() + patience, end ?? .max)
        // Without one, it looks every few milliseconds.
        let watch = try? DirectoryWatch()
        repeat {
            // The file that lies there now moves when the record takes its place.
            let isWatched = (try? watch?.watch(location.path, in: storage.root, .moving)) != nil
            let isUnowned = isOfOneHost && !isLocked(location)
            entry = JobReader(storage).entry(at: location)
            if isUnowned || !lacksRecord(entry, at: location) { break }
            guard let watch, isWatched, isOfOneHost else {
                Sleep.briefly()
                continue
            }
            let left = max(0, deadline - Clock.monotonic())
            let milliseconds = Int32((min(left, EndedJobs.longestSleep) + 999_999) / 1_000_000)
            // If that fails, the next look tells.
            if (try? BareDescriptor.waitForInput(watch.number, milliseconds: milliseconds)) == true
            {
                _ = try? watch.read()
            }
        } while Clock.monotonic() < deadline
        return entry
    }

    /// In nanoseconds: nothing reports that a process has died before it could write the record.
    private static let longestSleep: Int64 = 250_000_000

    private func lacksRecord(_ entry: JobEntry?, at location: JobLocation) -> Bool {
        guard location.place == .failed, let job = entry?.job else { return false }
        return job.finishedAt == nil
    }

    /// Whether somebody holds the lock of a job's file: the process that is about to write the record does.
    private func isLocked(_ location: JobLocation) -> Bool {
        // A file that can't be asked is looked at again, as one that is locked.
        guard let file = try? storage.root.openIfPresent(location.path),
            let isFree = try? file.tryLockShared()
        else { return true }
        return !isFree
    }
}
