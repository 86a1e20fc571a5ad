import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

/// Commands on a spool in which everything may be damaged: a clear answer, never a crash or a hang.
struct HostileInputTests {
    private static let escape = "\u{1b}[31m\u{7}\u{9b}\u{202e}"
    private static let written = #"\u001b[31m\u0007\u009b\u202e"#

    /// Somebody may have made it only, and be about to write it.
    @Test func aFileIsOnlyAsOldAsItsOwnClockSays() throws {
        let spool = try TemporarySpool()
        try spool.drop("half.json", "")
        let directory = try Directory(path: spool.path)
        let dropped = try #require(try directory.status(of: "incoming/half.json")).changed
        let library = try #require(
            try WrongClock.make(for: TemporarySpool.binary, in: spool.base))
        let result = try spool.run(
            ["worker", "--until-empty"],
            environment: WrongClock.environment(library: library, seconds: 60))
        #expect(result.status == 0)
        let reason = try #require(try directory.status(of: "dead-letter/half.json.reason"))
        #expect(reason.changed - dropped >= AdmissionRules().grace.nanoseconds)
    }

    @Test func nothingReachesTheTerminalThatControlsIt() throws {
        let spool = try TemporarySpool()
        let text = HostileInputTests.written
        try spool.drop(
            "x.json",
            #"{"command": "echo \#(text) | tee $SPOOL_PROGRESS; printf '\#(text)' > $SPOOL_RESULT","#
                + #" "tags": {"\#(text)": "\#(text)"}, "cwd": "/\#(text)"}"#)
        try spool.drop("bad \(HostileInputTests.escape).json", #"{"\#(text)": 1}"#)
        try spool.drop("proper.json", #"{"command": "true"}"#)
        try spool.runWorker("-j", "1")
        try spool.wait("the bad one is rejected") { try spool.names("dead-letter").count == 2 }
        let id = try spool.onlyID(in: .failed)
        for arguments in [
            ["list"], ["list", "--json"], ["status", id], ["status", "--json", id],
            ["status", HostileInputTests.escape], ["logs", HostileInputTests.escape],
            [HostileInputTests.escape], ["list", "--state", HostileInputTests.escape],
            ["submit", "/no/\(HostileInputTests.escape)"],
        ] {
            let result = try spool.run(arguments)
            for scalar in (result.text + result.errorText).unicodeScalars where scalar != "\n" {
                let isHarmless = scalar.value >= 32 && !(127..<160).contains(scalar.value)
                #expect(isHarmless && scalar.value != 0x202e, "\(arguments): \(result.text)")
            }
        }
        #expect(try spool.run("list").text.contains(HostileInputTests.written))
        #expect(
            try spool.objects(try spool.run("list", "--json").text).contains { fields in
                fields["cwd"] == .string("/" + HostileInputTests.escape)
            })
        #expect(try spool.run("wait", id).status == 125)
    }

    /// What a worker opens must not get the numbers that its runners make /dev/null.
    @Test func aWorkerWithoutStandardStreams() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-c", "echo out; cat; echo err >&2")
        let line = "exec \(TemporarySpool.binary) worker --until-empty <&- >&- 2>&-"
        let run = try ProgramRun(
            ["/bin/sh", "-c", line], environment: spool.environment, directory: spool.home)
        #expect(try run.wait(upTo: 60).status == 0)
        #expect(try spool.place(of: id) == .done)
        let logs = try spool.run("logs", id)
        #expect(logs.text == "out\n" && logs.errorText == "err\n")
    }

    @Test func aDamagedLog() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-c", "echo one; echo two")
        try spool.runWorker("-j", "1")
        let name = try #require(try spool.names("logs").first { $0 != "daemon.log" })
        let log = "logs/\(name)/\(id).log"
        let good = try spool.read(log)
        try FileTree.write(
            spool[log],
            Array("no record\n".utf8) + [0, 255, 10] + Array(good.utf8)
                + [UInt8](repeating: 0, count: 1 << 22) + [10] + Array(good.utf8)
                + Array("2026-11-21T07:3".utf8))
        let result = try spool.run("logs", id)
        #expect(result.status == 0 && result.text == "one\ntwo\none\ntwo\n")
        #expect(result.errorText.contains("3 damaged lines are left out"))
        // Not a record for a terabyte: the memory stays what it was.
        try FileTree.check(truncate(spool[log], 1 << 26), "truncate")
        #expect(try spool.run("logs", id).text == "one\ntwo\none\ntwo\n")
        try spool.remove(log)
        try FileTree.check(mkfifo(spool[log], 0o600), "mkfifo")
        #expect(try spool.run("logs", id).status == 74)
    }

    /// A FIFO, a directory, a link that leads in a circle, and bytes, in the place of each file.
    @Test(arguments: ["format", "settings.json", "workers/x.json", "dead-letter/x.json.reason"])
    func anythingInAFilesPlace(_ name: String) throws {
        for kind in ["fifo", "directory", "link", "bytes", "large"] {
            let spool = try TemporarySpool()
            try spool.drop("5-01ARZ3NDEKTSV4RRFFQ69G5FAV.json", #"{"command": "true"}"#)
            try spool.drop("x.json", "{", in: "dead-letter")
            if name == "format" { try spool.remove(name) }
            switch kind {
            case "fifo": try FileTree.check(mkfifo(spool[name], 0o600), "mkfifo")
            case "directory": try FileTree.check(mkdir(spool[name], 0o700), "mkdir")
            case "link": try FileTree.check(symlink(spool[name], spool[name]), "symlink")
            case "bytes": try FileTree.write(spool[name], [0, 255, 123, 10])
            default:
                try FileTree.write(spool[name], [])
                try FileTree.check(truncate(spool[name], 1 << 40), "truncate")
            }
            for arguments in [
                ["list"], ["status", "01ARZ3NDEKTSV4RRFFQ69G5FAV"],
                ["wait", "-t", "10ms"], ["worker", "--until-empty"],
            ] {
                let result = try spool.run(arguments)
                #expect(result.status < 128, "\(name) \(kind) \(arguments): \(result.errorText)")
                if result.status != 0, result.status != 75 {
                    #expect(
                        result.errorText.contains(spool.path),
                        "\(name) \(kind) \(arguments): \(result.errorText)")
                }
            }
        }
    }

    /// Workers' files may say anything. Such workers take jobs all the same, so nobody says that none runs, or which
    /// jobs none of them takes.
    @Test func workersWithEndlessSlots() throws {
        let spool = try TemporarySpool()
        for _ in 0..<2 { try spool.startWorker("-j", "1", "-q", "other") }
        for name in try spool.names("workers") {
            var fields = try JSONText.decode(
                [String: JSONValue].self, from: Array(spool.read("workers/\(name)").utf8))
            fields["slots"] = .integer(.max)
            fields["queues"] = .array([.string("video")])
            try spool.write(
                "workers/\(name)",
                String(decoding: try JSONText.encode(fields, pretty: false), as: UTF8.self))
        }
        let id = try spool.submit("-q", "video", "--", "true")
        for words in [[], ["status"], ["status", "--json"], ["status", id], ["slots"]] {
            let result = try spool.run(words)
            #expect(result.status == 0, "\(words): \(result.errorText)")
        }
        #expect(try spool.open().workers().isEmpty)
        let page = try spool.run("status").text
        #expect(page.contains("workers:     unknown\n"))
        #expect(
            page.contains(
                "wrong:       2 workers run whose files don't describe them: 'spool check' says which"
            ))
        #expect(!page.contains("no worker is running"))
        #expect(
            try spool.run("status", id).text.contains(
                "a worker that can take it: one runs whose file doesn't describe it"))
        let checked = try spool.run("check")
        #expect(checked.status == 1)
        let fault = "it says that it has \(Int.max) slots; 1 to 1024 are possible"
        #expect(checked.text.ranges(of: fault).count == 2, "\(checked.text)")
        // Another worker would run more than they were told to.
        let files = try spool.names("workers")
        let run = try spool.run(["run", "--", "true"], environment: ["SPOOL_AUTOSTART": "yes"])
        #expect(run.status == 0 && run.errorText.isEmpty, "\(run.errorText)")
        #expect(try spool.names("workers") == files)
        for option in ["--stop", "--reload"] {
            let result = try spool.run("daemon", option)
            #expect(result.status == 1)
            #expect(
                result.errorText
                    == "spool: 2 workers can't be reached, as the files don't describe them:"
                    + " 'spool check' says which\n")
        }
    }

    /// The greatest and the least value that each field may have, in files of all ages: they are run, shown and
    /// checked like others.
    @Test func fieldsAtTheirEnds() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let count = HostileInputTests.ends.count
        for (number, fields) in HostileInputTests.ends.enumerated() {
            let draft = spool.base + "/draft"
            let text = "{\"command\": \"true\", \(fields)}"
            #expect(throws: Never.self) { try Job(json: Array(text.utf8)) }
            try FileTree.write(draft, Array(text.utf8))
            let seconds = [Int.min, -1 << 31, 0, 1 << 34, Int.max][number % 5]
            let times = [timespec](repeating: timespec(tv_sec: seconds, tv_nsec: 0), count: 2)
            try FileTree.check(utimensat(AT_FDCWD, draft, times, 0), "utimensat")
            try FileTree.check(rename(draft, spool["incoming/\(number).json"]), "rename")
        }
        func expectAnswers() throws {
            for words in [
                ["check"], ["list", "-a", "--limit", "all"], ["list", "-a", "--json"], ["status"],
            ] {
                let result = try spool.run(words)
                #expect(result.status < 2, "\(words): \(result.status) \(result.errorText)")
            }
        }
        try expectAnswers()
        try spool.startWorker("-j", "2")
        try spool.wait("all are admitted, and none is left to run") {
            try spool.names("incoming").isEmpty && spool.names("running").isEmpty
        }
        try expectAnswers()
        let ids = try spool.run("list", "-a", "--ids").text.split(separator: "\n").map(String.init)
        #expect(ids.count == count)
        let page = try spool.run(["status"] + ids)
        #expect(page.status == 0, "\(page.errorText)")
        let removed = try spool.run(
            "clean", "--all", "--older", "36500d", "--history", "36500d")
        #expect(removed.status == 0, "\(removed.errorText)")
        #expect(try spool.run("scheduler", "--once").status == 0)
    }

    private static let ends: [String] = {
        let spans = [#""0s""#, #""36500d""#]
        let times = [#""0000-01-01T00:00:00Z""#, #""9999-12-31T23:59:59.999999Z""#]
        let log = #"{"start": \#(Int.max), "end": \#(Int.max), "dropped": \#(Int.max)}"#
        let usage =
            #"{"user": "36500d", "system": "36500d", "peak_memory_kib": \#(Int.max)}"#
        func attempt(_ start: String, _ end: String) -> String {
            #"{"number": 999998, "worker": "w", "host": "h", "boot_id": "b","#
                + #" "runner": {"pid": 2147483647, "start_time": 18446744073709551615},"#
                + #" "outcome": "failed", "exit_code": -2147483648, "usage": \#(usage),"#
                + #" "log": \#(log), "started_at": \#(start), "finished_at": \#(end)}"#
        }
        var ends: [String] = []
        for span in spans {
            ends += [
                #""delay": \#(span)"#, #""kill_after": \#(span)"#,
                #""delay": \#(span), "expires": \#(times[1]), "timeout": "36500d""#,
                #""backoff": [\#(span)], "max_attempts": 1000"#,
                #""limits": {"cpu_time": "36500d"}, "kill_after": \#(span)"#,
            ]
            for kind in ["fixed", "linear", "exponential"] {
                ends.append(
                    #""backoff": {"kind": "\#(kind)", "delay": "36500d", "max": \#(span),"#
                        + #" "factor": 100, "jitter": 1}, "max_attempts": 1000"#)
            }
        }
        for time in times {
            ends += [#""not_before": \#(time)"#, #""not_before": \#(time), "delay": "36500d""#]
            ends += times.map { #""attempts": [\#(attempt(time, $0))]"# }
        }
        return ends + [
            #""timeout": "1us""#, #""expires": "36500d""#, #""expires": \#(times[1])"#,
            #""slots": 1024, "priority": 9"#, #""limits": {"memory": \#(Int.max)}"#,
            #""limits": {"output": \#(Int.max)}"#, #""limits": {"output": 0}"#,
        ]
    }()

    @Test func inputThatIsNoJob() throws {
        let spool = try TemporarySpool()
        for (input, expected) in [
            ("\u{0}\u{0}", "standard input: not JSON, line 1 column 1"),
            ("{}\n{", "standard input:1: \"command\" is missing"),
            (
                #"{"command": "true"}"# + "\n" + #"{"command": 1}"#,
                "standard input:2: \"command\""
            ),
            (String(repeating: "[", count: 1 << 20), "nested more than 64 deep"),
            (
                #"{"command": "true", "metadata": ""# + String(repeating: "x", count: 1 << 21)
                    + #""}"#, "1048576 are the limit"
            ),
        ] {
            let result = try spool.run(["submit", "-"], input: input)
            #expect(result.status == 65, "\(result.errorText)")
            #expect(result.errorText.contains(expected), "\(result.errorText)")
            #expect(result.errorText.utf8.count < 3000)
        }
        #expect(try spool.names("incoming").isEmpty)
    }

    /// What nothing makes by itself.
    @Test(arguments: [
        ("tmp", ["run", "--", "true"]), ("workers", ["worker"]), ("locks", ["scheduler"]),
    ])
    func aDirectoryThatIsMissing(_ directory: String, command: [String]) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try FileTree.check(rmdir(spool[directory]), "rmdir")
        let result = try spool.run(command)
        #expect(result.status == 74)
        #expect(result.errorText.contains("\(directory)/"))
        #expect(result.errorText.contains("'spool check --repair' makes it"))
        #expect(try spool.run("check", "--repair").status == 0)
        #expect(spool.exists(directory))
    }
}
