import Spool

/// Of logs: any bytes can stand in one, and any output comes back as it was.
enum LogProperties {
    @Sendable static func check(_ bytes: [UInt8]) throws {
        for line in bytes.split(separator: 10, omittingEmptySubsequences: false) {
            guard let record = LogFormat.parse(line) else { continue }
            try require(record.bytes.count <= line.count, "more text than the line has")
        }
        // The same bytes as output, written in two pieces.
        var log: [UInt8] = []
        for piece in [bytes.prefix(bytes.count / 3), bytes.dropFirst(bytes.count / 3)] {
            Array(piece).withUnsafeBytes {
                LogFormat.append($0, .error, at: 1_795_000_000_123_456_789, to: &log)
            }
        }
        var output: [UInt8] = []
        for line in log.split(separator: 10) {
            guard let record = LogFormat.parse(line) else {
                throw Violation(description: "a record that isn't read: \(Array(line).text)")
            }
            try require(record.stream == .error, "another stream")
            output += record.bytes
        }
        try require(output == bytes, "other output comes back")
    }
}
