import Spool
import SpoolSystem

/// What keeps a runner from recording the end of its job, as it goes through the channel to its worker: the errno, the
/// job's path and the message, with a NUL between them.
extension SpoolError {
    /// No message of the channel may be longer, in bytes.
    private static let longestReport = 1000

    /// - Parameter path: of the job's file.
    func report(of path: String) -> [UInt8] {
        let text = errno.map { "\(Errno($0)) (\(message))" } ?? message
        let fields = [errno.map(String.init) ?? "", path, text]
        return Array(fields.joined(separator: "\0").utf8.prefix(SpoolError.longestReport))
    }

    init(report bytes: some Sequence<UInt8>) {
        let fields = String(decoding: Array(bytes), as: UTF8.self).split(
            separator: "\0", maxSplits: 2, omittingEmptySubsequences: false
        ).map(String.init)
        // One that was cut may lack its end.
        let path = fields.count > 1 ? fields[1] : "running/"
        let work = "its end"
        self.init(
            told: "\(path): \(work): " + (fields.count > 2 ? fields[2] : "it can't be recorded"),
            path: path, call: work, errno: fields.first.flatMap { Int32($0) })
    }
}
