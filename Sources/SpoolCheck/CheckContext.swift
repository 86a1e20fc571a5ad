import Spool
import SpoolSystem
import SpoolTime

/// The context that all areas of a check share: the spool, its jobs' ids, and what has been found on one walk, reading
/// or mending.
package final class CheckContext {
    package let spool: SpoolDirectory
    var storage: Storage { spool.storage }
    let isRepairing: Bool
    /// Of all jobs, once all places have been seen.
    var ids = JobIDs()
    private(set) var hasMended = false
    /// How many files are too young to be judged, or are being written.
    private(set) var unjudgedCount = 0
    /// Why a fault could not be mended, by code and path.
    private(set) var failures: [String: String]
    /// Whether the reader of the report has gone.
    private(set) var hasLostItsReader = false

    init(_ spool: SpoolDirectory, isRepairing: Bool, failures: [String: String]) {
        self.spool = spool
        self.isRepairing = isRepairing
        self.failures = failures
    }

    /// Reports a fault, or mends it and reports that.
    package func found(
        _ fault: Fault, _ report: CheckReport
    ) throws(SpoolError) {
        let key = "\(fault.code.rawValue) \(fault.path)"
        var mended: String?
        var message = fault.message
        if isRepairing {
            guard let mend = attempt(fault, key) else { return }
            if case .changed(let text) = mend {
                History(storage).recordFile(
                    .repair, id: fault.job, nil, from: fault.path, to: nil,
                    note: "\(fault.code.rawValue): \(text)")
            }
            mended = mend.text
            hasMended = true
        } else if let failure = failures[key] {
            message += "; it could not be mended: \(failure)"
        }
        do {
            try report(
                SpoolCheck.Finding(
                    code: fault.code, severity: fault.severity, path: fault.path, job: fault.job,
                    message: message,
                    mended: mended))
        } catch {
            hasLostItsReader = true
            throw error
        }
    }

    private func attempt(_ fault: Fault, _ key: String) -> Fault.Mend? {
        do throws(SpoolError) {
            return try fault.mend?()
        } catch {
            failures[key] = error.fact
            return nil
        }
    }

    /// Walks through a directory, however large. An entry that seems wrong is looked at once more when all names have
    /// been read. If it was about to move on, it has done so by then.
    ///
    /// - Parameter faults: the faults of an entry now; none if it is gone.
    func walk(
        _ directory: String, _ report: CheckReport,
        seen: (Directory.Entry) -> Void = { _ in },
        faults: (Directory.Entry) throws(SpoolError) -> [Fault]
    ) throws(SpoolError) {
        var suspects: [Directory.Entry] = []
        do throws(SpoolError) {
            try storage.forEachEntry(in: directory) { entry in
                seen(entry)
                do throws(SpoolError) {
                    if try !faults(entry).isEmpty { suspects.append(entry) }
                } catch {
                    suspects.append(entry)
                }
            }
        } catch {
            // The check of the layout reports a directory that isn't there.
            if error.errno == Errno.notDirectory.rawValue { return }
            try found(Fault(.unreadable, directory, error.fact), report)
        }
        for entry in suspects.sorted(by: { $0.name < $1.name }) {
            let now: [Fault]
            do throws(SpoolError) {
                now = try faults(entry)
            } catch {
                now = [Fault(.unreadable, directory + "/" + entry.name, error.fact)]
            }
            for fault in now { try found(fault, report) }
        }
    }

    func status(of path: String) throws(SpoolError) -> FileStatus? {
        try onPath(storage.path + "/" + path, "stat") { () throws(Errno) in
            try storage.root.status(of: path)
        }
    }

    /// The faults of a file that can't be judged yet: none that are known.
    func passOver() -> [Fault] {
        unjudgedCount += 1
        return []
    }

    func isOlder(_ status: FileStatus, than age: TimeSpan) -> Bool {
        storage.now() - Instant(nanoseconds: status.changed) >= age
    }

    /// Whether nobody has a file locked, and it is still the one that was looked at.
    func isUnlocked(_ path: String, _ status: FileStatus) throws(SpoolError) -> Bool {
        try onPath(storage.path + "/" + path, "flock") { () throws(Errno) in
            guard let file = try storage.root.openIfPresent(path),
                try file.tryLockShared()
            else { return false }
            return try storage.root.status(of: path)?.identity == status.identity
        }
    }
}
