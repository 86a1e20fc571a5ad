import SpoolTestSupport
import SpoolTime
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
        for outcome in Attempt.Outcome.allCases {
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

    /// By hand, today's history may be moved or removed at any time: the next line goes where it belongs.
    @Test func whatIsMovedGetsNoMoreLines() throws {
        let temporary = try TemporarySpool()
        let clock = TestClock()
        let spool = try temporary.open(clock)
        func write(_ note: String) {
            History(spool.storage).recordFile(.submit, id: nil, nil, from: nil, to: nil, note: note)
        }
        func notes(_ name: String) throws -> [String] {
            try temporary.read(name).split(separator: "\n").map {
                try JSONText.decode(HistoryLine.self, from: Array($0.utf8)).note ?? ""
            }
        }
        let today = "history/\(spool.storage.now().day).ndjson"
        write("one")
        write("two")
        try temporary.rename(today, to: "history/old.ndjson")
        write("three")
        #expect(try notes("history/old.ndjson") == ["one", "two"])
        #expect(try notes(today) == ["three"])
        try temporary.rename("history", to: "kept")
        write("four")
        #expect(try notes(today) == ["four"])
        clock.advance(.seconds(86_400))
        write("five")
        #expect(try notes(today) == ["four"])
        #expect(try notes("history/\(spool.storage.now().day).ndjson") == ["five"])
        #expect(try notes("kept/" + String(today.dropFirst("history/".count))) == ["three"])
    }
}
