import SpoolTestSupport
import Testing

@testable import Spool

/// Logs give back exactly the bytes.
struct LogFormatTests {
    private func parse(_ log: [UInt8]) throws -> [LogFormat.Record] {
        #expect(log.isEmpty || log.last == 10)
        return try log.split(separator: 10, omittingEmptySubsequences: false).dropLast().map {
            try #require(LogFormat.parse($0))
        }
    }

    @Test func anyBytesInAnyPiecesComeBack() throws {
        var random = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            var log: [UInt8] = []
            var written: [LogFormat.Stream: [UInt8]] = [.output: [], .error: []]
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                var piece = random.bytes(Int.random(in: 0...60, using: &random))
                for index in piece.indices where piece[index] % 5 == 0 { piece[index] = 10 }
                let stream: LogFormat.Stream = Bool.random(using: &random) ? .output : .error
                piece.withUnsafeBytes {
                    LogFormat.append($0, stream, at: 1_800_000_000_123_456_789, to: &log)
                }
                written[stream]? += piece
            }
            let records = try parse(log)
            for stream in [LogFormat.Stream.output, .error] {
                let read = records.filter { $0.stream == stream }.flatMap(\.bytes)
                #expect(read == written[stream])
            }
        }
    }

    @Test func longLinesAreSplit() throws {
        let line = [UInt8](repeating: 97, count: 3 * LogFormat.longestPiece + 5) + [10]
        var log: [UInt8] = []
        line.withUnsafeBytes { LogFormat.append($0, .output, at: 0, to: &log) }
        let records = try parse(log)
        #expect(records.count == 4)
        #expect(records.flatMap(\.bytes) == line)
        #expect(records.allSatisfy { $0.bytes.count <= LogFormat.longestPiece })
    }

    @Test func itIsTheFormatThatOthersRead() {
        var log: [UInt8] = []
        Array("a b\nrest".utf8).withUnsafeBytes {
            LogFormat.append($0, .error, at: 1_795_246_200_123_456_789, to: &log)
        }
        #expect(
            String(decoding: log, as: UTF8.self)
                == "2026-11-21T07:30:00.123456789Z stderr F a b\n"
                + "2026-11-21T07:30:00.123456789Z stderr P rest\n")
        #expect(LogFormat.timestamp(0) == "1970-01-01T00:00:00.000000000Z")
        #expect(LogFormat.timestamp(1) == "1970-01-01T00:00:00.000000001Z")
    }

    @Test(arguments: [
        "", "2026-11-21T07:30:00.123456789Z", "2026-11-21T07:30:00.123456789Z stdout",
        "2026-11-21T07:30:00.123456789Z stdout F", "2026-11-21T07:30:00.123456789Z nowhere F x",
        "2026-11-21T07:30:00.123456789Z stdout X x", "2026 stdout F x", "x y z w",
    ])
    func aLineThatIsNoRecordIsNone(text: String) {
        #expect(LogFormat.parse(Array(text.utf8)[...]) == nil)
    }
}
