import Spool
import SpoolSystem

/// Takes a command's output into the job's log, and never holds up the command: over the limit, or where
/// the log can't be written, the rest of the output is counted and dropped.
package final class LogWriter {
    private let file: OpenFile?
    private let limit: Int64
    /// Bytes in the file that are whole records.
    private var size: Int64
    private let start: Int64
    private var accepted: Int64 = 0
    private var dropped: Int64 = 0
    private var cut: String?
    private var buffer: [UInt8] = []
    /// The last bytes of standard output.
    package private(set) var tail: [UInt8] = []
    private static let tailLength = 1024

    /// Opens the job's log at its end; where that can't be done, everything is dropped.
    ///
    /// - Parameter limit: bytes of output that this attempt may log.
    package init(spool: SpoolDirectory, id: JobID, limit: Int64) {
        self.limit = limit
        let opened = LogWriter.open(SpoolDirectory.logPath(of: id), in: spool.root)
        switch opened {
        case .success(let open):
            file = open.file
            size = open.size
        case .failure(let error):
            file = nil
            size = 0
            cut = error.name
        }
        start = size
    }

    private static func open(
        _ path: String, in root: Directory
    ) -> Result<(file: OpenFile, size: Int64), Errno> {
        let options: Directory.OpenOptions = [.readWrite, .create, .append]
        do throws(Errno) {
            let file: OpenFile
            do throws(Errno) {
                file = OpenFile(try root.open(path, options))
            } catch {
                guard error == .noEntry, let slash = path.lastIndex(of: "/") else { throw error }
                try root.makeDirectory("logs")
                try root.makeDirectory(String(path[..<slash]))
                file = OpenFile(try root.open(path, options))
            }
            return .success((file, Int64(try file.descriptor.status().size)))
        } catch {
            return .failure(error)
        }
    }

    package func write(
        _ output: UnsafeRawBufferPointer, _ stream: LogFormat.Stream, at nanoseconds: Int64
    ) {
        if stream == .output { keepTail(output) }
        guard let file, cut == nil else {
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

    private func keepTail(_ output: UnsafeRawBufferPointer) {
        tail.append(contentsOf: output.suffix(LogWriter.tailLength))
        if tail.count > LogWriter.tailLength {
            tail.removeFirst(tail.count - LogWriter.tailLength)
        }
    }

    /// The tail as text, from the beginning of a line where it was cut.
    package var tailText: String {
        var bytes = tail[...]
        if tail.count == LogWriter.tailLength, let lineBreak = tail.firstIndex(of: 10) {
            bytes = tail[(lineBreak + 1)...]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

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
