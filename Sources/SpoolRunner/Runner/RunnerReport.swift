import Spool
import SpoolSystem

/// A report that a runner has its worker tell people about one of its jobs. It goes through the channel as four fields
/// with a NUL between them: errno, the job's path below the spool, the trouble, and the message.
struct RunnerReport {
    /// Its end can't be recorded.
    static let end = "its end"
    /// Its command takes no signal.
    static let resistance = "can't be ended"
    /// No message of the channel may be longer, in bytes.
    private static let longest = 1000

    private let errno: Int32?
    private let path: String
    private let trouble: String
    private let text: String

    /// - Parameter text: what people are told; nil: that it is over.
    init(_ trouble: String, of location: JobLocation, errno: Int32? = nil, text: String?) {
        self.errno = errno
        path = location.path
        self.trouble = trouble
        self.text = text ?? ""
    }

    /// Of an error that keeps an end from being recorded.
    init(_ error: SpoolError, of location: JobLocation) {
        let text = error.errno.map { "\(Errno($0)) (\(error.message))" } ?? error.message
        self.init(RunnerReport.end, of: location, errno: error.errno, text: text)
    }

    var bytes: [UInt8] {
        let fields = [errno.map(String.init) ?? "", path, trouble, text]
        return Array(fields.joined(separator: "\0").utf8.prefix(RunnerReport.longest))
    }

    init(bytes: some Sequence<UInt8>) {
        let fields = String(decoding: Array(bytes), as: UTF8.self).split(
            separator: "\0", maxSplits: 3, omittingEmptySubsequences: false
        ).map(String.init)
        errno = fields.first.flatMap { Int32($0) }
        path = fields.count > 1 ? fields[1] : "running/"
        trouble = fields.count > 2 ? fields[2] : RunnerReport.end
        text = fields.count > 3 ? fields[3] : "it can't be recorded"
    }

    /// The job: its runner may have another one by now.
    var location: JobLocation? {
        path.split(separator: "/").last.flatMap { JobFileName($0) }.map {
            JobLocation(.running, $0)
        }
    }

    /// - Parameter spool: its path.
    func error(in spool: String) -> SpoolError {
        let path = spool + "/" + self.path
        return SpoolError(
            told: "\(path): \(trouble): \(text)", path: path, call: trouble, errno: errno)
    }
}
