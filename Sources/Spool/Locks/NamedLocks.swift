import SpoolSystem

/// A named lock in locks/, held by a living process.
package final class NamedLock {
    private let file: LockedFile?
    /// Whether this process has it.
    package var isHeld: Bool { file != nil }

    fileprivate init(_ file: LockedFile?) {
        self.file = file
    }
}

/// The locks in locks/.
package struct NamedLocks: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// How long a holder that is no worker (any more) may take to leave, in nanoseconds: a busy machine may need
    /// seconds.
    private static let patience: Int64 = 60_000_000_000

    /// Takes a lock that one process at a time may have. It is free again when the process ends, however it
    /// ends.
    ///
    /// - Throws: `.busy` if its holder neither is a worker nor ends.
    package func take(_ name: String) throws(SpoolError) -> NamedLock {
        let path = "locks/" + name
        let file = try onPath(storage.path + "/" + path, "open") { () throws(Errno) in
            try storage.root.open(path, [.readWrite, .create])
        }
        let deadline = Clock.monotonic() + NamedLocks.patience
        var failures = 0
        while true {
            let status = try onPath(storage.path + "/" + path, "flock") { () throws(Errno) in
                try file.tryLock() ? try file.status() : nil
            }
            if let status { return NamedLock(LockedFile(descriptor: file, status: status)) }
            // Its holder may be about to leave: it counts only while it is a worker.
            if try WorkerRegistry(storage).hasWorker() { return NamedLock(nil) }
            guard Clock.monotonic() < deadline else {
                throw SpoolError(
                    .busy,
                    "\(storage.path)/\(path): a process that is no worker holds this lock and doesn't end"
                        + " ('fuser -v' shows it)", path: storage.path + "/" + path)
            }
            Sleep.after(failures: &failures)
        }
    }
}
