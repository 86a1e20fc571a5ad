import Spool
import SpoolSystem

/// Takes a command's output into the job's log, and never holds up the command: over the limit, or where
/// the log can't be written, the rest of the output is counted and dropped.
package final class LogWriter {
    private let spool: SpoolDirectory
    private let id: JobID
    private var file: OpenFile?
    private let limit: Int64
    /// Bytes in the file that are whole records.
    private var size: Int64
    private var start: Int64
    private var accepted: Int64 = 0
    private var dropped: Int64 = 0
    private var cut: String?
    private var buffer: [UInt8] = []
    /// The end of standard output.
    package private(set) var output = Ends(head: 0, tail: 1024)
    /// The beginning and the end of standard error.
    package private(set) var error = Ends(head: 256, tail: 768)

    /// Begins at the end of the job's log. It is opened, and made, when there is something to write: most short
    /// commands say nothing.
    ///
    /// - Parameter limit: bytes of output that this attempt may log.
    package init(spool: SpoolDirectory, id: JobID, limit: Int64) {
        self.spool = spool
        self.id = id
        self.limit = limit
        // Only where nothing is written does this stay the record; a log that is opened is asked again.
        let status = try? spool.root.status(of: SpoolDirectory.logPath(of: id))
        size = Int64(status?.size ?? 0)
        start = size
    }

    /// The log; where it can't be opened, everything is dropped.
    private func opened() -> OpenFile? {
        if let file { return file }
        do throws(Errno) {
            let new = OpenFile(try spool.openLog(of: id))
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
            dropped += Int64(output.count)
            return
        }
        let room = Int(min(Int64(output.count), limit - accepted))
        let taken = UnsafeRawBufferPointer(rebasing: output[..<room])
        if room < output.count {
            cut = "limit"
            dropped += Int64(output.count - room)
        }
        buffer.removeAll(keepingCapacity: true)
        LogFormat.append(taken, stream, at: nanoseconds, to: &buffer)
        do throws(Errno) {
            try file.descriptor.write(buffer)
            size += Int64(buffer.count)
            accepted += Int64(room)
        } catch {
            // No half record stays: the log reads as if it ended before.
            try? file.descriptor.truncate(to: size)
            cut = error.name
            dropped += Int64(room)
        }
    }

    /// The end of standard output as text, from the beginning of a line where it was cut.
    package var tailText: String { String(decoding: output.end, as: UTF8.self) }

    /// What the attempt's record says of its log.
    package var record: Attempt.Log {
        var log = Attempt.Log(start: start, end: size)
        if dropped > 0 {
            log.dropped = dropped
            log.cut = cut
        }
        return log
    }

    private final class OpenFile {
        let descriptor: Descriptor
        init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
    }
}
