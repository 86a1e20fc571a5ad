import CSpoolSystem
import Glibc

/// The answer of stat(2) about a file.
package struct FileStatus: Sendable {
    package enum Kind: Sendable {
        case regular, directory, symlink, other

        /// - Parameter type: d_type of readdir(3); nil for one that says nothing.
        init?(directoryType type: UInt8) {
            switch Int(type) {
            case 0: return nil
            case 4: self = .directory
            case 8: self = .regular
            case 10: self = .symlink
            default: self = .other
            }
        }
    }

    /// Which file it is, whatever its name: the same for all its names, another for any copy.
    package struct Identity: Hashable, Sendable {
        package let device: UInt64
        package let inode: UInt64
    }

    package let kind: Kind
    package let identity: Identity
    package let links: Int
    package let size: Int
    package let owner: UInt32
    package let group: UInt32
    package let mode: mode_t
    /// The last change of content, in nanoseconds since the epoch.
    package let modified: Int64
    /// The last change of content, name or metadata, in nanoseconds since the epoch: nobody can set it.
    package let changed: Int64

    init(_ raw: stat) {
        if spool_is_regular(raw.st_mode) {
            kind = .regular
        } else if spool_is_directory(raw.st_mode) {
            kind = .directory
        } else if spool_is_symlink(raw.st_mode) {
            kind = .symlink
        } else {
            kind = .other
        }
        identity = Identity(device: UInt64(raw.st_dev), inode: UInt64(raw.st_ino))
        links = Int(raw.st_nlink)
        size = Int(raw.st_size)
        owner = raw.st_uid
        group = raw.st_gid
        mode = raw.st_mode & 0o7777
        modified = FileStatus.nanoseconds(raw.st_mtim)
        changed = FileStatus.nanoseconds(raw.st_ctim)
    }

    /// Anybody can give a file any time, and some file systems keep times that nanoseconds don't reach. One that is
    /// more than 140 years from 1970 counts as 140 years, so that no sum or difference of times overflows.
    private static func nanoseconds(_ time: timespec) -> Int64 {
        let limit: Int64 = 140 * 366 * 86_400
        let seconds = Int64(time.tv_sec)
        guard seconds.magnitude < limit else { return seconds.signum() * limit * 1_000_000_000 }
        return seconds * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
