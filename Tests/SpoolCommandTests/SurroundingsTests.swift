import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// Surroundings that can't be found out, or aren't there: said, and nothing else taken in their place.
struct SurroundingsTests {
    private static let leave = "mkdir gone; cd gone; rmdir ../gone; "

    @Test(arguments: [
        "run -- pwd", "run -c pwd", "run -C . -- pwd", "run -C .. -- pwd", "list --project .",
        "-D spool list", "init here", "submit job.json", "run -C / -i input -- cat",
    ])
    func aWorkingDirectoryThatIsGone(_ words: String) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let result = try spool.shell(SurroundingsTests.leave + "spool " + words)
        #expect(result.status == 73, "\(result.errorText)")
        #expect(result.errorText.contains("\(spool.home)/gone"), "\(result.errorText)")
        #expect(try spool.names("incoming").isEmpty)
    }

    @Test(arguments: ["run -C / -- pwd", "list", "wait", "init /", "cron list", "check"])
    func whatNeedsNoWorkingDirectory(_ words: String) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let line = words == "init /" ? "init \(spool.base)/new" : words
        let result = try spool.shell(SurroundingsTests.leave + "spool " + line)
        #expect(result.status == 0, "\(result.errorText)")
        if words.hasPrefix("run") {
            #expect(try spool.job(result.line).cwd == "/")
            #expect(try spool.job(result.line).project == "/")
        }
    }

    @Test func aDirectoryThatIsGoneWhenTheJobStarts() throws {
        let spool = try TemporarySpool()
        let id = try spool.shell("mkdir d; cd d; spool run -- pwd; rmdir ../d").line
        try spool.runWorker("-j", "1")
        let result = try spool.run("status", id)
        #expect(result.text.contains("can't enter \(spool.home)/d: No such file"))
        #expect(try spool.run("logs", id).text.isEmpty)
    }

    @Test(arguments: [
        ["-D", "", "list"], ["--dir=", "list"], ["run", "-C", "", "--", "true"],
        ["run", "-i", "", "--", "true"], ["init", ""], ["submit", ""],
    ])
    func anEmptyPathIsNotTheWorkingDirectory(_ words: [String]) throws {
        let spool = try TemporarySpool()
        let result = try spool.run(words)
        #expect(result.status == 66, "\(words): \(result.errorText)")
        #expect(result.errorText.contains("an empty path"), "\(result.errorText)")
        #expect(!result.errorText.contains("spool run --"))
        #expect(!FileTree.exists(spool.home + "/format"))
    }

    @Test func aZoneThatIsNotThere() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("crontab", "0 3 * * * true\n")
        for (zone, part) in [("Europe/Nowhere", "Europe/Nowhere"), ("/no/such", "/no/such")] {
            let result = try spool.run(["cron", "list"], environment: ["TZ": zone])
            #expect(result.status != 0 && result.errorText.contains(part), "\(result.errorText)")
        }
    }

    @Test func programsThatCannotBeRun() throws {
        let spool = try TemporarySpool()
        try FileTree.write(spool.home + "/plain", Array("#!/bin/sh\n".utf8))
        try FileTree.write(spool.home + "/lost", Array("#!/no/such/shell\n".utf8))
        #expect(try spool.shell("chmod 600 plain; chmod 700 lost").status == 0)
        _ = try spool.open()
        var expected: [String: String] = [:]
        for (words, part) in [
            (["nosuch"], "PATH leads to no such program: /usr/local/bin:/usr/bin:/bin"),
            (["./nosuch"], "check the name"),
            (["\(spool.home)/plain"], "chmod +x"), (["\(spool.home)/lost"], "first line"),
        ] {
            expected[try spool.submit(["--"] + words)] = part
        }
        try spool.drop("typed.json", #"{"type": "nosuch"}"#)
        let long = try JSONText.encode(
            ["command": String(repeating: "x", count: 140_000)], pretty: false)
        try spool.drop("long.json", String(decoding: long, as: UTF8.self))
        try spool.runWorker("-j", "2")
        let failed = try spool.run("list", "--failed", "--json").text
        #expect(failed.contains("the type nosuch needs a program of this name"))
        #expect(failed.contains("its command takes 140000 bytes"))
        for (id, part) in expected {
            let text = try spool.run("status", id).text
            #expect(text.contains(part), "\(text)")
        }
    }

    @Test func aLargeEnvironmentIsNamed() throws {
        let spool = try TemporarySpool()
        var environment = ["SMALL": "1"]
        for index in 0..<12 {
            environment["LARGE\(index)"] = String(repeating: "x", count: 90_000 + index)
        }
        let result = try spool.run(["run", "--", "true"], environment: environment)
        #expect(result.status == 65)
        for part in [
            "1048576 are the", "its environment takes", "LARGE11 (9", "env -u LARGE11",
            "--clean-env",
        ] {
            #expect(result.errorText.contains(part), "\(result.errorText)")
        }
        #expect(!result.errorText.contains("put large input"))
        for field in ["metadata", "payload"] {
            let large =
                #"{"command": "true", "\#(field)": ["\#(String(repeating: "x", count: 1 << 20))"]}"#
            let refused = try spool.run(["submit", "-"], input: large)
            #expect(refused.status == 65)
            #expect(refused.errorText.contains("its \(field) takes 10485"), "\(refused.errorText)")
        }
        let arguments = (0..<12).map { _ in String(repeating: "x", count: 100_000) }
        let other = try spool.run(["run", "--", "true"] + arguments)
        #expect(other.status == 65 && other.errorText.contains("its command takes 12000"))
        #expect(
            try spool.run(["run", "--clean-env", "--", "true"], environment: environment).status
                == 0)
    }
}
