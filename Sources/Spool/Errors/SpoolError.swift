import SpoolSystem

/// A fault of the spool itself. A job that fails is never an error: that is its outcome.
public struct SpoolError: Error, Sendable {
    /// The kinds of errors that a program may want to tell apart.
    public struct Code: Hashable, Sendable {
        private enum Value: Hashable {
            case notFound, ambiguous, invalidJob, wrongState, cannotCreate, inputOutput, notASpool,
                busy, invalidRequest
        }
        private let value: Value

        /// No job, queue or spool of that name.
        public static let notFound = Code(value: .notFound)
        /// Several jobs match; the message lists them.
        public static let ambiguous = Code(value: .ambiguous)
        /// The text isn't a job; the message says where and what to do.
        public static let invalidJob = Code(value: .invalidJob)
        /// The job is in a state that the request doesn't fit.
        public static let wrongState = Code(value: .wrongState)
        /// A file or directory could not be made: no permission, read-only, no space.
        public static let cannotCreate = Code(value: .cannotCreate)
        /// A system call failed.
        public static let inputOutput = Code(value: .inputOutput)
        /// The directory is not a spool, or of a format that this version doesn't know.
        public static let notASpool = Code(value: .notASpool)
        /// Somebody else is at work on the very same file; the same request may go through later.
        public static let busy = Code(value: .busy)
        /// The request is incomplete, or contradicts itself: no spool was looked at.
        public static let invalidRequest = Code(value: .invalidRequest)
    }

    public let code: Code
    /// The fault, its place, and the remedy, in one or more sentences.
    public let message: String
    /// The fault and its place, without the remedy.
    package let fact: String
    /// The path concerned.
    public let path: String?
    /// The system call that failed and the errno(3) symbol it failed with.
    public let systemCall: String?
    public let errno: Int32?
    /// The name, as a person wrote it, that no job has; nil if the error is another one.
    package let missingJob: String?

    public init(_ code: Code, _ message: String, path: String? = nil) {
        self.init(code, message, path: path, missingJob: nil)
    }

    /// No job has a name.
    ///
    /// - Parameter name: as a person wrote it.
    package init(missingJob name: String, _ message: String) {
        self.init(.notFound, message, path: nil, missingJob: name)
    }

    private init(_ code: Code, _ message: String, path: String?, missingJob: String?) {
        self.code = code
        self.message = MessageText.bounded(message)
        fact = self.message
        self.path = path
        self.missingJob = missingJob
        systemCall = nil
        errno = nil
    }

    /// The one place that turns an errno into a message.
    ///
    /// - Parameter advice: the remedy here; nil: the general remedy for the errno.
    package init(_ errno: Errno, _ call: String, _ path: String, advice: String? = nil) {
        switch errno {
        case .noSpace, .quota, .readOnly, .accessDenied, .notPermitted: code = .cannotCreate
        default: code = .inputOutput
        }
        let fact = "\(path): \(call): \(errno)"
        let advice =
            advice ?? (call == "rename" ? SpoolError.adviceOnRename(errno) : nil)
            ?? SpoolError.advice(for: errno)
        self.fact = fact
        message = advice.map { "\(fact); \($0)" } ?? fact
        self.path = path
        missingJob = nil
        systemCall = call
        self.errno = errno.rawValue
    }

    /// A fault in another process, with the message that was made there.
    package init(told message: String, path: String?, call: String?, errno: Int32?) {
        code = .inputOutput
        self.message = MessageText.bounded(message)
        fact = self.message
        self.path = path
        missingJob = nil
        systemCall = call
        self.errno = errno
    }

    /// Whether room, memory, processes or descriptors have run out: the same step may go through later.
    package var isShortage: Bool { errno.map { Errno($0).isShortage } ?? false }

    /// Whether room, permission or descriptors are wanting: then the next job would fare no better.
    package var isExhaustion: Bool {
        code == .cannotCreate || isShortage
    }

    /// Whether something has run out, or nothing can be written: the next file would fare no better.
    package var concernsAll: Bool { isShortage || errno == Errno.readOnly.rawValue }

    private static func adviceOnRename(_ errno: Errno) -> String? {
        switch errno {
        case .crossDevice:
            "the directories are on different mounts; only logs/ and history/ may be on another one"
        case .invalid, .notImplemented, .notSupported:
            "this file system can't rename to a free name only, or exchange two files (renameat2(2)); put the"
                + " spool on another one"
        default: nil
        }
    }

    private static func advice(for errno: Errno) -> String? {
        switch errno {
        case .noSpace:
            "free some room on the file system ('spool clean --all --older 0' removes all ended jobs)"
        case .quota: "the disk quota is used up; remove files or have it raised"
        case .accessDenied: "check the owner and the mode of the path"
        case .notPermitted:
            "check the owner and the mode of the path, and whether it is immutable (lsattr(1))"
        case .readOnly: "the file system is mounted read-only"
        case .tooManyFiles: "raise the limit of open files (ulimit -n)"
        case .notDirectory: "a file stands where a directory belongs"
        case .loop:
            "a symbolic link stands in its place or on the way to it, and nothing behind it is touched; put there"
                + " what it leads to"
        case .noLocks: "this file system gives no locks (flock(2)); put the spool on another one"
        default: nil
        }
    }
}

extension SpoolError: CustomStringConvertible {
    public var description: String { message }
}

/// Does something with one file of many. If only that file is bad, the others must go on.
///
/// - Returns: the result, or the error that concerns this file alone.
/// - Throws: an error that the next file would meet too.
package func ofOneFile<Value>(
    _ body: () throws(SpoolError) -> Value
) throws(SpoolError) -> Result<Value, SpoolError> {
    do throws(SpoolError) {
        return .success(try body())
    } catch {
        if error.concernsAll { throw error }
        return .failure(error)
    }
}

/// Runs system calls on a path and throws their errors as a `SpoolError`.
package func onPath<Value: ~Copyable>(
    _ path: @autoclosure () -> String, _ call: String, _ body: () throws(Errno) -> Value
) throws(SpoolError) -> Value {
    do {
        return try body()
    } catch {
        throw SpoolError(error, call, path())
    }
}
