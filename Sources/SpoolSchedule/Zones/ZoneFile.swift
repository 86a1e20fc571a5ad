import SpoolSystem

/// The marks that tell a file from its successor: the place on disk, the size and the time of change.
struct ZoneFileIdentity: Hashable, Sendable {
    private let file: FileStatus.Identity
    private let size: Int
    /// In nanoseconds since the epoch.
    private let modified: Int64

    fileprivate init(_ status: FileStatus) {
        file = status.identity
        size = status.size
        modified = status.modified
    }

    /// nil if there is no such file to look at.
    init?(path: String) {
        guard let status = try? FilePath(path).status() else { return nil }
        self.init(status)
    }
}

/// A zone file, read whole.
struct ZoneFileContents: Sendable {
    let path: String
    let bytes: [UInt8]
    let identity: ZoneFileIdentity

    /// In bytes. No zone file comes near this size; a file that does is something else.
    private static let largest = 1 << 20

    /// - Throws: `.unknown` if there is no such file, `.unreadable` if it can't be read or is a directory, a device or
    ///   too large.
    init(path: String) throws(ZoneError) {
        let file: Descriptor
        do throws(Errno) {
            file = try FilePath(path).openWithoutWaiting()
        } catch {
            throw ZoneFileContents.failure("open", path, error)
        }
        let status: FileStatus
        do throws(Errno) {
            status = try file.status()
        } catch {
            throw ZoneFileContents.failure("stat", path, error)
        }
        guard status.kind == .regular else {
            throw ZoneError(.unreadable, "\(path) is not a file; name a zone in it", path: path)
        }
        let read: [UInt8]?
        do throws(Errno) {
            let limit = ZoneFileContents.largest
            read = status.size <= limit ? try file.readStream(limit: limit) : nil
        } catch {
            throw ZoneFileContents.failure("read", path, error)
        }
        guard let read else {
            throw ZoneError(.unreadable, "\(path) is too large for a zone file", path: path)
        }
        bytes = read
        identity = ZoneFileIdentity(status)
        self.path = path
    }

    private static func failure(_ call: String, _ path: String, _ error: Errno) -> ZoneError {
        let isMissing = error == .noEntry || error == .notDirectory
        return ZoneError(
            isMissing ? .unknown : .unreadable, "can't \(call) \(path): \(error)", path: path,
            errno: error.rawValue)
    }
}

/// The target of a symbolic link; nil if it is none.
func linkTarget(_ path: String) -> String? {
    guard let target = try? FilePath(path).linkTarget(), !target.isEmpty else { return nil }
    return String(decoding: target, as: UTF8.self)
}
