import Spool
import SpoolSystem

/// Changes of a job's file that mend a fault, under its lock.
struct Mending {
    private let storage: Storage

    init(_ storage: Storage) {
        self.storage = storage
    }

    /// Replaces the content of a job, under its lock.
    func rewrite(
        _ location: JobLocation, _ text: String, _ change: (LockedJob, _ written: Job) -> Void
    ) throws(SpoolError) -> Fault.Mend? {
        switch try JobLock(storage).acquire(location) {
        case .locked(let locked, let written):
            change(locked, written)
            return try JobFiles(storage).rewrite(locked, isDurable: true) ? .changed(text) : nil
        case .unfit(let reason):
            return try Reject(storage).reject(location, reason: reason)
                ? .moved("taken to dead-letter/") : nil
        case .busy, .undecided, .gone: return nil
        }
    }

    /// Gives a job another name in its place, under its lock; if that name is taken, the job is parked.
    func rename(
        _ location: JobLocation, to target: (LockedJob) -> JobLocation
    ) throws(SpoolError) -> Fault.Mend? {
        switch try JobLock(storage).acquire(location) {
        case .locked(let locked, _):
            let target = target(locked)
            switch try JobFiles(storage).move(
                locked, to: target, .repair, sync: locked.job.effectiveSync)
            {
            case .moved: return .moved("renamed to \(target.path)")
            case .taken: return try park(locked, beside: target.path)
            case .gone: return nil
            }
        case .unfit(let reason):
            return try Reject(storage).reject(location, reason: reason)
                ? .moved("taken to dead-letter/") : nil
        case .busy, .undecided, .gone: return nil
        }
    }

    /// Takes a second file of a job to dead-letter/, under an id of its own. It runs only when a person says
    /// so, as it may have run already.
    func park(_ locked: LockedJob, beside path: String) throws(SpoolError) -> Fault.Mend? {
        let target = JobLocation.deadLetter(storage.ids.make(at: storage.now()))
        let reason = "\(locked.location.path): a second file of \(locked.id), which is \(path)"
        try FileWriter(storage).publish(
            Array("\(reason)\n".utf8), as: target.path + ".reason", .replace, sync: .off)
        let result = try JobFiles(storage).move(
            locked, to: target, .repair, sync: locked.job.effectiveSync, note: reason)
        guard result == .moved else {
            // A reason without its file is found and swept later.
            _ = try? storage.root.removeIfPresent(target.path + ".reason")
            return nil
        }
        return .moved("taken to \(target.path)")
    }
}

extension Storage {
    /// Puts a copy in the place of a file that has other names too.
    ///
    /// - Returns: false if somebody is at work on it.
    func separate(_ name: String) throws(SpoolError) -> Bool {
        let original = try onPath(path + "/" + name, "flock") { () throws(Errno) -> LockedFile? in
            guard let file = try root.openIfPresent(name), try file.tryLock() else {
                return nil
            }
            let status = try file.status()
            return LockedFile(descriptor: file, status: status)
        }
        guard let original else { return false }
        let bytes = try onPath(path + "/" + name, "read") { () throws(Errno) in
            try original.descriptor.readAll(limit: rules.recordLimit)
        }
        guard let bytes else { return false }
        let copy = try FileWriter(self).writeTemporary(bytes, sync: .full)
        return try onPath(path + "/" + name, "rename") { () throws(Errno) in
            try root.rename(copy.name, to: name, .exchange)
            if try root.status(of: copy.name)?.identity == original.identity { return true }
            // By hand, another file was put in its place: it stays.
            try root.rename(copy.name, to: name, .exchange)
            return false
        }
    }
}
