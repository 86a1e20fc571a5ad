import SpoolSystem
import SpoolTime

/// The files that the dead leave behind, which mean nothing any more and hold nothing of a job. All of them are removed
/// in normal running, some time after their last change. No file is thus swept that is about to be used.
package struct Sweep: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Sweeps every file that can be swept.
    ///
    /// - Returns: how many files.
    /// - Throws: also the error of the first file that can't be swept, once all others are.
    @discardableResult
    package func all() throws(SpoolError) -> Int {
        var swept = 0
        var failure: SpoolError?
        for directory in ["tmp", "running", "dead-letter"] {
            let names = try storage.onListing(directory) { () throws(Errno) in
                try storage.root.names(in: directory).filter { isLeftoverName($0, in: directory) }
            }
            for name in names {
                let removed = try ofOneFile { () throws(SpoolError) in
                    try remove(directory + "/" + name)
                }
                switch removed {
                case .success(let isLeftover): if isLeftover { swept += 1 }
                case .failure(let error): failure = failure ?? error
                }
            }
        }
        if let failure { throw failure }
        return swept
    }

    /// Whether a name can be a leftover's. In tmp/ this is every name but that of a slot's job: the scheduler says
    /// whether that job is to be queued. In running/ it is the name of a sidecar, in dead-letter/ that of a reason.
    func isLeftoverName(_ name: String, in directory: String) -> Bool {
        switch directory {
        case "tmp": !name.hasSuffix(SlotFileName.suffix)
        case "running": sidecarOwner(name) != nil
        case "dead-letter": name.hasSuffix(".reason") && name.utf8.count > ".reason".utf8.count
        default: false
        }
    }

    /// The file in running/ that a sidecar belongs to.
    private func sidecarOwner(_ name: String) -> String? {
        for kind in Sidecar.allCases where name.hasSuffix("." + kind.rawValue) {
            let owner = name.dropLast(kind.rawValue.utf8.count) + "json"
            if JobFileName(owner)?.fits(.running) == true { return String(owner) }
        }
        return nil
    }

    /// Whether a file of such a name belongs to nobody, and nothing has touched it for a while.
    package func isLeftover(_ path: String) throws(SpoolError) -> Bool {
        guard try isUntouched(path) else { return false }
        // A request that outlived its owner is obeyed when the job, which waits again, is claimed.
        guard path.hasPrefix("running/"), path.hasSuffix("." + Sidecar.cancel.rawValue),
            let owner = sidecarOwner(String(path.dropFirst("running/".count))),
            let id = JobFileName(owner)?.id
        else { return true }
        return try !Lookup(storage).locate(id).contains { $0.place.isWaiting }
    }

    private func isUntouched(_ path: String) throws(SpoolError) -> Bool {
        try onPath(storage.path + "/" + path, "stat") { () throws(Errno) in
            guard let status = try storage.root.status(of: path), status.kind == .regular,
                storage.now() - Instant(nanoseconds: status.changed) >= storage.rules.temporaryAge
            else { return false }
            let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts.count == 2, isLeftoverName(parts[1], in: parts[0]) else { return false }
            switch parts[0] {
            case "running":
                guard let owner = sidecarOwner(parts[1]) else { return false }
                return try storage.root.status(of: "running/" + owner) == nil
            case "dead-letter":
                return try storage.root.status(of: String(path.dropLast(".reason".utf8.count)))
                    == nil
            default:
                // Its writer holds its lock.
                return try storage.root.openIfPresent(path)?.tryLockShared() ?? false
            }
        }
    }

    /// Removes such a file.
    ///
    /// - Returns: whether it was one.
    package func remove(_ path: String) throws(SpoolError) -> Bool {
        guard try isLeftover(path) else { return false }
        return try storage.remove(path)
    }
}
