import SpoolSystem

/// A named lock in locks/, held by a living process.
package final class Turn {
    private let file: LockedFile?
    /// Whether this process has it.
    package var isOurs: Bool { file != nil }

    fileprivate init(_ file: LockedFile?) {
        self.file = file
    }
}

extension SpoolDirectory {
    /// Takes a lock that one process at a time may have. It is free again when the process ends, however it
    /// ends.
    package func takeTurn(_ name: String) throws(SpoolError) -> Turn {
        let path = "locks/" + name
        return try onPath(self.path + "/" + path, "flock") { () throws(Errno) in
            let file = try root.open(path, [.readWrite, .create])
            for _ in 0..<1000 {
                if try file.tryLock() {
                    let status = try file.status()
                    return Turn(LockedFile(descriptor: file, status: status))
                }
                // Its holder may be about to leave: it counts only while it is a worker.
                if (try? hasWorker()) == true { break }
                Pause.briefly()
            }
            return Turn(nil)
        }
    }
}
