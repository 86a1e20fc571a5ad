import CSpoolSystem
import Glibc

/// An open file descriptor that closes itself.
package struct Descriptor: ~Copyable, Sendable {
    package let number: CInt

    /// Takes over a descriptor that nobody else closes.
    package init(owning number: CInt) {
        self.number = number
    }

    deinit {
        // Linux closes the descriptor whatever close(2) answers, so there is nothing to repeat; data
        // that must be durable has been fsynced before.
        _ = Glibc.close(number)
    }

    /// Gives the bare descriptor away: the caller closes it.
    package consuming func release() -> CInt {
        let number = self.number
        discard self
        return number
    }
}

// MARK: - Reading and writing

extension Descriptor {
    /// Reads from `offset` to the end, but never more than `limit` bytes.
    ///
    /// - Returns: nil if there is more than `limit`.
    package func readAll(limit: Int, from offset: Int = 0) throws(Errno) -> [UInt8]? {
        var position = off_t(offset)
        return try collect(limit: limit) { (buffer) throws(Errno) in
            let count = try systemCall {
                pread(number, buffer.baseAddress, buffer.count, position)
            }
            position += off_t(count)
            return count
        }
    }

    /// As `readAll`, for a file that can't be sought: a pipe, a terminal, a file of /proc.
    package func readStream(limit: Int) throws(Errno) -> [UInt8]? {
        try collect(limit: limit) { (buffer) throws(Errno) in
            try systemCall { Glibc.read(number, buffer.baseAddress, buffer.count) }
        }
    }

    /// The next byte, read(2); nil at the end.
    package func readByte() throws(Errno) -> UInt8? {
        var byte: UInt8 = 0
        let count = try systemCall { Glibc.read(number, &byte, 1) }
        return count == 0 ? nil : byte
    }

    /// Up to `size` bytes from a position; none at the end.
    package func readPiece(of size: Int, at offset: Int) throws(Errno) -> [UInt8] {
        guard size > 0 else { return [] }
        var failure: Errno?
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            do throws(Errno) {
                count = try systemCall { pread(number, buffer.baseAddress, size, off_t(offset)) }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return bytes
    }

    private func collect(
        limit: Int, _ next: (UnsafeMutableRawBufferPointer) throws(Errno) -> Int
    ) throws(Errno) -> [UInt8]? {
        let chunk = UnsafeMutableRawBufferPointer.allocate(byteCount: 16384, alignment: 16)
        defer { chunk.deallocate() }
        var bytes: [UInt8] = []
        while true {
            let count = try next(chunk)
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            if bytes.count > limit { return nil }
        }
    }

    /// Writes everything, going on after short writes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(Errno) {
        var rest = bytes
        while !rest.isEmpty {
            let count = try systemCall { Glibc.write(number, rest.baseAddress, rest.count) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    package func write(_ bytes: [UInt8]) throws(Errno) {
        // A rethrowing closure can't carry a typed error, hence the result.
        let result = bytes.withUnsafeBytes { buffer -> Result<Void, Errno> in
            do throws(Errno) {
                return .success(try write(buffer))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    package func write(_ text: String) throws(Errno) {
        try write(Array(text.utf8))
    }
}

// MARK: - Durability, locks and leases

extension Descriptor {
    /// Closes the file, and with it its lock, though this object lives on, as another file.
    ///
    /// - Returns: whether that could be done.
    package func close(becoming other: borrowing Descriptor) -> Bool {
        spool_replace(number, other.number) >= 0
    }

    /// fsync(2). After an error the pages are gone from the cache: write a new file, don't repeat.
    ///
    /// On btrfs it also ends the transaction, so that nothing of the file stays in the log. A rename of a file that is
    /// in the log would be replayed half.
    package func sync() throws(Errno) {
        try systemCall { fsync(number) }
        _ = try commitTransaction()
    }

    /// On btrfs, ends the transaction: all renames until now are durable, each of them whole. A log that is
    /// replayed, as fsync(2) leaves one, may know the new name of a file and not the end of the old one.
    ///
    /// - Returns: false on any other file system; nothing was done then.
    package func commitTransaction() throws(Errno) -> Bool {
        do {
            try systemCall { spool_commit_btrfs(number) }
            return true
        } catch {
            switch error {
            case .wrongRequest: return false
            // A filter of system calls doesn't know it. This one does the same, and writes back more.
            case .notPermitted:
                try syncFileSystem()
                return true
            default: throw error
            }
        }
    }

    /// Writes the content to the disk without committing anything (sync_file_range(2)). This takes less than half as
    /// long as an fsync(2). It is as good if `FileSystem.commitsInOrder` and a sync of the file's name follows.
    ///
    /// As after `sync`, after an error write a new file.
    package func writeBack() throws(Errno) {
        try systemCall { spool_write_back(number) }
    }

    /// Begins to write the content to the disk. `writeBack` waits for it then, and tells of its errors.
    package func beginWriteBack() {
        _ = spool_begin_write_back(number)
    }

    /// syncfs(2): one call for a batch of files on one file system.
    package func syncFileSystem() throws(Errno) {
        try systemCall { spool_syncfs(number) }
    }

    /// flock(2), exclusive, without waiting. The lock goes with the open file: it lives until the last
    /// process that shares it has closed it or died.
    ///
    /// - Returns: whether the lock is ours now.
    package func tryLock() throws(Errno) -> Bool {
        try systemCall(unless: .again) { flock(number, LOCK_EX | LOCK_NB) } != nil
    }

    /// As `tryLock`, but waits for as long as it takes.
    package func lock() throws(Errno) {
        try systemCall { flock(number, LOCK_EX) }
    }

    /// As `tryLock`, but shared: for a caller that only asks whether an owner lives.
    package func tryLockShared() throws(Errno) -> Bool {
        try systemCall(unless: .again) { flock(number, LOCK_SH | LOCK_NB) } != nil
    }

    package func unlock() throws(Errno) {
        try systemCall { flock(number, LOCK_UN) }
    }

    /// The answer of a read lease about other people's open descriptors of a file.
    package enum LeaseAnswer: Sendable {
        /// Nobody had the file open for writing.
        case quiet
        /// Somebody still has it open for writing.
        case beingWritten
        /// The file system, or the owner of the file, doesn't allow leases.
        case unavailable
    }

    /// Asks whether a writer has this file open, by taking a read lease (fcntl F_SETLEASE) and giving it
    /// back at once.
    package func askLease() -> LeaseAnswer {
        do {
            try systemCall { spool_take_read_lease(number) }
            try systemCall { spool_drop_lease(number) }
            return .quiet
        } catch .again {
            return .beingWritten
        } catch {
            return .unavailable
        }
    }
}

// MARK: - Metadata

extension Descriptor {
    package func status() throws(Errno) -> FileStatus {
        var raw = stat()
        try systemCall { fstat(number, &raw) }
        return FileStatus(raw)
    }

    /// Cuts a file to a length in bytes.
    package func truncate(to size: Int64) throws(Errno) {
        try systemCall { ftruncate(number, off_t(size)) }
    }

    /// Sets the modification time to now (futimens(3)): the heartbeat.
    package func touch() throws(Errno) {
        try systemCall { futimens(number, nil) }
    }

    /// Whether an access list (acl(5)) beside the mode may let others in.
    package var hasAccessList: Bool { spool_has_access_list(number) }

    package func setMode(_ mode: mode_t) throws(Errno) {
        try systemCall { fchmod(number, mode) }
    }
}
