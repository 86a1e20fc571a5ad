import SpoolSchedule
import SpoolSystem

/// Waits for the ends of jobs, without polling: the kernel reports when a job's file moves.
package final class JobWaiter {
    package enum Wake: Equatable, Sendable {
        /// Something happened to these jobs: look again.
        case changed(Set<JobID>)
        /// Events were lost: look at all.
        case unknown
        /// One of the other files that are watched was written to.
        case written
        case timedOut
    }

    private let spool: SpoolDirectory
    private let watch: DirectoryWatch
    private let loop: EventLoop
    /// By watch number: nil for a file that isn't a job's.
    private var watched: [CInt: JobID?] = [:]

    package init(_ spool: SpoolDirectory) throws(SpoolError) {
        self.spool = spool
        do throws(Errno) {
            watch = try DirectoryWatch()
            loop = try EventLoop()
            try loop.watch(watch.number, token: 0)
        } catch {
            throw SpoolError(error, "inotify_init", spool.path)
        }
    }

    /// Where the job lies now, and from then on its next move is an event.
    ///
    /// - Returns: nil when it doesn't exist any more.
    package func locate(_ id: JobID) throws(SpoolError) -> JobLocation? {
        // A job that goes back (a retry) while we look may be missed once, not again and again.
        for _ in 0..<20 {
            guard let location = try spool.locate(id).last else {
                Pause.briefly()
                continue
            }
            if location.place.isEnded { return location }
            do throws(Errno) {
                watched[try watch.watch(location.path, in: spool.root, .moving)] = .some(id)
            } catch {
                // It has just moved on.
                if error == .noEntry { continue }
                throw SpoolError(error, "inotify_add_watch", spool.path + "/" + location.path)
            }
            // It may have moved on before it was watched; after this look it can't without an event.
            if try spool.exists(location) { return location }
        }
        return nil
    }

    /// Reports writes to a file of the spool too.
    package func watchWrites(to name: String) {
        // Where that can't be had, the output comes with the job's next change of state.
        if let number = try? watch.watch(name, in: spool.root, .modifying) {
            watched[number] = .some(nil)
        }
    }

    /// Waits for something to happen.
    ///
    /// - Parameter deadline: a reading of the monotonic clock in nanoseconds; nil: for ever.
    package func wait(until deadline: Int64?) throws(SpoolError) -> Wake {
        while true {
            var timeout: Int32?
            if let deadline {
                let left = deadline - Clock.monotonic()
                if left <= 0 { return .timedOut }
                timeout = Int32(min((left + 999_999) / 1_000_000, 3_600_000))
            }
            do throws(Errno) {
                if try loop.wait(timeout: timeout).isEmpty { continue }
                if let wake = try take() { return wake }
            } catch {
                throw SpoolError(error, "inotify", spool.path)
            }
        }
    }

    private func take() throws(Errno) -> Wake? {
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
