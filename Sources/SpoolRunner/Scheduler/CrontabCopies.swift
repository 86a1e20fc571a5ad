import Spool
import SpoolSystem

/// The copies of the crontabs in force. The scheduler keeps them, and removes those of files that have gone. It tries one
/// again that can't be written, read or removed, and tells people of it once.
struct CrontabCopies {
    private let storage: Storage
    private let surroundings: SchedulerSurroundings
    /// Copies of files that aren't there, and since when, by the monotonic clock in nanoseconds.
    private var strays: [String: Int64] = [:]
    /// Copies that may be of any file, as they can't be read, and neither can cron.d/.
    private(set) var unread: Set<String> = []
    /// By the name of the file or of the copy.
    private var troubles: ToldTroubles<String>
    var nextLook: NextLook

    init(_ storage: Storage, _ surroundings: SchedulerSurroundings) {
        self.storage = storage
        self.surroundings = surroundings
        nextLook = NextLook(surroundings.monotonic)
        troubles = ToldTroubles(surroundings.monotonic, report: surroundings.report)
    }

    /// Keeps a copy of a table. If that can't be written, the table is in force without it, and the caller tells.
    ///
    /// - Parameter former: the text that was in force so far; nil: the copy tells.
    /// - Returns: the place of the text that was in force so far, if it has entries and the table has none. Or the error
    ///   of the copy.
    mutating func keep(
        _ table: inout EntryTable, former: [UInt8]?
    ) throws(SpoolError) -> Result<String?, SpoolError> {
        let kept = try ofOneFile { () throws(SpoolError) in
            try CrontabSnapshots(storage).keep(table, former: former)
        }
        switch kept {
        case .success:
            table.needsSnapshot = false
            troubles.overcome(table.file)
        case .failure:
            table.needsSnapshot = true
        }
        return kept
    }

    /// Copies of files in cron.d/ can't be read, and neither can the names there. A file that isn't known otherwise has no
    /// entries in force then.
    ///
    /// - Parameter errors: by the paths of the copies.
    mutating func note(unread errors: [String: SpoolError]) {
        for copy in unread.subtracting(errors.keys) { troubles.overcome(copy) }
        unread = Set(errors.keys)
        for (copy, error) in errors { tell(error, of: copy) }
    }

    /// Tells people, once, about a copy with which something can't be done, which is tried again.
    mutating func tell(_ error: SpoolError, of name: String) {
        nextLook.ask(after: NextLook.patience)
        troubles.fail(name, for: "copy", error)
    }

    /// A file has gone; its copy is a stray from then on.
    mutating func noteGone(_ file: String, since: Int64) {
        troubles.forget(file)
        strays[CrontabSnapshots.path(of: file)] = since
    }

    /// Removes the copies of files that are gone; not those of files that are missing for a moment, also as
    /// the scheduler starts.
    ///
    /// - Parameter files: those that are in force.
    mutating func forgetStrays(except files: [String]) throws(SpoolError) {
        let now = surroundings.monotonic()
        let found = try CrontabSnapshots(storage).strays(except: files).filter {
            !unread.contains($0)
        }
        strays = strays.filter { found.contains($0.key) }
        for copy in found {
            let since = strays[copy] ?? now
            strays[copy] = since
            guard now - since >= NextLook.absence else {
                nextLook.ask(after: NextLook.absence - (now - since))
                continue
            }
            let forgotten = try ofOneFile { () throws(SpoolError) in
                try CrontabSnapshots(storage).forget(copy)
            }
            switch forgotten {
            case .success:
                strays[copy] = nil
                troubles.overcome(copy)
            case .failure(let error): tell(error, of: copy)
            }
        }
    }
}
