import SpoolSystem
import SpoolTime

/// The result of a look at a file that may be a job.
package enum Inspection {
    /// It is one, and it is locked. The descriptor holds the lock.
    case job(Job, LockedFile)
    /// It will never be one; `reason` is for people.
    case unfit(reason: String)
    /// Somebody else works on it.
    case busy
    /// Its writer hasn't closed it yet.
    case beingWritten
    /// It isn't one, for a reason, but may still become one until then.
    case undecided(until: Instant, reason: String)
    /// There is no such file (any more).
    case gone
}

/// Looks at a file that may be a job.
package struct Inspect: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Opens, locks, reads and checks a file that lies where a job may lie. Nothing is trusted: it may be
    /// of any kind, of any size, unfinished, and may change or vanish at any moment.
    ///
    /// - Parameters:
    ///   - isDropIn: whether anybody may have put it there, and it may still be open for writing.
    ///   - isLocking: false for a mere look, which is in nobody's way and is never `.busy`: the file that comes with a
    ///     job isn't locked then.
    package func inspect(
        _ path: String, isDropIn: Bool, isLocking: Bool = true
    ) throws(SpoolError) -> Inspection {
        let name = storage.path + "/" + path
        let directory = SpoolLayout.directory(of: path)
        let status = try storage.status(of: path)
        // Opening a file follows no link; for anything else, the way must be checked for one.
        guard let status else {
            try storage.requireNoLink(onTheWayTo: directory)
            return .gone
        }
        if let reason = Inspect.kindFault(status.kind) {
            try storage.requireNoLink(onTheWayTo: directory)
            return .unfit(reason: reason)
        }
        let opened: Descriptor
        do throws(Errno) {
            guard let file = try storage.root.openIfPresent(path) else { return .gone }
            opened = file
        } catch {
            switch error {
            case .loop:
                try storage.requireNoLink(onTheWayTo: directory)
                return .unfit(reason: "it is a symbolic link; write the job itself")
            // The record of a job that has ended stays where it is: it is not for lack of it that a job runs again.
            case .accessDenied where !Inspect.isOfEndedJob(path):
                return .unfit(
                    reason: "there is no permission to read it; check its owner and mode")
            case .noDevice: return .unfit(reason: "it is not a plain file")
            default: throw SpoolError(error, "open", name)
            }
        }
        let file: LockedFile
        do throws(Errno) {
            let now = try opened.status()
            if let reason = Inspect.kindFault(now.kind) { return .unfit(reason: reason) }
            if isLocking { guard try opened.tryLock() else { return .busy } }
            // The process that had it before may have moved it on: then the name is another file's, or nobody's.
            guard let named = try storage.root.status(of: path), named.identity == now.identity
            else {
                return .gone
            }
            file = LockedFile(descriptor: opened, status: named)
        } catch {
            throw SpoolError(error, "flock", name)
        }
        return try judge(file, path, isDropIn: isDropIn, isLocked: isLocking)
    }

    private static func isOfEndedJob(_ path: String) -> Bool {
        Place.allCases.contains { $0.isEnded && path.hasPrefix($0.directory + "/") }
    }

    static func kindFault(_ kind: FileStatus.Kind) -> String? {
        switch kind {
        case .regular: nil
        case .directory: "it is a directory; a queue's directory has no name ending in .json"
        case .symlink: "it is a symbolic link; write the job itself"
        case .other: "it is a FIFO, socket or device; write a plain file"
        }
    }

    private func judge(
        _ file: LockedFile, _ path: String, isDropIn: Bool, isLocked: Bool
    ) throws(SpoolError) -> Inspection {
        // A job that was moved or copied here by hand has its record with it.
        let isNamed = path.split(separator: "/").last.flatMap { JobFileName($0) } != nil
        let limit = isDropIn && !isNamed ? storage.rules.sizeLimit : storage.rules.recordLimit
        let lease = isDropIn ? file.descriptor.askLease() : .quiet
        if lease == .beingWritten { return .beingWritten }
        // A file that others may have written isn't even read.
        let distrust = storage.trust.distrust(of: file.descriptor, file.status)
        let bytes = try onPath(storage.path + "/" + path, "read") { () throws(Errno) -> [UInt8]? in
            distrust == nil ? try file.descriptor.readAll(limit: limit) : nil
        }
        let fault: String
        if let distrust {
            fault = distrust
        } else if let bytes {
            let job: Job?
            do throws(SpoolError) {
                let read = try Job(json: bytes)
                if isDropIn { try storage.rules.requireRoom(for: read, of: bytes.count) }
                job = read
                fault = "it has \(file.status.links) names (hard links); copy it instead"
            } catch {
                job = nil
                fault = error.message
            }
            if let job {
                var isOnlyName = file.status.links == 1
                // A mere look changes nothing.
                if !isOnlyName && isLocked {
                    isOnlyName = try HalfMove(storage).removeOtherNames(of: file, at: path)
                }
                if isOnlyName { return .job(job, file) }
            }
        } else {
            fault =
                "it is \(file.status.size) bytes long; \(limit) are the limit:"
                + " put what is long in it into a file of its own, and name that"
        }
        if !isDropIn {
            // Somebody may be editing it in place.
            if file.descriptor.askLease() == .beingWritten { return .beingWritten }
        }
        let grace = lease == .unavailable ? storage.rules.graceWithoutLease : storage.rules.grace
        let graceEnd = Instant(nanoseconds: file.status.changed) + grace
        if storage.now() < graceEnd { return .undecided(until: graceEnd, reason: fault) }
        // It may only seem old: files may be dated by another host's clock, or ours may be wrong in this process.
        if isLocked, let time = timeOfFiles(), time < graceEnd {
            return .undecided(until: storage.now() + (graceEnd - time), reason: fault)
        }
        return .unfit(reason: fault)
    }

    /// The time by the clock that dates the files of the spool. It is asked by making a file, so it is nil if none can
    /// be made.
    private func timeOfFiles() -> Instant? {
        guard !storage.hasOwnClock,
            let probe = try? FileWriter(storage).writeTemporary([], sync: .off)
        else { return nil }
        return Instant(nanoseconds: probe.file.status.changed)
    }
}
