import Glibc
import Spool
import SpoolTestSupport
import Testing

/// A command that finds no worker starts a daemon, once, and the daemon leaves by itself.
struct AutostartTests {
    private let wanted = ["SPOOL_AUTOSTART": "yes"]

    @Test(arguments: ["no", "0", "off", "FALSE"])
    func refusesWhereItIsToldTo(word: String) throws {
        let spool = try TemporarySpool()
        let result = try spool.run(
            ["run", "--", "true"], environment: ["SPOOL_AUTOSTART": word])
        #expect(result.status == 0)
        #expect(
            result.errorText
                == "spool: no worker is running; the job waits for one ('spool worker')\n")
        #expect(try spool.names("workers").isEmpty)
        #expect(try spool.ids(in: .incoming) == [result.line])
    }

    @Test func refusesWithTheOption() throws {
        let spool = try TemporarySpool()
        let result = try spool.run(["run", "--no-start", "--", "true"], environment: wanted)
        #expect(result.errorText.contains("no worker is running"))
        #expect(try spool.names("workers").isEmpty)
    }

    @Test func startsADaemonAndExitsWithTheCodeOfTheJob() throws {
        let spool = try TemporarySpool()
        let result = try spool.run(
            ["run", "--wait", "--", "sh", "-c", "exit 7"], environment: wanted)
        #expect(result.status == 7)
        #expect(result.errorText.contains("started a daemon in the background (pid "))
        let second = try spool.run(["run", "--wait", "--", "true"], environment: wanted)
        #expect(second.status == 0 && second.error.isEmpty, "said once")
        #expect(try spool.names("workers").count == 1)
        try spool.wait("the daemon and its scheduler are left") { spool.processes().count == 2 }
    }

    @Test(arguments: [(1 << 20) - 1, 1 << 20])
    func itsLogDoesNotGrowForEver(size: Int) throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try spool.write("logs/daemon.log", String(repeating: "x", count: size))
        try spool.write("logs/daemon.log.1", "old")
        #expect(
            try spool.run(["run", "--wait", "--", "true"], environment: wanted).status == 0)
        let old = try spool.read("logs/daemon.log.1")
        let new = try spool.read("logs/daemon.log")
        #expect(old == (size < 1 << 20 ? "old" : String(repeating: "x", count: size)))
        #expect(new.hasPrefix("x") == (size < 1 << 20))
        #expect(try spool.run("check").text.isEmpty)
    }

    @Test func startsOneDaemonWhenManyWantOne() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        let runs = try (0..<6).map { number in
            try spool.start(
                ["run", "--wait", "--", "sh", "-c", "echo x >> proof; exit \(number)"],
                environment: wanted)
        }
        for (number, run) in runs.enumerated() {
            #expect(try run.wait().status == Int32(number))
        }
        #expect(try spool.lines("proof").count == 6)
        // What stays is one daemon with its scheduler.
        try spool.wait("the surplus daemons have left") { spool.processes().count == 2 }
        #expect(try spool.open().workers().count == 1)
    }

    @Test func leavesWhenItHasBeenIdle() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let daemon = try spool.start("daemon", "--idle-exit", "100ms")
        try spool.wait(for: id, in: .done)
        let result = try daemon.wait()
        #expect(result.status == 0)
        #expect(try spool.names("workers").isEmpty)
        #expect(spool.processes().isEmpty)
    }

    @Test func leavesWhenThereNeverWasAnything() throws {
        let spool = try TemporarySpool()
        let daemon = try spool.start("daemon", "--idle-exit", "10ms")
        let result = try daemon.wait()
        #expect(result.status == 0)
    }

    @Test func staysWhileSomethingIsScheduled() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-d", "700ms", "-c", "echo ran > proof")
        let daemon = try spool.start("daemon", "--idle-exit", "10ms")
        try spool.wait(for: id, in: .done)
        #expect(try spool.lines("proof") == ["ran"])
        let result = try daemon.wait()
        #expect(result.status == 0)
    }

    @Test func aSecondTransientDaemonIsOneTooMany() throws {
        let spool = try TemporarySpool()
        try spool.keep(spool.start("daemon", "--idle-exit", "1h"))
        try spool.wait("it registers") { try spool.names("workers").count == 1 }
        let second = try spool.run("daemon", "--idle-exit", "1h", "--report-ready")
        #expect(second.status == 0)
        #expect(second.text == "present\n")
        #expect(try spool.names("workers").count == 1)
    }

    @Test func saysThatItIsReady() throws {
        let spool = try TemporarySpool()
        let daemon = try spool.start("daemon", "--report-ready")
        try spool.wait("it says so") { try daemon.outputSoFar() == Array("ready\n".utf8) }
        #expect(try spool.open().workers().count == 1)
        daemon.signal(SIGTERM)
        #expect(try daemon.wait().status == 0)
        #expect(try spool.names("workers").isEmpty)
    }

    /// A daemon that waits for what it runs takes nothing more: the next job needs another one.
    @Test func aDaemonThatDrainsIsNotCountedOn() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let daemon = try spool.start("daemon", "--drain", "--idle-exit", "1h", "-j", "1")
        let long = try spool.submit("-c", "read line < gate")
        try spool.wait(for: long, in: .running)
        daemon.signal(SIGTERM)
        try spool.wait("it drains") { try spool.open().workers().isEmpty }
        let job = try spool.start(
            ["run", "--wait", "--", "sh", "-c", "exit 5"], environment: wanted)
        #expect(try job.wait().status == 5)
        #expect(try spool.place(of: long) == .running)
        try gate.open()
        try spool.wait(for: long, in: .done)
        #expect(try daemon.wait().status == 0)
        spool.killProcesses()
    }

    /// Jobs that come while a daemon is about to leave are run by it or by the next one.
    @Test func noJobIsLeftBehindByADaemonThatLeaves() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        for round in 0..<15 {
            let daemon = try spool.start("daemon", "--idle-exit", "1ms")
            let job = try spool.start(
                ["run", "--wait", "--", "sh", "-c", "exit \(round)"], environment: wanted)
            #expect(try job.wait().status == Int32(round))
            // The one that was started instead would stay for a minute.
            spool.killProcesses()
            try daemon.wait()
        }
    }

    /// Nobody waits for what nobody will ever do.
    @Test(arguments: ["-w", "-f"])
    func whereItCannotBeStartedNobodyWaits(_ option: String) throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        #expect(try spool.shell("mkdir $SPOOL_DIR/logs/daemon.log").status == 0)
        let result = try spool.start(["run", option, "--", "true"], environment: wanted)
            .wait(upTo: 20)
        #expect(result.status == 75, "\(result.errorText)")
        let id = try #require(try spool.ids(in: .incoming).first)
        #expect(result.errorText.contains("/logs/daemon.log can't be opened: "))
        #expect(result.errorText.contains("job \(id) stays queued: 'spool worker' runs it"))
        let plain = try spool.run(["run", "--", "true"], environment: wanted)
        #expect(plain.status == 0 && plain.errorText.contains("The job waits"))
        #expect(try spool.ids(in: .incoming).count == 2)
    }

    /// A worker refuses a directory that others may write to.
    @Test func aDaemonThatRefusesTheSpoolIsQuoted() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try FileTree.check(chmod(spool["held"], 0o777), "chmod")
        try spool.write("logs/daemon.log", "spool: an older message\n")
        let result = try spool.run(["run", "--", "true"], environment: wanted)
        #expect(result.status == 0)
        #expect(
            result.errorText.hasPrefix(
                "spool: the daemon could not be started: \(spool["held"]): its mode is 777"))
        #expect(
            result.errorText.hasSuffix(
                " (from \(spool["logs/daemon.log"])). The job waits\n"), "\(result.errorText)")
    }
}
