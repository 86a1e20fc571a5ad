import Spool
import SpoolTime

/// Of the readers of short texts: lengths of time, times, sizes, priorities. What one writes it reads again.
enum TextProperties {
    @Sendable static func check(_ bytes: [UInt8]) throws {
        let text = bytes.text
        if let span = TimeSpan(text) {
            try require(TimeSpan(span.description) == span, "\(text) becomes \(span)")
            try require(span >= .zero && span <= .longest, "\(span) is out of range")
        }
        if let instant = Instant(rfc3339: text) {
            let shown = instant.rfc3339
            try require(
                Instant(rfc3339: shown)?.milliseconds == instant.milliseconds,
                "\(text) becomes \(shown)")
            try require(
                Instant(compact: instant.compact)?.milliseconds == instant.milliseconds,
                "\(text) becomes \(instant.compact)")
        }
        if let instant = Instant(compact: text) {
            try require(instant.compact == text, "\(text) becomes \(instant.compact)")
        }
        if let count = Job.ByteCount(text) {
            try require(Job.ByteCount(count.description) == count, "\(text) becomes \(count)")
            try require(count.bytes >= 0, "\(count) is negative")
        }
        if let priority = Job.Priority(text) {
            try require(
                Job.Priority(priority.description) == priority, "\(text) becomes \(priority)")
        }
        if let data = Base64.decode(text) {
            try require(Base64.decode(Base64.encode(data)) == data, "\(text) becomes other bytes")
        }
        _ = Job.Command.quoted(text)
    }
}
