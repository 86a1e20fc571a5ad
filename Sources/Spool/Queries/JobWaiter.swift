import SpoolSystem
import SpoolTime

/// Waits for the ends of jobs. The kernel reports when a job's file moves. It may not, as inotify(7) has no room for
/// one more, or other hosts share the files. In that case the waiter looks at the files: often at first, then less and
/// less.
package final class JobWaiter {
    package enum Wake: Equatable, Sendable {
        /// Something happened to these jobs: look again.
        case changed(Set<JobID>)
        /// Events were lost: look at all.
        case unknown
        /// One of the other files that are watched was written to, or may have been.
        case written
        case timedOut
    }

    private let storage: Storage
    /// A user has few of its kind (inotify(7)), so there is none before there is something to wait for. nil later:
    /// there is none to be had.
    private lazy var watch = openWatch()
    /// By watch number: nil for a file that isn't a job's.
    private var watched: [CInt: JobID?] = [:]
    /// The locations, at the last look, of the jobs that haven't ended.
    private var known: [JobID: JobLocation]
    /// Those whose moves nobody reports.
    private var unwatched: Set<JobID> = []
    /// Whether writes to another file should be reported, and aren't.
    private var isFileUnwatched = false
    /// Whether files may change without a report; nil: that has not been asked yet.
    private var isShared: Bool?
    /// How long it waits for a report until it looks for itself, in nanoseconds.
    private var pause = JobWaiter.firstLook
    /// Why it has to look at the files, for people; nil: it hasn't.
    package private(set) var fault: String?

    private static let shortestPause: Int64 = 2_000_000
    private static let longestPause: Int64 = 250_000_000
    /// If all moves are reported, a look is only for cases that nobody has thought of.
    private static let firstLook: Int64 = 250_000_000
    private static let laterLooks: Int64 = 10_000_000_000

    /// - Parameter jobs: the jobs to wait for, if they are known.
    package init(_ storage: Storage, _ jobs: [JobLocation] = []) {
        self.storage = storage
        known = Dictionary(jobs.map { ($0.id, $0) }) { first, _ in first }
    }

    private func openWatch() -> DirectoryWatch? {
        do throws(Errno) {
            return try DirectoryWatch()
        } catch {
            note(error)
            return nil
        }
    }

    private func note(_ error: Errno) {
        guard fault == nil else { return }
        fault =
            "inotify: \(error); looking at the files up to every 250 ms instead"
            + DirectoryWatch.advice(for: error)
    }

    /// Finds the job's present location; from then on its next move is noticed. One that has ended, or is gone, isn't
    /// waited for any more.
    ///
    /// - Returns: nil if it doesn't exist any more.
    package func locate(_ id: JobID) throws(SpoolError) -> JobLocation? {
        // A file that is watched there is there, so it need not be asked for first.
        var hint = known[id].flatMap { $0.place.isEnded ? nil : $0 }
        // A job that goes back (a retry) while we look may be missed once, not again and again.
        for _ in 0..<20 {
            var found = hint
            if found == nil { found = try Lookup(storage).locate(id, after: known[id]) }
            hint = nil
            guard let location = found else {
                Sleep.briefly()
                continue
            }
            known[id] = location
            if location.place.isEnded {
                forget(id)
                return location
            }
            guard watchMoves(of: id, at: location) else { continue }
            // It may have moved on before it was watched; after this look it can't unnoticed.
            if try storage.isThere(location.path) {
                pause = isPolling ? JobWaiter.shortestPause : JobWaiter.firstLook
                return location
            }
        }
        forget(id)
        return nil
    }

    /// The job's location now. Unlike `locate`, it changes nothing of what is waited for: a move is reported after it as
    /// it is without it.
    ///
    /// - Returns: nil if the job doesn't exist any more.
    package func presentPlace(of id: JobID) throws(SpoolError) -> JobLocation? {
        try Lookup(storage).locate(id, after: known[id])
    }

    private func forget(_ id: JobID) {
        known[id] = nil
        unwatched.remove(id)
    }

    /// - Returns: false if it has just moved on.
    private func watchMoves(of id: JobID, at location: JobLocation) -> Bool {
        do throws(Errno) {
            if let number = try watch?.watch(location.path, in: storage.root, .moving) {
                watched[number] = .some(id)
                unwatched.remove(id)
            } else {
                unwatched.insert(id)
            }
        } catch {
            if error == .noEntry { return false }
            unwatched.insert(id)
            note(error)
        }
        return true
    }

    /// Reports writes to a file of the spool too.
    package func watchWrites(to name: String) {
        do throws(Errno) {
            if let number = try watch?.watch(name, in: storage.root, .modifying) {
                watched[number] = .some(nil)
                return
            }
        } catch {
            note(error)
        }
        isFileUnwatched = true
        pause = min(pause, JobWaiter.longestPause)
    }

    /// Waits for something to happen.
    ///
    /// - Parameter deadline: a reading of the monotonic clock in nanoseconds; nil: for ever.
    package func wait(until deadline: Int64?) throws(SpoolError) -> Wake {
        while true {
            let left = deadline.map { $0 - Clock.monotonic() } ?? .max
            if left <= 0 { return .timedOut }
            let timeout = Int32((min(left, pause) + 999_999) / 1_000_000)
            do throws(Errno) {
                if try BareDescriptor.waitForInput(watch?.number, milliseconds: timeout) {
                    if let wake = try take() { return wake }
                    continue
                }
            } catch {
                throw SpoolError(error, "poll or inotify", storage.path)
            }
            if left <= pause { continue }
            lengthenPause()
            if let wake = try look() { return wake }
        }
    }

    private var isPolling: Bool {
        watch == nil || !unwatched.isEmpty || isFileUnwatched || isShared == true
    }

    private func lengthenPause() {
        // If that can't be told, it looks for itself.
        if isShared == nil {
            isShared = (try? FileSystem(of: storage.root).mayChangeUnseen()) ?? true
        }
        pause = isPolling ? min(pause * 2, JobWaiter.longestPause) : JobWaiter.laterLooks
    }

    private func look() throws(SpoolError) -> Wake? {
        var changed: Set<JobID> = []
        for (id, location) in known where try !storage.isThere(location.path) { changed.insert(id) }
        if !changed.isEmpty { return .changed(changed) }
        return isFileUnwatched || isShared == true ? .written : nil
    }

    private func take() throws(Errno) -> Wake? {
        guard let watch else { return nil }
        var changed: Set<JobID> = []
        var isWritten = false
        var hasLost = false
        for change in try watch.read() {
            guard let number = change.watch else {
                hasLost = true
                continue
            }
            guard let subject = watched[number] else { continue }
            if let id = subject, change.kind == .itselfChanged {
                changed.insert(id)
                watch.stopWatching(number)
                watched[number] = nil
            } else if subject == nil {
                isWritten = true
            }
        }
        if hasLost { return .unknown }
        if !changed.isEmpty { return .changed(changed) }
        return isWritten ? .written : nil
    }
}
