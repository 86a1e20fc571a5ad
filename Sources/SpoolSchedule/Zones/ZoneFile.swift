import Glibc

/// The marks that tell a file from its successor: the place on disk, the size and the time of change.
struct ZoneFileIdentity: Hashable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let size: Int64
    private let modifiedSeconds: Int
    private let modifiedNanoseconds: Int

    fileprivate init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modifiedSeconds = status.st_mtim.tv_sec
        modifiedNanoseconds = status.st_mtim.tv_nsec
    }

    /// stat(2); nil if there is no such file to look at.
    init?(path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        self.init(status)
    }
}

/// A zone file, read whole.
struct ZoneFileContents: Sendable {
    let path: String
    let bytes: [UInt8]
    let identity: ZoneFileIdentity

    /// No zone file comes near this size; a file that does is something else.
    private static let largest = 1 << 20

    /// - Throws: `.unknown` if there is no such file, `.unreadable` if it can't be read or is a directory, a device or
    ///   too large.
    init(path: String) throws(ZoneError) {
        // Opening a FIFO would wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw ZoneFileContents.failure("open", path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            throw ZoneFileContents.failure("stat", path)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw ZoneError(.unreadable, "\(path) is not a file; name a zone in it", path: path)
        }
        guard status.st_size <= ZoneFileContents.largest else {
            throw ZoneError(.unreadable, "\(path) is too large for a zone file", path: path)
        }
        bytes = try ZoneFileContents.readAll(descriptor, path)
        identity = ZoneFileIdentity(status)
        self.path = path
    }

    private static func readAll(_ descriptor: Int32, _ path: String) throws(ZoneError) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 8192)
        while bytes.count <= largest {
            let count = read(descriptor, &chunk, chunk.count)
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("read", path)
            }
            bytes += chunk[..<count]
        }
        return bytes
    }

    private static func failure(_ call: String, _ path: String) -> ZoneError {
        let number = errno
        let reason = String(cString: strerror(number))
        let isMissing = number == ENOENT || number == ENOTDIR
        return ZoneError(
            isMissing ? .unknown : .unreadable, "can't \(call) \(path): \(reason)", path: path,
            errno: number)
    }
}

/// The target of a symbolic link, readlink(2); nil if it is none.
func linkTarget(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &buffer, buffer.count)
    guard count > 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
