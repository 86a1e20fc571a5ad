import CSpoolSystem
import Glibc

/// The file system that a directory lies on: its room, and its promises.
package struct FileSystem: Sendable {
    private let directory: Directory

    package init(of directory: Directory) { self.directory = directory }

    /// The answer of fstatvfs(3) about the file system.
    package struct Space: Sendable {
        /// For those who aren't root, in bytes.
        package let available: Int
        /// In bytes.
        package let total: Int
        /// How many more files it takes; nil if it has no such limit.
        package let availableFiles: Int?
        /// Whether the mount allows no writing.
        package let isReadOnly: Bool
    }

    package func space() throws(Errno) -> Space {
        var answer = statvfs()
        try systemCall { fstatvfs(directory.number, &answer) }
        let unit = Int(clamping: answer.f_frsize)
        func bytes(_ blocks: UInt) -> Int {
            let (bytes, overflow) = Int(clamping: blocks).multipliedReportingOverflow(by: unit)
            return overflow ? .max : bytes
        }
        return Space(
            available: bytes(answer.f_bavail), total: bytes(answer.f_blocks),
            availableFiles: answer.f_files == 0 ? nil : Int(clamping: answer.f_favail),
            isReadOnly: answer.f_flag & UInt(ST_RDONLY) != 0)
    }

    /// Whether the mount allows no writing.
    package func isReadOnly() throws(Errno) -> Bool { try space().isReadOnly }

    /// Whether the file system has room for no more files, as against no more bytes.
    package func hasNoInodes() -> Bool { (try? space())?.availableFiles == 0 }

    /// fstatfs(2): whether it may change without an event of inotify, because other hosts share the file system or a
    /// program serves it.
    package func mayChangeUnseen() throws(Errno) -> Bool {
        try systemCall { spool_has_other_writers(directory.number) } == 1
    }
}

// MARK: - Promises

extension FileSystem {
    /// Whether changes of names become durable in order. A change is then durable only together with all that was
    /// done before it. It is never durable without the content that was written to the disk before.
    ///
    /// True if metadata go through a journal: on xfs, and on ext4 unless its journal is missing or lies elsewhere. Any
    /// other file system counts as no, and so does one that can't be found out.
    package func commitsInOrder() -> Bool {
        switch spool_file_system(directory.number) {
        case CInt(SPOOL_FILE_SYSTEM_XFS.rawValue): true
        case CInt(SPOOL_FILE_SYSTEM_EXT4.rawValue): hasJournalOfExt4()
        default: false
        }
    }

    /// Whether no other host can write at the same time, as far as is known of the file system. Any other file
    /// system counts as no, and so does one that can't be found out.
    package func isOfOneHost() -> Bool {
        spool_file_system(directory.number) > CInt(SPOOL_FILE_SYSTEM_OTHER.rawValue)
    }

    /// The kernel shows a journal under the names of its device and of its file, which is the eighth inode always. A
    /// journal on a device of its own has no such file. There, names on one disk may overtake content in the cache of
    /// the other.
    private func hasJournalOfExt4() -> Bool {
        guard let device = (try? directory.status())?.identity.device else { return false }
        let numbers = "\(spool_device_major(dev_t(device))):\(spool_device_minor(dev_t(device)))"
        var buffer = [CChar](repeating: 0, count: 4096)
        let length = readlink("/sys/dev/block/" + numbers, &buffer, buffer.count)
        guard length > 0 else { return false }
        let path = String(
            decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let name = path.split(separator: "/").last else { return false }
        return FilePath("/proc/fs/jbd2/\(name)-8").exists
    }
}
