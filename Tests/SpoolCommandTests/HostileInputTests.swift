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
