import SpoolSystem

/// The beginning and the end of something long, with the bytes left out between them counted.
package struct Ends: Sendable {
    private let headLimit: Int
    private let tailLimit: Int
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    /// In bytes, of all that was added.
    package private(set) var total: Int64 = 0

    /// - Parameters: how many bytes of each are kept.
    package init(head: Int, tail: Int) {
        headLimit = head
        tailLimit = tail
    }

    package var isEmpty: Bool { total == 0 }
    package var isCut: Bool { total > Int64(headLimit + tailLimit) }

    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        total += Int64(bytes.count)
        let room = min(headLimit - head.count, bytes.count)
        if room > 0 { head.append(contentsOf: bytes[..<room]) }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[room...])
        if rest.isEmpty { return }
        tail.append(contentsOf: rest.suffix(tailLimit))
        // Now and then, not each time.
        if tail.count > 2 * tailLimit { tail.removeFirst(tail.count - tailLimit) }
    }

    package mutating func append(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { append($0) }
    }

    /// The end alone. If there is more before it, it begins with a line or, if that can't be, with a character.
    package var end: [UInt8] {
        let all = headLimit == 0 ? tail : head + tail
        return total > Int64(tailLimit) ? Array(Ends.tidied(all.suffix(tailLimit))) : all
    }

    /// All of it, or the beginning and the end with a line between them that says how much is left out.
    package var text: String {
        guard isCut else { return String(decoding: head + tail, as: UTF8.self) }
        let end = Ends.tidied(tail.suffix(tailLimit))
        var beginning = head[...]
        if let lineBreak = beginning.lastIndex(of: UInt8(ascii: "\n")), lineBreak > headLimit / 2 {
            beginning = beginning[...lineBreak]
        } else {
            // Half a character would be shown as a wrong one.
            while let last = beginning.last, last & 0xc0 == 0x80 { beginning.removeLast() }
            if let last = beginning.last, last >= 0xc0 { beginning.removeLast() }
        }
        let omitted = total - Int64(beginning.count + end.count)
        let mark = Ends.mark(omitted)
        let isWhole = beginning.isEmpty || beginning.last == UInt8(ascii: "\n")
        return String(decoding: beginning, as: UTF8.self) + (isWhole ? "" : "\n") + mark
            + String(decoding: end, as: UTF8.self)
    }

    /// The line that stands for so many bytes.
    package static func mark(_ omitted: Int64) -> String {
        "[... \(omitted) bytes are left out here ...]\n"
    }

    /// From the beginning of a line on. If none begins in the first half, from that of a character.
    package static func tidied(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let half = bytes[bytes.startIndex..<(bytes.startIndex + bytes.count / 2)]
        if let lineBreak = half.firstIndex(of: UInt8(ascii: "\n")) {
            return bytes[(lineBreak + 1)...]
        }
        return bytes.drop { $0 & 0xc0 == 0x80 }
    }
}

/// The excerpt of a try's output that people are shown if the output is long. Of a failure, its end matters, and the
/// beginning and the end of standard error.
package struct LogExcerpt {
    package private(set) var all: Ends
    package private(set) var error: Ends

    /// In bytes of the log: of a longer one this much is read at each end.
    private static let readingLimit: Int64 = 16 << 20

    /// Nothing yet.
    ///
    /// - Parameters:
    ///   - all: for both streams, as they came.
    ///   - error: for standard error alone.
    package init(all: Ends, error: Ends) {
        self.all = all
        self.error = error
    }

    package init(
        of attempt: Attempt, _ id: JobID, in storage: Storage, all: Ends, error: Ends
    ) throws(SpoolError) {
        self.init(all: all, error: error)
        try read(attempt, id, in: storage)
    }

    mutating func read(
        _ attempt: Attempt, _ id: JobID, in storage: Storage
    ) throws(SpoolError) {
        guard let log = attempt.log, let end = log.end, end > log.start else { return }
        if end - log.start <= 2 * LogExcerpt.readingLimit {
            try read(log.start, end, id, storage)
        } else {
            try read(log.start, log.start + LogExcerpt.readingLimit, id, storage)
            // A reader that doesn't see the beginning of a record doesn't take it for one.
            try read(end - LogExcerpt.readingLimit, end, id, storage)
        }
    }

    private mutating func read(
        _ start: Int64, _ end: Int64, _ id: JobID, _ storage: Storage
    ) throws(SpoolError) {
        var (all, error) = (self.all, self.error)
        try LogReader(storage, id, from: start).read(upTo: end) { record throws(SpoolError) in
            all.append(record.bytes)
            if record.stream == .error { error.append(record.bytes) }
        }
        (self.all, self.error) = (all, error)
    }
}
