import CSpoolSystem
import Glibc

/// A path that is used once, with links followed where that isn't excluded. Below a directory that stays open, use
/// `Directory`.
package struct FilePath: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    /// Whether something has this path and may be seen.
    package var exists: Bool { access(path, F_OK) == 0 }
    package var isExecutable: Bool { access(path, X_OK) == 0 }

    /// stat(2), of the target of a link.
    package func status() throws(Errno) -> FileStatus {
        var raw = stat()
        try systemCall { stat(path, &raw) }
        return FileStatus(raw)
    }

    /// readlink(2).
    package func linkTarget() throws(Errno) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = try systemCall { readlink(path, &buffer, buffer.count) }
        return buffer[..<count].map { UInt8(bitPattern: $0) }
    }

    /// realpath(3): the path without links, `.` and `..`.
    package func resolved() throws(Errno) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard realpath(path, &buffer) != nil else { throw Errno.last }
        return buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    }

    /// Opens it for reading, following links, relative to the working directory.
    package func openForReading() throws(Errno) -> Descriptor {
        Descriptor(owning: try systemCall { Glibc.open(path, O_RDONLY | O_CLOEXEC) })
    }

    /// As `openForReading`, but never waits, as for the writer of a FIFO, and never takes a terminal as this session's
    /// own. The file stays non-blocking.
    package func openWithoutWaiting() throws(Errno) -> Descriptor {
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        return Descriptor(owning: try systemCall { Glibc.open(path, flags) })
    }

    /// As `openWithoutWaiting`, but reading waits.
    ///
    /// - Returns: nil for a FIFO: reading it would mean to wait for its writer.
    package func openInput() throws(Errno) -> Descriptor? {
        let file = try openWithoutWaiting()
        var raw = stat()
        try systemCall { fstat(file.number, &raw) }
        if spool_is_fifo(raw.st_mode) { return nil }
        // A reader of it expects to wait for it, as for a terminal.
        let set = try systemCall { fcntl(file.number, F_GETFL) }
        try systemCall { fcntl(file.number, F_SETFL, set & ~O_NONBLOCK) }
        return file
    }

    /// Makes a file that only its owner can read, if nothing has the path yet (EEXIST).
    package func writeNewFile(_ bytes: [UInt8]) throws(Errno) {
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let file = Descriptor(owning: try systemCall { Glibc.open(path, flags, 0o600) })
        try file.write(bytes)
    }

    /// Opens a plain file of this user for reading.
    ///
    /// - Throws: EPERM for another's, and for anything that isn't a plain file.
    package func openOwn() throws(Errno) -> Descriptor {
        let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        let file = Descriptor(owning: try systemCall { Glibc.open(path, flags) })
        let status = try file.status()
        guard status.kind == .regular, status.owner == geteuid() else { throw .notPermitted }
        return file
    }

    package func remove() {
        _ = unlink(path)
    }
}
