import CSpoolSystem
import Glibc

/// An open directory. All names are relative to it. A change of the path above it meanwhile (a rename, a symlink put in
/// its place) therefore changes nothing.
package final class Directory: Sendable {
    private let descriptor: Descriptor
    /// The path it was opened by, for messages.
    package let path: String

    package init(path: String) throws(Errno) {
        self.path = path
        descriptor = Descriptor(
            owning: try systemCall { Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) })
    }

    private init(owning number: CInt, path: String) {
        self.path = path
        descriptor = Descriptor(owning: number)
    }

    package var number: CInt { descriptor.number }

    /// Closes a file, though its object lives on, as this directory.
    ///
    /// - Returns: whether that could be done.
    package func replace(_ file: borrowing Descriptor) -> Bool { file.close(becoming: descriptor) }

    /// Opens a directory below this one. No symbolic link is followed, neither at the end of the name (ENOTDIR)
    /// nor on the way (ELOOP).
    package func subdirectory(_ name: String) throws(Errno) -> Directory {
        let number = try openBeneath(name, O_RDONLY | O_DIRECTORY)
        return Directory(owning: number, path: path + "/" + name)
    }

    /// - Returns: a bare descriptor.
    func openBeneath(_ name: String, _ flags: CInt, _ mode: mode_t = 0) throws(Errno) -> CInt {
        try systemCall { spool_open_beneath(number, name, flags, mode) }
    }

    /// Makes the entries durable: fsync(2) of the directory, or the end of a transaction.
    package func sync() throws(Errno) {
        if try !descriptor.commitTransaction() { try descriptor.sync() }
    }

    /// As `sync`, also for content that was written to the disk before (`Descriptor.writeBack`). If file systems commit
    /// in order, a sync of a directory goes as far as the last change of that directory. This call therefore
    /// changes the directory first.
    package func syncWithContent() throws(Errno) {
        try descriptor.touch()
        try sync()
    }

    /// The path that leads here now, from the root on (/proc/self/fd); nil if there is none, or it can't be known.
    package func presentPath() -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/fd/\(number)", &buffer, buffer.count)
        guard count > 0, count < buffer.count else { return nil }
        let path = String(
            decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let there = (try? statusOfTarget(path)) ?? nil
        // One that was removed has a name that says so, and one out of reach an incomplete one.
        guard path.hasPrefix("/"), let own = try? status() else { return nil }
        return there?.identity == own.identity ? path : nil
    }

    package func syncFileSystem() throws(Errno) {
        try descriptor.syncFileSystem()
    }

    package func status() throws(Errno) -> FileStatus {
        try descriptor.status()
    }

    package func setMode(_ mode: mode_t) throws(Errno) {
        try descriptor.setMode(mode)
    }

    /// faccessat(2) of a name below: whether this process may make and remove names in that directory.
    package func mayChange(_ name: String) throws(Errno) {
        try systemCall { faccessat(number, name, W_OK | X_OK, AT_EACCESS) }
    }

    /// statx(2): whether a file below has an attribute that keeps it from being renamed; false if that can't be seen.
    package func isFixed(_ name: String) -> Bool { spool_is_fixed(number, name) }
}

// MARK: - Files

extension Directory {
    /// How a file is opened; nothing: for reading only.
    package struct OpenOptions: OptionSet, Sendable {
        package let rawValue: CInt
        package init(rawValue: CInt) { self.rawValue = rawValue }
        /// In place of the generic one, whose first use looks through all conformances of the program.
        package init(arrayLiteral options: OpenOptions...) {
            rawValue = options.reduce(0) { $0 | $1.rawValue }
        }
        package static let readWrite = OpenOptions(rawValue: O_RDWR)
        package static let create = OpenOptions(rawValue: O_CREAT)
        /// With `create`: the name must be free (EEXIST).
        package static let exclusive = OpenOptions(rawValue: O_EXCL)
        package static let append = OpenOptions(rawValue: O_APPEND)
    }

    /// Opens a file below this directory with O_NONBLOCK: a FIFO that somebody has put in a file's place must not hold
    /// us up.
    ///
    /// No symbolic link is followed, neither at the end of the name nor on the way (ELOOP).
    package func open(
        _ name: String, _ options: OpenOptions = [], mode: mode_t = 0o600
    ) throws(Errno) -> Descriptor {
        let flags = options.rawValue | O_NONBLOCK | O_NOCTTY
        return Descriptor(owning: try openBeneath(name, flags, mode))
    }

    /// As `open`, with nil for a file that isn't there.
    package func openIfPresent(
        _ name: String, _ options: OpenOptions = []
    ) throws(Errno) -> Descriptor? {
        do throws(Errno) {
            return try open(name, options)
        } catch {
            if error == .noEntry { return nil }
            throw error
        }
    }

    /// fstatat(2), of the link itself if the name is a symlink; nil if nothing has that name.
    package func status(of name: String) throws(Errno) -> FileStatus? {
        var raw = stat()
        let found = try systemCall(unless: .noEntry) {
            fstatat(number, name, &raw, AT_SYMLINK_NOFOLLOW)
        }
        return found == nil ? nil : FileStatus(raw)
    }

    /// stat(2), of the target of a link; nil if nothing is there.
    package func statusOfTarget(_ name: String) throws(Errno) -> FileStatus? {
        var raw = stat()
        let found = try systemCall(unless: .noEntry) { fstatat(number, name, &raw, 0) }
        return found == nil ? nil : FileStatus(raw)
    }

    package func remove(_ name: String) throws(Errno) {
        try systemCall { unlinkat(number, name, 0) }
    }

    /// As `remove`; false if it was gone already.
    @discardableResult
    package func removeIfPresent(_ name: String) throws(Errno) -> Bool {
        try systemCall(unless: .noEntry) { unlinkat(number, name, 0) } != nil
    }

    package func makeDirectory(_ name: String, mode: mode_t = 0o700) throws(Errno) {
        _ = try systemCall(unless: .exists) { mkdirat(number, name, mode) }
    }

    package func removeDirectory(_ name: String) throws(Errno) {
        try systemCall { unlinkat(number, name, AT_REMOVEDIR) }
    }
}

// MARK: - Renaming

extension Directory {
    package enum RenameRule: Sendable {
        /// The target must not exist (EEXIST).
        case fresh
        /// The target is replaced if it exists.
        case replace
        /// Both exist and change places (ENOENT if one doesn't).
        case exchange
    }

    /// renameat2(2) from one name to another, both relative to this directory.
    package func rename(_ from: String, to: String, _ rule: RenameRule) throws(Errno) {
        let flags: UInt32 =
            switch rule {
            case .fresh: SPOOL_RENAME_NOREPLACE
            case .replace: 0
            case .exchange: SPOOL_RENAME_EXCHANGE
            }
        try systemCall { spool_renameat2(number, from, number, to, flags) }
    }

    /// Renames a file whose name isn't UTF-8 to a free name.
    ///
    /// - Parameter name: its bytes, with the NUL at the end.
    package func renameNonUTF8(
        _ name: [CChar], in directory: String, to target: String
    ) throws(Errno) {
        let path = Array("\(directory)/".utf8CString.dropLast()) + name
        try systemCall {
            spool_renameat2(number, path, number, target, SPOOL_RENAME_NOREPLACE)
        }
    }
}
