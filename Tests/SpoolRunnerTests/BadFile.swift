import Spool
import Testing

/// A file that is no job, and a part of what its reason must say.
struct BadFile: Sendable {
    let bytes: [UInt8]
    let reason: String

    init(_ text: String, _ reason: String) {
        bytes = Array(text.utf8)
        self.reason = reason
    }

    init(bytes: [UInt8], _ reason: String) {
        self.bytes = bytes
        self.reason = reason
    }

    static let all: [BadFile] = syntax + strangeParts + wrongTypes + misspelled + outOfRange

    /// Rejected too, but today the reason doesn't say what is wrong.
    static let unclear: [BadFile] = [
        BadFile("null", "a job is one JSON object"),
        BadFile(#"{"command": "true", "max_attempts": 1.5}"#, "max_attempts"),
        BadFile(#"{"command": "true", "slots": 99999999999999999999}"#, "slots"),
    ]

    static let syntax: [BadFile] = [
        BadFile("", "the file is empty"), BadFile(" \n\t\n", "the file is empty"),
        BadFile("{", "line 1 column 2"), BadFile(#"{"command"#, "not closed"),
        BadFile(#"{"command":"#, "ends where a value"), BadFile(#"{"command": "tru"#, "not closed"),
        BadFile(#"{"command": "true""#, "the object is not closed"),
        BadFile("{\n  \"command\": \"true\",\n}", "line 3 column 1: no ',' may stand before '}'"),
        BadFile(#"{"command": "true"} {}"#, "something follows"),
        BadFile(#"{'command': 'true'}"#, "double quotes"),
        BadFile("{command: true}", "double quotes"),
        BadFile("[]", "one JSON object"), BadFile(#"["true"]"#, "one JSON object"),
        BadFile("42", "one JSON object"),
        BadFile("true", "one JSON object"), BadFile(#""true""#, "one JSON object"),
        BadFile("NaN", "a value is wanted"), BadFile(#"{"slots": NaN}"#, "a value is wanted"),
        BadFile(#"{"slots": Infinity}"#, "a value is wanted"),
        BadFile("{}", "\"command\" is missing"),
        BadFile(#"{"slots": 01}"#, "leading zeros"),
        BadFile(#"{"slots": +1}"#, "a value is wanted"),
        BadFile(#"{"timeout": 1e999}"#, "out of range"), BadFile(#"{"slots": 0x10}"#, "is wanted"),
        BadFile("// a remark\n{}", "a value is wanted"),
        BadFile("#!/bin/sh\necho hello\n", "not JSON"),
        BadFile("\u{feff}\u{feff}{\"command\": \"true\"}", "a value is wanted"),
        BadFile("\u{feff}", "the file is empty"),
        BadFile(
            String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000), "deep"),
        BadFile(
            #"{"command": "true", "metadata": "# + String(repeating: #"{"a":"#, count: 1000) + "1"
                + String(repeating: "}", count: 1000) + "}", "nested more than 64 deep"),
        BadFile(#"{"command": "true", "command": "false"}"#, "\"command\" stands here twice"),
        BadFile(#"{"command": "true", "comm\u0061nd": "false"}"#, "stands here twice"),
        BadFile(#"{"command": "true", "env": {"A": "1", "A": "2"}}"#, "\"A\" stands here twice"),
        BadFile("{\"command\": \"a\nb\"}", "line break or control character"),
        BadFile(#"{"command": "\x41"}"#, "no such escape"),
        BadFile(#"{"command": "\u12"}"#, "four hex"),
        BadFile(bytes: Array(#"{"command": "caf"#.utf8) + [0xe9] + Array(#""}"#.utf8), "not UTF-8"),
        BadFile(bytes: [0xff, 0xfe, 123, 0, 125, 0], "save it as UTF-8"),
        BadFile(bytes: [0xfe, 0xff, 0, 123, 0, 125], "save it as UTF-8"),
        BadFile(bytes: [123, 0, 125, 0], "save it as UTF-8"),
        BadFile(bytes: [0, 123, 0, 125], "save it as UTF-8"),
        BadFile(bytes: [UInt8](repeating: 0, count: 512), "not JSON"),
        BadFile(bytes: [0x1f, 0x8b, 8, 0, 0, 0, 0, 0], "not JSON"),
    ]

    /// Words, lists and objects with something in them that has no meaning there.
    static let strangeParts: [BadFile] = [
        (#""sync": "of""#, "full or off"), (#""mode": "dry""#, "apply or dry-run"),
        (#""stdin": {"file": "/a", "base64": "AA=="}"#, "write a string"),
        (#""stdin": {"file": "/a", "fil": "/b"}"#, "unknown field"),
        (#""backoff": ["1s", "x"]"#, "\"x\" is not a length of time"),
        (#""env": {"HOME": "here"}"#, "not an absolute path"),
        (#""env": {"HOME": ""}"#, "not an absolute path"),
        (#""cron": {"entry": "a\u0000b"}"#, "NUL"),
    ].map { BadFile(#"{"command": "true", \#($0.0)}"#, $0.1) }

    /// Each field with a value of a kind that it can't have.
    static let wrongTypes: [BadFile] = [
        ("command", "5"), ("command", "{}"), ("command", "[1]"), ("type", "5"), ("name", "[]"),
        ("queue", "5"), ("priority", "[]"), ("tags", "5"), ("tags", #"{"a": 1}"#), ("project", "5"),
        ("parent", "5"), ("parent", #""x""#), ("cwd", "5"), ("env", "[]"), ("env", #"{"A": 5}"#),
        ("stdin", "5"), ("stdin", "{}"),
        ("umask", "22"), ("not_before", "5"), ("not_before", #""tomorrow""#), ("delay", "{}"),
        ("expires", "[]"), ("timeout", "true"), ("kill_after", "[]"), ("max_attempts", #""3""#),
        ("backoff", "5"), ("backoff", "[]"), ("retry_on", "5"),
        ("retry_on", #"["1"]"#), ("success_on", #""0""#), ("requires", #""gpu""#),
        ("slots", #""2""#),
        ("limits", "5"), ("mode", "5"), ("mode", #""really""#), ("sync", "true"),
        ("sync", #""maybe""#), ("id", "5"), ("id", #""short""#), ("submitted_at", "5"),
        ("submitted_by", "5"), ("attempts", "5"), ("earlier_attempts", "[]"), ("state", #""lost""#),
        ("retry_at", "5"), ("finished_at", "{}"), ("message", "5"),
    ].map { field, value in
        let command = field == "command" || field == "type" ? "" : #""command": "true", "#
        return BadFile("{\(command)\"\(field)\": \(value)}", "\"\(field)")
    }

    /// Each field of some length without its last letter.
    static let misspelled: [BadFile] =
        Job.Field.allCases.map(\.rawValue).filter { $0.count > 3 }.map {
            BadFile(
                "{\"command\": \"true\", \"\($0.dropLast())\": 1}",
                "\"\($0.dropLast())\": unknown field: did you mean \"\($0)\"?")
        } + [
            BadFile(#"{"timout": 5}"#, #""timout": unknown field: did you mean "timeout"?"#),
            BadFile(#"{"maxAttempts": 5}"#, "did you mean \"max_attempts\"?"),
            BadFile(#"{"Command": "true"}"#, "did you mean \"command\"?"),
            BadFile(#"{"limits": {"memmory": 5}}"#, "\"limits.memmory\": unknown field"),
            BadFile(#"{"backoff": {"kind": "fixed", "dealy": 5}}"#, "did you mean \"delay\"?"),
            BadFile(#"{"xyzzy": 1}"#, "\"xyzzy\": unknown field"),
        ]

    static let outOfRange: [BadFile] =
        [
            (#""max_attempts": 0"#, "max_attempts"), (#""max_attempts": 1001"#, "max_attempts"),
            (#""max_attempts": -1"#, "max_attempts"), (#""slots": 0"#, "slots"),
            (#""slots": 1025"#, "slots"), (#""slots": -7"#, "slots"),
            (#""limits": {"nice": 20}"#, "nice"), (#""limits": {"nice": -21}"#, "nice"),
            (#""limits": {"memory": -1}"#, "memory"), (#""limits": {"memory": "1Q"}"#, "memory"),
            (#""retry_on": [256]"#, "retry_on"), (#""success_on": [-1]"#, "success_on"),
            (#""timeout": 0"#, "timeout"), (#""timeout": -5"#, "timeout"),
            (#""timeout": "-1s""#, "timeout"),
            (#""timeout": "5 fortnights""#, "timeout"), (#""delay": "200000d""#, "delay"),
            (#""priority": 10"#, "priority"), (#""priority": -1"#, "priority"),
            (#""priority": "urgent""#, "priority"), (#""umask": "1000""#, "umask"),
            (#""umask": "9""#, "umask"), (#""not_before": "2026-02-30T00:00:00Z""#, "not_before"),
            (#""cwd": "here""#, "cwd"), (#""env": {"A=B": "1"}"#, "env"),
            (#""env": {"": "1"}"#, "env"),
            (#""name": """#, "name"), (#""name": "a\nb""#, "name"),
            (#""name": ""# + String(repeating: "x", count: 201) + #"""#, "name"),
            (#""queue": "../done""#, "queue"), (#""queue": """#, "queue"),
            (#""queue": ".x""#, "queue"),
            (#""queue": "a.json""#, "queue"),
            (#""queue": ""# + String(repeating: "q", count: 65) + #"""#, "queue"),
            (#""requires": ["a b"]"#, "requires"), (#""stdin": {"base64": "!!!"}"#, "stdin"),
            (#""payload": 1, "stdin": "x""#, "payload"),
            (#""type": "shell""#, "exclude each other"),
            (#""backoff": {"kind": "cubic"}"#, "backoff"),
            (#""backoff": {"kind": "fixed", "jitter": 2}"#, "jitter"),
            (#""backoff": {"kind": "exponential", "factor": 0.5}"#, "factor"),
            (#""backoff": ["soon"]"#, "backoff"),
        ].map { BadFile("{\"command\": \"true\", \($0.0)}", $0.1) } + [
            BadFile(#"{"command": ""}"#, "command"), BadFile(#"{"command": "  "}"#, "command"),
            BadFile(#"{"command": []}"#, "names no program"),
            BadFile(#"{"command": [""]}"#, "names no program"),
            BadFile(#"{"command": "a\u0000b"}"#, "NUL"),
            BadFile(#"{"command": ["a", "\u0000"]}"#, "NUL"),
            BadFile(#"{"type": "a/b"}"#, "type"), BadFile(#"{"type": "..", "payload": 1}"#, "type"),
        ]
}
