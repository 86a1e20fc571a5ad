import Foundation
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// Jobs as JSON, and the checks of their text.
struct JobCodingTests {
    private func full() throws -> Job { try Job(json: Array(fullText.utf8)) }

    private let fullText = """
            {"command": ["a", "b c"], "name": "n", "key": "k", "key_until": "90m", "queue": "q", "priority": "high",
             "tags": {"a": "b"}, "metadata": {"x": [1, 2.5, null, true, "é", 18446744073709551615]},
             "project": "/p",
             "parent": "01ARZ3NDEKTSV4RRFFQ69G5FAW", "cwd": "/tmp", "env": {"A": "ü=1"}, "stdin": {"base64": "AAE="},
             "umask": "0027", "not_before": "2026-11-21T07:30:00.123Z", "delay": "1m30s",
             "expires": "2h", "timeout": 1.5, "kill_after": "500ms", "keep_children": true,
             "max_attempts": 3,
             "backoff": {"kind": "linear", "delay": "1s", "max": "9s", "jitter": 0.5},
             "retry_on": [1, 75], "success_on": [0, 3], "requires": ["gpu", "host=a"], "slots": 2,
             "limits": {"memory": "1G", "cpu_time": "9s", "open_files": 64, "processes": 8,
                        "output": 1000, "nice": 5}, "mode": "dry-run", "sync": "off",
             "mail": {"to": "a@b", "from": "c@d"},
             "cron": {"entry": "e", "slot": "2026-11-21T07:30:00.000Z", "missed": 2},
             "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "submitted_at": "2026-11-21T07:30:00.000Z",
             "submitted_by": {"user": "u", "host": "h"},
             "attempts": [{"number": 1, "worker": "w", "host": "h", "boot_id": "b",
               "runner": {"pid": 5, "start_time": 6}, "command": {"pid": 7, "start_time": 8},
               "started_at": "2026-11-21T07:30:01.000Z", "finished_at": "2026-11-21T07:30:02.000Z",
               "outcome": "timed_out", "exit_code": 3, "signal": "SIGTERM", "core_dumped": true,
               "message": "m", "usage": {"user": "1s", "system": "2ms", "peak_memory_kib": 9},
               "log": {"start": 1, "end": 2, "dropped": 3, "cut": "limit"},
               "outlived_by": [{"name": "sleep", "pid": 9}]}],
             "earlier_attempts": 1, "state": "timed_out", "retry_at": "2026-11-21T08:00:00.000Z",
             "finished_at": "2026-11-21T07:30:02.000Z", "message": "why", "result": [1]}
        """

    @Test func everyFieldComesBack() throws {
        let job = try full()
        let again = try Job(json: try job.json())
        #expect(again == job)
        #expect(try again.json() == job.json())
        #expect(job.timeout == .milliseconds(1500))
        #expect(job.limits?.memory?.bytes == 1 << 30)
        #expect(job.attempts?.first?.usage?.system == .milliseconds(2))
        #expect(job.backoff == .linear(delay: .seconds(1), max: .seconds(9), jitter: 0.5))
    }

    /// Its fields are written as they come, by our own encoder only: the order must be that of their names.
    @Test func isCodedByFoundationToo() throws {
        let job = try full()
        let foundation = JSONEncoder()
        foundation.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let theirs = try foundation.encode(job)
        #expect(
            String(decoding: try job.json(), as: UTF8.self)
                == String(decoding: theirs, as: UTF8.self) + "\n")
        #expect(try JSONDecoder().decode(Job.self, from: theirs) == job)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(Attempt.self, from: Data(#"{"number": 1}"#.utf8))
        }
    }

    @Test(arguments: [(UInt32(0), "0000"), (0o7, "0007"), (0o22, "0022"), (0o777, "0777")])
    func masksAreFourOctalDigits(bits: UInt32, text: String) throws {
        let mask = try #require(Job.FileMask(bits: bits))
        #expect(mask.description == text)
        let job = try Job(json: Array(#"{"command": ["true"], "umask": "\#(text)"}"#.utf8))
        #expect(job.umask == mask)
    }

    /// Nothing that an attempt says gets lost.
    @Test func attemptsComeBackWhole() throws {
        let given = try JSONText.decode([String: JSONValue].self, from: Array(fullText.utf8))
        let kept = try JSONText.decode([String: JSONValue].self, from: try full().json())
        #expect(given["attempts"] != nil && given["attempts"] == kept["attempts"])
        #expect(given["submitted_by"] != nil && given["submitted_by"] == kept["submitted_by"])
    }

    /// What is missing in an attempt is named, and so is a null.
    @Test(arguments: [
        (#"{"attempts": [{"number": 1}]}"#, #""attempts[0].worker": is missing"#),
        (
            #"{"attempts": [{"number": null}]}"#,
            #""attempts[0].number": a whole number is wanted here, not null"#
        ),
        (#"{"submitted_by": {"user": "u"}}"#, #""submitted_by.host": is missing"#),
    ])
    func whatIsMissingIsNamed(_ text: String, _ message: String) throws {
        let error = #expect(throws: SpoolError.self) { try Job(json: Array(text.utf8)) }
        #expect(error?.message == message)
    }

    /// In the order of spool-format(5), whatever the order in the text and in memory.
    @Test(arguments: [
        // Of form.
        (#"{"command": 5, "backoff": 5}"#, "command"),
        (#"{"attempts": 5, "name": 5, "command": "true"}"#, "name"),
        (#"{"umask": 5, "type": 5}"#, "type"),
        (#"{"result": 1, "cron": 5, "timeout": "x", "delay": "x"}"#, "delay"),
        (#"{"attempts": 5, "id": 5}"#, "id"),
        (#"{"sync": "x", "mode": "x"}"#, "mode"),
        (#"{"command": "", "queue": 5}"#, "queue"),
        (#"{"tags": {"c": 1, "a": "x", "b": 2, "d": null}, "command": "true"}"#, "tags.b"),
        // Of rule.
        (#"{"command": "true", "cwd": "x", "name": ""}"#, "name"),
        (#"{"command": "true", "cron": {"entry": ""}, "cwd": "x"}"#, "cwd"),
        (#"{"command": "", "cwd": "x", "earlier_attempts": 5}"#, "command"),
        (#"{"command": "true", "mail": {"to": ""}, "limits": {"nice": 99}}"#, "limits.nice"),
        (#"{"command": "true", "max_attempts": 0, "timeout": 0, "slots": 0}"#, "timeout"),
        (#"{"command": "true", "requires": ["/"], "retry_on": [999]}"#, "retry_on"),
        (#"{"command": "true", "stdin": {"base64": "?"}, "env": {"HOME": "x"}}"#, "env"),
        (
            #"{"command": "true", "earlier_attempts": 5, "attempts": [{"number": 0, "worker": "w","#
                + #""host": "h", "boot_id": "b", "runner": {"pid": 5, "start_time": 6},"#
                + #""started_at": "2026-11-21T07:30:01.000Z"}]}"#, "attempts"
        ),
    ])
    func ofTwoFaultsTheFirstIsNamed(text: String, field: String) throws {
        for _ in 0..<5 {
            let error = #expect(throws: SpoolError.self) { try Job(json: Array(text.utf8)) }
            #expect(error?.message.hasPrefix("\"\(field)\"") == true, "\(error?.message ?? "")")
        }
    }

    @Test func ofTwoWrongVariablesTheFirstByNameIsNamed() {
        for _ in 0..<5 {
            let error = #expect(throws: SpoolError.self) {
                try VariableRule.check(
                    ["c": "1", "b=": "", "z=": "", "a": ""], namesDirectory: true)
            }
            #expect(error?.message.hasPrefix("\"env\" \"b=\"") == true)
        }
    }

    @Test func everyFieldIsExplained() {
        #expect(Job.Field.explained.map(\.rawValue).sorted() == Job.Field.allCases.map(\.rawValue))
    }

    @Test func theFullJobLeavesOutOnlyTheHandler() throws {
        let text = String(decoding: try full().json(), as: UTF8.self)
        for field in Job.Field.allCases where field != .type && field != .payload {
            #expect(text.contains("\n  \"\(field.rawValue)\" : "), "\(field.rawValue)")
        }
        let handler = try Job(json: Array(#"{"type": "t", "payload": {"a": 1}}"#.utf8))
        #expect(handler.payload == ["a": 1])
        #expect(try Job(json: try handler.json()) == handler)
    }

    @Test func whatWasRecordedCanBeForgotten() throws {
        var job = try full()
        job.forgetRecord()
        let fields = try JSONText.decode([String: JSONValue].self, from: try job.json())
        // Which slot it was made for stays true of a copy.
        let forgotten = Job.Field.recorded.filter { $0 != .cron }
        for field in forgotten { #expect(fields[field.rawValue] == nil) }
        #expect(fields.count == Job.Field.allCases.count - forgotten.count - 2)
    }

    @Test(arguments: [
        #"{"command": "true", "backoff": {"kind": "fixed"}}"#,
        #"{"command": "true", "backoff": {"kind": "exponential", "factor": 3}}"#,
        #"{"command": "true", "backoff": ["1s", 5, "1m"]}"#,
        #"{"command": "true", "stdin": {"file": "/x"}, "priority": 4}"#,
        #"{"command": "true", "stdin": "text\u0000\n", "expires": "2026-01-01T00:00:00Z"}"#,
        #"{"command": "true", "metadata": null}"#,
    ])
    func otherFormsComeBackToo(text: String) throws {
        let job = try Job(json: Array(text.utf8))
        #expect(try Job(json: try job.json()) == job)
    }

    @Test(arguments: [
        ("{\n\n  x}", "line 3 column 3"), ("", "line 1 column 1"),
        ("{\"a\": 1\n", "line 2 column 1"),
        ("{\"é\": tru}", "line 1 column 8"), ("[1,\n2,\n]", "line 3 column 1"),
        ("{\"a\": 1, \"a\": 2}", "line 1 column 10: the field \"a\" stands here twice"),
        ("{\"a\": {\"b\": 1,\n \"b\": 2}}", "line 2 column 2"),
        ("\"abc", "line 1 column 1: the string"),
        ("[1 2]", "',' or ']'"), ("-", "not a number"), ("1.", "digits"), ("1e", "exponent"),
    ])
    func pointsAtTheFault(text: String, place: String) {
        let error = #expect(throws: SpoolError.self) { try JSONSyntax.check(Array(text.utf8)) }
        #expect(error?.message.contains(place) == true, "\(error?.message ?? "")")
        #expect(error?.code == .invalidJob)
    }

    @Test func noBytesCrashTheReader() throws {
        var random = SeededGenerator(seed: 4)
        let whole = try full().json()
        for round in 0..<3000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                    in: 0...255, using: &random)
            }
            if round % 3 == 0 { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random)) }
            // A job or an error; what is a job can be written.
            if let job = try? Job(json: bytes) { #expect(try Job(json: try job.json()) == job) }
        }
    }

    @Test(
        arguments: [
            ("timout", "timeout"), ("max-attempts", "max_attempts"),
            ("MAXATTEMPTS", "max_attempts"),
            ("comand", "command"), ("cmd", "cwd"), ("quue", "queue"), ("tiemout", "timeout"),
            ("enviroment", nil), ("", nil), ("zzz", nil), ("prio", "priority"),
            ("retryon", "retry_on"),
        ] as [(String, String?)])
    func theNearestName(text: String, name: String?) {
        #expect(FieldNames.nearest(to: text, among: Job.Field.allCases.map(\.rawValue)) == name)
    }

    @Test(
        arguments: [
            ("0", 0), ("1024", 1024), ("1K", 1024), ("2M", 2 << 20), ("3GiB", 3 << 30),
            ("1KB", 1024),
            ("5B", 5), ("1T", 1 << 40), ("", nil), ("K", nil), ("-1", nil), ("1.5M", nil),
            ("1Q", nil),
            ("99999999999999999999", nil), ("9999999999G", nil), ("1 M", nil), ("１", nil),
        ] as [(String, Int64?)])
    func numbersOfBytes(text: String, bytes: Int64?) {
        #expect(Job.ByteCount(text)?.bytes == bytes)
        if let bytes { #expect(Job.ByteCount(Job.ByteCount(bytes).description)?.bytes == bytes) }
    }

    @Test(
        arguments: [
            ("90s", 90_000_000), ("10m", 600_000_000), ("2h30m", 9_000_000_000),
            ("1d", 86_400_000_000),
            ("1.5", 1_500_000), ("0", 0), ("500ms", 500_000), ("1w1us", 604_800_000_001), ("", nil),
            ("-1s", nil), ("1s1m", nil), ("1x", nil), ("s", nil), ("1..2", nil), ("1e3", nil),
            ("99999999d", nil), ("1s1s", nil), (" 1s", nil),
        ] as [(String, Int64?)])
    func lengthsOfTime(text: String, microseconds: Int64?) {
        #expect(TimeSpan(text)?.microseconds == microseconds)
        if let microseconds {
            let span = TimeSpan(microseconds: microseconds)
            #expect(TimeSpan(span.description) == span)
        }
    }

    @Test func wordsAreQuotedForTheShell() {
        let summary = Job.Command.arguments(["echo", "a b", "", "it's", "$x", "plain-1.2/%"])
            .summary
        #expect(summary == #"echo 'a b' '' 'it'\''s' '$x' plain-1.2/%"#)
    }

    /// A number of seconds is what programs write most easily.
    @Test func lengthsOfTimeMayBeNumbersOfSeconds() throws {
        let text = """
            {"command": "true", "delay": 1.5, "expires": 3600, "timeout": 90, "kill_after": 0.25,
             "backoff": [1, 2.5], "limits": {"cpu_time": 2}}
            """
        let job = try Job(json: Array(text.utf8))
        #expect(job.delay == .milliseconds(1500) && job.timeout == .seconds(90))
        #expect(job.expires == .after(.seconds(3600)) && job.killAfter == .milliseconds(250))
        #expect(job.backoff == .delays([.seconds(1), .milliseconds(2500)]))
        #expect(job.limits?.cpuTime == .seconds(2))
        let object = #"{"command": "true", "backoff": {"kind": "linear", "delay": 3, "max": 60}}"#
        guard case .linear(let delay, let max, _)? = try Job(json: Array(object.utf8)).backoff
        else {
            Issue.record("not linear")
            return
        }
        #expect(delay == .seconds(3) && max == .seconds(60))
        #expect(throws: SpoolError.self) {
            try Job(json: Array(#"{"command": "true", "timeout": -1}"#.utf8))
        }
    }
}
