import CSpoolSystem
import Glibc

/// The error number of a system call that failed (errno(3)).
package struct Errno: Error, Equatable, Hashable, Sendable {
    package let rawValue: CInt

    package init(_ rawValue: CInt) {
        self.rawValue = rawValue
    }

    /// The error of the call that has just failed on this thread.
    package static var last: Errno { Errno(errno) }

    package static let notPermitted = Errno(EPERM)
    package static let noEntry = Errno(ENOENT)
    package static let noProcess = Errno(ESRCH)
    package static let interrupted = Errno(EINTR)
    package static let inputOutput = Errno(EIO)
    package static let noChild = Errno(ECHILD)
    package static let again = Errno(EAGAIN)
    /// The arguments and the environment, or one of them, are larger than execve(2) takes.
    package static let argumentsTooLarge = Errno(E2BIG)
    package static let noMemory = Errno(ENOMEM)
    package static let accessDenied = Errno(EACCES)
    package static let exists = Errno(EEXIST)
    package static let crossDevice = Errno(EXDEV)
    package static let notDirectory = Errno(ENOTDIR)
    package static let isDirectory = Errno(EISDIR)
    package static let invalid = Errno(EINVAL)
    package static let tooManyFiles = Errno(EMFILE)
    package static let tooManyFilesInSystem = Errno(ENFILE)
    package static let tooLarge = Errno(EFBIG)
    package static let noSpace = Errno(ENOSPC)
    package static let readOnly = Errno(EROFS)
    package static let nameTooLong = Errno(ENAMETOOLONG)
    package static let notEmpty = Errno(ENOTEMPTY)
    package static let loop = Errno(ELOOP)
    package static let noLocks = Errno(ENOLCK)
    package static let notImplemented = Errno(ENOSYS)
    package static let noDevice = Errno(ENXIO)
    package static let invalidSequence = Errno(EILSEQ)
    package static let quota = Errno(EDQUOT)
    package static let stale = Errno(ESTALE)
    package static let notSupported = Errno(EOPNOTSUPP)
    /// Somebody has the program open for writing.
    package static let textBusy = Errno(ETXTBSY)
    /// The ioctl(2) isn't for this kind of file.
    package static let wrongRequest = Errno(ENOTTY)

    /// The symbol, such as `ENOSPC`.
    package var name: String {
        spool_errno_name(rawValue).map { String(cString: $0) } ?? "errno \(rawValue)"
    }

    /// Room, quota or descriptors ran out: the same call may go through later, unchanged.
    package var isShortage: Bool {
        [.noSpace, .quota, .noMemory, .tooManyFiles, .tooManyFilesInSystem, .again].contains(self)
    }
}

extension Errno: CustomStringConvertible {
    /// The message of strerror(3).
    package var description: String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard strerror_r(rawValue, &buffer, buffer.count) == 0 else { return name }
        return String(
            decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Makes a system call, repeats it while a signal interrupts it, and throws its error.
///
/// Every call of the project goes through here, so this is the one place that handles EINTR.
@inline(__always) @discardableResult
package func systemCall<Value: SignedInteger>(
    _ call: () -> Value
) throws(Errno) -> Value {
    while true {
        let value = call()
        if value != -1 { return value }
        let error = Errno.last
        if error != .interrupted { throw error }
    }
}

/// As `systemCall`, but answers nil if the call failed with `expected`, if that is given.
@inline(__always)
package func systemCall<Value: SignedInteger>(
    unless expected: Errno?, _ call: () -> Value
) throws(Errno) -> Value? {
    do {
        return try systemCall(call)
    } catch {
        if error == expected { return nil }
        throw error
    }
}
