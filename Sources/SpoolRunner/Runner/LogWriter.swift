import Spool
import SpoolSystem

/// Takes a command's output into the job's log, and never holds up the command. Over the limit, or if the log can't be
/// written, it counts the rest of the output. The end of that is kept for the end of the log.
package final class LogWriter {
    private let spool: SpoolDirectory
    private let id: JobID
    private var file: OpenFile?
    /// Bytes of output that are logged as they come.
    private let limit: Int64
    /// Bytes in the file that are whole records.
    private var size: Int64
    private var start: Int64
    private var accepted: Int64 = 0
    private var dropped: Int64 = 0
    private var cut: String?
    /// The output that came once the log was cut.
    private var rest: OutputRest
    private var followsLine = true
    private var buffer: [UInt8] = []
    /// The end of standard output.
    package private(set) var output = Ends(head: 0, tail: 1024)
    /// The beginning and the end of standard error.
    package private(set) var error = Ends(head: 256, tail: 768)

    /// The part of the limit that is kept for the end of the output, in bytes; at most half of it.
    private static let longestRest: Int64 = 64 << 10

    /// Begins at the end of the job's log. It is opened, and made, when there is something to write: most short
    /// commands say nothing.
    ///
    /// - Parameter limit: bytes of output that this attempt may log.
    package init(spool: SpoolDirectory, id: JobID, limit: Int64) {
        self.spool = spool
        self.id = id
        let restLimit = min(LogWriter.longestRest, limit / 2)
        self.limit = limit - restLimit
        rest = OutputRest(limit: Int(restLimit))
        // Only where nothing is written does this stay the record; a log that is opened is asked again.
        let status = try? spool.storage.root.status(of: JobLogs.path(of: id))
        size = Int64(status?.size ?? 0)
        start = size
    }

    /// The log; where it can't be opened, everything is dropped.
    private func opened() -> OpenFile? {
        if let file { return file }
        do throws(Errno) {
            let new = OpenFile(try JobLogs(spool.storage).open(of: id))
            size = Int64(try new.descriptor.status().size)
            start = size
            file = new
        } catch {
            cut = error.name
        }
        return file
    }

    package func write(
        _ output: UnsafeRawBufferPointer, _ stream: LogFormat.Stream, at nanoseconds: Int64
    ) {
        switch stream {
        case .output: self.output.append(output)
        case .error: error.append(output)
        }
        guard cut == nil, let file = opened() else {
            return rest.append(output, stream, at: nanoseconds)
        }
        let room = Int(min(Int64(output.count), limit - accepted))
        let taken = UnsafeRawBufferPointer(rebasing: output[..<room])
        buffer.removeAll(keepingCapacity: true)
        LogFormat.append(taken, stream, at: nanoseconds, to: &buffer)
        guard log(to: file) else { return rest.append(output, stream, at: nanoseconds) }
        accepted += Int64(room)
        if let last = taken.last { followsLine = last == UInt8(ascii: "\n") }
        guard room < output.count else { return }
        cut = "limit"
        rest.append(UnsafeRawBufferPointer(rebasing: output[room...]), stream, at: nanoseconds)
    }

    /// Logs a line of the queue's own, as of standard error.
    ///
    /// - Parameter nanoseconds: since the epoch.
    package func note(_ text: String, at nanoseconds: Int64) {
        let line = Array(((followsLine ? "" : "\n") + "spool: \(text)\n").utf8)
        line.withUnsafeBytes { write($0, .error, at: nanoseconds) }
    }

    /// Writes the records in the buffer.
    ///
    /// - Returns: false when it failed, and nothing is written.
    private func log(to file: OpenFile) -> Bool {
        do throws(Errno) {
            try file.descriptor.write(buffer)
            size += Int64(buffer.count)
            return true
        } catch {
            // No half record stays: the log reads as if it ended before. If that fails too, readers pass it over.
            try? file.descriptor.truncate(to: size)
            cut = error.name
            return false
        }
    }

    /// Logs the end of what there was no room for; no more output comes.
    func end() {
        guard rest.total > 0 else { return }
        let (omitted, records) = rest.records(followsLine: followsLine)
        dropped = rest.total
        rest = OutputRest(limit: 0)
        buffer = records
        // A write that failed before may go through now.
        guard !records.isEmpty, let file = opened(), log(to: file) else { return }
        dropped = omitted
    }

    /// The end of standard output as text, from the beginning of a line where it was cut.
    package var tailText: String { String(decoding: output.end, as: UTF8.self) }

    /// The attempt's record of its log.
    package var record: Attempt.Log {
        var log = Attempt.Log(start: start, end: size)
        let missing = dropped + rest.total
        if missing > 0 {
            log.dropped = missing
            log.cut = cut
        }
        return log
    }

    private final class OpenFile {
        let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }
}
