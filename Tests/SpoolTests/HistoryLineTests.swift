import SpoolSchedule
import SpoolTestSupport
import Testing

@testable import Spool

/// What is written without the encoder is what the encoder writes.
@Suite struct HistoryLineTests {
    private static let texts: [String?] = [
        nil, "", "plain", "a/b", "\"quoted\" and \\", "\u{8}\t\n\u{c}\r\u{1}\u{1f}\u{7f}",
        "ü € 😀 \u{2028}\u{2029}", "<&>'",
    ]

    @Test(arguments: texts)
    func sameBytes(_ text: String?) throws {
        var line = HistoryLine(time: Instant(microseconds: 1_795_246_200_123_456), verb: text ?? "")
        line.name = text
        line.note = text
        line.from = text
        line.to = text
        #expect(line.json() == (try JSONText.encode(line, pretty: false)))
    }

    @Test func allFields() throws {
        let id = try #require(JobID("01M7ZENFQYQXEVMMVR9GV1B7M8"))
        var random = SeededGenerator(seed: 1)
        for outcome in Outcome.allCases {
            for state in JobState.allCases {
                var line = HistoryLine(
                    time: Instant(microseconds: Int64.random(in: 0..<1 << 50, using: &random)),
                    job: id,
                    verb: "finish", state: state,
                    attempt: Int.random(in: 1..<1_000_000, using: &random))
                line.outcome = outcome
                line.exitCode = Int32.random(in: .min ... .max, using: &random)
                line.signal = "SIGTERM"
                line.pid = Int32.random(in: .min ... .max, using: &random)
                line.host = "host"
                #expect(line.json() == (try JSONText.encode(line, pretty: false)))
            }
        }
    }
}
