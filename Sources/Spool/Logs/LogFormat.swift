import SpoolSystem
import SpoolTime

/// A piece of a job's output.
public struct LogRecord: Sendable {
    public enum Stream: String, Sendable {
        case output = "stdout"
        case error = "stderr"
    }

    public let stream: Stream
    /// The bytes as they were written, with the line break if there was one.
    public let bytes: [UInt8]
    /// The time as it stands in the log.
    public let time: String
}

/// The CRI log format, which Fluent Bit, Vector and Promtail read as it is: `TIME STREAM TAG TEXT\n`. TAG is `F` if a
/// line break follows the text, `P` if none does, so that the exact bytes come back.
///
/// Source: Kubernetes, "kubelet and container runtime logging", container-runtime-interface logs.
package enum LogFormat {
    package typealias Stream = LogRecord.Stream
    package typealias Record = LogRecord

    /// Longer pieces of one line are split: readers of the format want bounded lines.
    package static let longestPiece = 1 << 16
    /// A piece with the fields before it.
    package static let longestRecord = longestPiece + 64

    /// Appends output to `log` as records.
    ///
    /// - Parameter nanoseconds: since the epoch, when it was read.
    package static func append(
        _ output: UnsafeRawBufferPointer, _ stream: Stream, at nanoseconds: Int64,
        to log: inout [UInt8]
    ) {
        let head = Array("\(timestamp(nanoseconds)) \(stream.rawValue) ".utf8)
        var start = 0
        while start < output.count {
            let limit = min(output.count, start + longestPiece)
            let piece = UnsafeRawBufferPointer(rebasing: output[start..<limit])
            let lineBreak = piece.firstOffset(of: UInt8(ascii: "\n"))
            let end = start + (lineBreak ?? piece.count)
            log += head
            log.append(UInt8(ascii: lineBreak == nil ? "P" : "F"))
            log.append(UInt8(ascii: " "))
            log.append(contentsOf: output[start..<end])
            log.append(UInt8(ascii: "\n"))
            start = lineBreak == nil ? end : end + 1
        }
    }

    /// `2026-11-21T07:30:00.123456789Z`.
    package static func timestamp(_ nanoseconds: Int64) -> String {
        let instant = Instant(nanoseconds: nanoseconds)
        let fraction = String(nanoseconds - instant.seconds * 1_000_000_000)
        let zeros = String(repeating: "0", count: 9 - fraction.utf8.count)
        return instant.rfc3339.dropLast(4) + zeros + fraction + "Z"
    }

    /// Reads one line of a log, without its line break. nil if it isn't a record, such as the last line of a log that a
    /// power cut has cut.
    package static func parse(_ line: ArraySlice<UInt8>) -> Record? {
        let parts = line.split(
            separator: UInt8(ascii: " "), maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0].count >= 20,
            let stream = Stream(rawValue: String(decoding: parts[1], as: UTF8.self)),
            parts[2].count == 1, let tag = parts[2].first
        else { return nil }
        switch tag {
        case UInt8(ascii: "F"):
            return Record(
                stream: stream, bytes: Array(parts[3]) + [UInt8(ascii: "\n")],
                time: String(decoding: parts[0], as: UTF8.self))
        case UInt8(ascii: "P"):
            return Record(
                stream: stream, bytes: Array(parts[3]),
                time: String(decoding: parts[0], as: UTF8.self))
        default: return nil
        }
    }
}
