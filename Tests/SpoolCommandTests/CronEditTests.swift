import Glibc
import Spool
import SpoolTestSupport
import Testing

/// `spool cron edit`: nothing is installed that doesn't check, nor over what somebody else has written.
struct CronEditTests {
    /// An editor that is a shell script; the file is `$1`.
    private func edit(
        _ spool: TemporarySpool, _ script: String, _ arguments: String...
    ) throws -> ProgramResult {
        let editor = spool.home + "/editor"
        try FileTree.write(editor, Array("#!/bin/sh\n\(script)\n".utf8), mode: 0o700)
        return try spool.run(
            ["cron", "edit"] + arguments,
            environment: ["VISUAL": "", "EDITOR": editor, "TMPDIR": spool.home])
    }

    private func drafts(_ spool: TemporarySpool) throws -> [String] {
        try FileTree.names(spool.home).filter { $0.hasPrefix("spool-") }
    }

    @Test func installsWhatChecks() throws {
        let spool = try TemporarySpool()
        let first = try edit(spool, "echo '0 2 * * * backup' >> $1")
        #expect(first.status == 0, "\(first.errorText)")
        #expect(try spool.read("crontab").hasSuffix("\n0 2 * * * backup\n"))
        #expect(try edit(spool, "echo '@daily x' > $1", "nightly").status == 0)
        #expect(try spool.read("cron.d/nightly") == "@daily x\n")
        let same = try edit(spool, "true")
        #expect(same.status == 0 && same.errorText.contains("nothing changed"))
        #expect(try drafts(spool) == [])
        #expect(try spool.names("tmp") == [])
    }

    @Test func refusesErrorsAndKeepsTheText() throws {
        let spool = try TemporarySpool()
        #expect(try edit(spool, "echo '0 2 * * * x' > $1").status == 0)
        let bad = try edit(spool, "echo '0 25 * * * x' > $1")
        #expect(bad.status == 65 && bad.errorText.contains(":1:3: error: there is no hour 25"))
        #expect(try spool.read("crontab") == "0 2 * * * x\n")
        let draft = try #require(try drafts(spool).first)
        #expect(bad.errorText.contains(draft))
        #expect(try FileTree.read(spool.home + "/" + draft) == Array("0 25 * * * x\n".utf8))
        let failed = try edit(spool, "exit 3")
        let kept = try drafts(spool)
        #expect(failed.status == 1 && failed.errorText.contains("failed with exit code 3; crontab"))
        let killed = try edit(spool, "kill -9 $$")
        #expect(killed.status == 1 && killed.errorText.contains("; crontab is as it was"))
        for (editor, reason) in [("no-such-editor", "can't be run"), ("/dev/null", "can't be run")]
        {
            let result = try spool.run(
                ["cron", "edit"], environment: ["EDITOR": editor, "TMPDIR": spool.home])
            #expect(result.status == 66 && result.errorText.contains(reason), "\(result.errorText)")
        }
        #expect(try drafts(spool) == kept, "nobody has written anything")
    }

    /// The draft is gone once it is installed.
    @Test func warningsNameTheFileItself() throws {
        let spool = try TemporarySpool()
        let result = try edit(spool, "printf '# x\\n*/70 * * * * x\\n' > $1", "nightly")
        #expect(result.status == 0, "\(result.errorText)")
        #expect(result.errorText.contains("cron.d/nightly:2:1: warning"), "\(result.errorText)")
        #expect(!result.errorText.contains("spool-nightly"))
    }

    /// No edit of the text mends its name.
    @Test func strictnessIsAboutTheText() throws {
        let spool = try TemporarySpool()
        let edited = try edit(spool, "echo '@daily x' > $1", "--strict", "x.old")
        let installed = try spool.run(
            ["cron", "edit", "--strict", "-f", "-", "y.old"], input: "@daily x\n")
        for (result, name) in [(edited, "x.old"), (installed, "y.old")] {
            #expect(result.status == 0, "\(result.errorText)")
            #expect(result.errorText.contains("cron.d/\(name): warning: it is read"))
            #expect(try spool.read("cron.d/\(name)") == "@daily x\n")
        }
        // The name of the file that the text comes from doesn't matter.
        try FileTree.check(mkdir(spool.home + "/cron.d", 0o700), "mkdir")
        try FileTree.write(spool.home + "/cron.d/z.old", Array("@daily z\n".utf8))
        let other = try spool.run("cron", "edit", "--strict", "-f", "cron.d/z.old", "z")
        #expect(other.status == 0 && !other.errorText.contains("it is read"))
        let doubtful = try edit(spool, "echo '*/70 * * * * x' > $1", "--strict", "x.old")
        #expect(doubtful.status == 65)
        #expect(try spool.run("cron", "check", "--strict").status == 1)
    }

    @Test func saysWhyANameIsNone() throws {
        let spool = try TemporarySpool()
        for name in ["x.bak", "cron.d/x.dpkg-new"] {
            let result = try edit(spool, "echo '@daily x' > $1", name)
            let ending = try #require(name.split(separator: ".").last)
            #expect(result.status == 64)
            #expect(
                result.errorText.contains(
                    "\"\(name)\": in cron.d, files whose names end with .\(ending) are ignored"))
        }
        #expect(try edit(spool, "true", "a b").errorText.contains("must be 1 to 64 letters"))
    }

    /// The draft lies where others may make files.
    @Test func takesNoTextButItsOwn() throws {
        let spool = try TemporarySpool()
        #expect(try edit(spool, "echo '0 2 * * * x' > $1").status == 0)
        try FileTree.write(spool.home + "/theirs", Array("0 3 * * * theirs\n".utf8))
        let swaps = ["rm $1; ln -s theirs $1", "rm $1; mkfifo $1", "cp theirs $1; chown 65534 $1"]
        for swap in swaps.prefix(geteuid() == 0 ? 3 : 2) {
            let result = try edit(spool, "cd \(spool.home); " + swap)
            #expect([73, 74].contains(result.status), "\(swap): \(result.errorText)")
            #expect(try spool.read("crontab") == "0 2 * * * x\n")
        }
    }

    @Test func noticesAnotherWriter() throws {
        let spool = try TemporarySpool()
        #expect(try edit(spool, "echo '0 2 * * * x' > $1").status == 0)
        let theirs = "echo '0 3 * * * theirs' > \(spool["crontab"])"
        let both = try edit(spool, "\(theirs); echo '0 4 * * * mine' > $1")
        #expect(both.status == 75 && both.errorText.contains("somebody else has changed it"))
        #expect(try spool.read("crontab") == "0 3 * * * theirs\n")
        #expect(try drafts(spool).count == 1)
        let gone = try edit(spool, "rm \(spool["crontab"]); echo '0 4 * * * mine' > $1")
        #expect(gone.status == 75 && !spool.exists("crontab"))
        let made = try edit(spool, "\(theirs); echo '0 4 * * * mine' > $1")
        #expect(made.status == 75)
        #expect(try spool.read("crontab") == "0 3 * * * theirs\n")
    }

    @Test func installsAFile() throws {
        let spool = try TemporarySpool()
        let installed = try spool.run(["cron", "edit", "-f", "-"], input: "*/70 * * * * x\n")
        #expect(installed.status == 0 && installed.errorText.contains("warning"))
        #expect(try spool.read("crontab") == "*/70 * * * * x\n")
        let strict = try spool.run(
            ["cron", "edit", "--strict", "-f", "-"], input: "*/80 * * * * x\n")
        #expect(strict.status == 65)
        #expect(try spool.run(["cron", "edit", "-f", "-"], input: "no\n").status == 65)
        #expect(try spool.read("crontab") == "*/70 * * * * x\n")
        #expect(try spool.run("cron", "edit", "-f", "nowhere").status == 66)
    }

    @Test(
        .enabled(if: Package.tool("script") != nil, "script(1) is not installed"),
        arguments: [("y", 0), ("n", 65)])
    func asksOnATerminal(answer: String, status: Int32) throws {
        let spool = try TemporarySpool()
        let editor = spool.home + "/editor"
        // The second time it puts the slip right.
        let text = """
            #!/bin/sh
            if [ -e seen ]; then echo '0 2 * * * x' > "$1"; else touch seen; echo '0 25 * * * x' > "$1"; fi

            """
        try FileTree.write(editor, Array(text.utf8), mode: 0o700)
        let command = "EDITOR=\(editor) TMPDIR=\(spool.home) \(TemporarySpool.binary) cron edit"
        let run = try ProgramRun(
            [try #require(Package.tool("script")), "-qec", command, "/dev/null"],
            environment: spool.environment, directory: spool.home,
            input: Array("\(answer)\n".utf8)
        ).wait()
        #expect(run.status == status, "\(run.text)")
        #expect(run.text.contains("edit it again? [Y/n]"))
        #expect(spool.exists("crontab") == (answer == "y"))
    }
}

/// `spool cron list` and `spool cron run`.
struct CronListTests {
    /// Its file lies in tmp/, and nobody has removed it.
    @Test func aJobThatWaitsForAnEarlierOneIsSaidToWait() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write(
            "crontab",
            "SECONDS=yes\nOVERLAP=queue\n* * * * * * {\"name\": \"a\", \"command\": \"true\"}\n")
        let scheduler = try spool.start("scheduler")
        try spool.wait("it is said to wait") {
            try spool.run("cron", "list").text.contains(" waiting ")
        }
        scheduler.signal(SIGTERM)
        try scheduler.wait()
        #expect(try spool.ids(in: .incoming).count == 1)
        #expect(try spool.run("cron", "list", "--json").text.contains(#""state":"waiting""#))
        // Its slot's marker says for ever that it had to wait.
        let name = try #require(try spool.names("tmp").first { $0.hasSuffix(".slot") })
        try spool.rename("tmp/\(name)", to: "tmp/taken")
        #expect(try spool.run("cron", "list").text.contains("(removed)"))
        #expect(try !spool.run("cron", "list", "--json").text.contains("waiting"))
    }

    private func spoolWithEntries() throws -> TemporarySpool {
        let spool = try TemporarySpool()
        let text = """
            CRON_TZ=Europe/Paris
            QUEUE=night
            30 2 * * * backup --all
            @reboot {"name": "boot", "command": ["echo", "up"]}

            """
        #expect(try spool.run(["cron", "edit", "-f", "-"], input: text).status == 0)
        return spool
    }

    @Test func showsEveryEntry() throws {
        let spool = try spoolWithEntries()
        let result = try spool.run("cron", "list")
        #expect(result.status == 0)
        let lines = result.text.split(separator: "\n")
        #expect(lines.count == 3 && lines[0].hasPrefix("NAME"))
        #expect(lines[1].hasPrefix("backup-") && lines[1].contains("30 2 * * *"))
        #expect(lines[2].contains("at boot"))
        #expect(try spool.run("cron").text == result.text)
        #expect(try spool.run("cron", "list", "boo").text.split(separator: "\n").count == 2)
        #expect(try spool.run("cron", "list", "bot").status == 66)
    }

    @Test func printsJSON() throws {
        let spool = try spoolWithEntries()
        let result = try spool.run("cron", "list", "--json", "backup")
        #expect(result.text.contains("\"zone\":\"Europe/Paris\""))
        #expect(result.text.contains("\"line\":3") && result.text.contains("\"runs\":0"))
        let next = try spool.run("cron", "next", "backup").line
        #expect(!next.isEmpty && result.text.contains("\"next\":\"\(next)\""))
    }

    @Test func saysWhatIsWrongWithAFile() throws {
        let spool = try spoolWithEntries()
        try spool.write("cron.d/other", "0 2 * * x\n")
        let result = try spool.run("cron", "list")
        #expect(result.status == 0 && result.text.contains("boot"))
        #expect(result.errorText.contains("cron.d/other can't be used as it is now"))
        #expect(result.errorText.contains("cron.d/other:1:"))
        let link = try TemporarySpool()
        _ = try link.open()
        try link.write("elsewhere", "@daily x\n")
        try FileTree.link("elsewhere", at: link["crontab"])
        #expect(try link.run("cron", "list").errorText.contains("crontab"))
    }

    @Test func runsAnEntryNow() throws {
        let spool = try spoolWithEntries()
        let result = try spool.run("cron", "run", "boot")
        #expect(result.status == 0, "\(result.errorText)")
        let job = try spool.job(result.line)
        #expect(job.name == "boot" && job.queue == "night" && job.cron?.entry == "boot")
        #expect(job.cron?.slot == nil)
        try spool.runWorker()
        #expect(try spool.run("logs", result.line).text == "up\n")
        #expect(try spool.run("cron", "run", "nobody").status == 66)
        #expect(try spool.run("cron", "run", "").status == 66)
        // Two of them fit.
        #expect(
            try spool.run(["cron", "edit", "b", "-f", "-"], input: "@daily boots\n").status == 0)
        #expect(try spool.run("cron", "run", "bo").status == 64)
    }

    /// On a terminal it goes to the editor too, which may be at work on.
    @Test(arguments: ["INT", "QUIT"])
    func anInterruptIsTheEditorsOwn(_ signal: String) throws {
        let spool = try TemporarySpool()
        let result = try spool.run(
            ["cron", "edit"],
            environment: [
                "VISUAL": "", "TMPDIR": spool.home,
                "EDITOR": "kill -\(signal) $PPID; echo '0 2 * * * x' >",
            ])
        #expect(result.status == 0, "\(result.errorText)")
        #expect(try spool.read("crontab") == "0 2 * * * x\n")
        #expect(try !FileTree.names(spool.home).contains { $0.hasPrefix("spool-") })
    }
}
