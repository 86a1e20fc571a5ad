import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

/// The scheduler as a process.
@Suite struct SchedulerCommandTests {
    private func startScheduler(_ spool: TemporarySpool, saying word: String) throws -> ProgramRun {
        let run = try spool.start("scheduler")
        try expect(run, word, in: spool)
        return run
    }

    private func expect(_ run: ProgramRun, _ word: String, in spool: TemporarySpool) throws {
        try spool.wait("the scheduler says: \(word)") {
            String(decoding: try run.errorSoFar(), as: UTF8.self).contains(word)
        }
    }

    private func jobs(_ spool: TemporarySpool) throws -> [Job] {
        try spool.names("incoming").compactMap { name in
            try spool.job(String(name.dropFirst(2).dropLast(".json".count)))
        }
    }

    @Test func theShellReadsTheTextOfAJSONJobToo() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try spool.write(
            "crontab", "SHELL=/bin/bash\n@daily {\"name\": \"json\", \"command\": \"echo $0\"}\n")
        let id = try spool.run("cron", "run", "json").line
        #expect(try spool.job(id).command == .arguments(["/bin/bash", "-c", "echo $0"]))
    }

    @Test func aChangeIsInForceAtOnce() throws {
        let spool = try TemporarySpool()
        let scheduler = try startScheduler(spool, saying: "scheduling 0 entries")
        try spool.write("crontab", "@every 1s true\n")
        try spool.wait("a job is queued") { try !spool.names("incoming").isEmpty }
        try spool.write("crontab", "@every 1s true\n61 * * * * true\n")
        try expect(scheduler, "crontab:2:1: error:", in: spool)
        try expect(scheduler, "its last good text stays in force", in: spool)
        try spool.write("cron.d/other", "OVERLAP=allow\n@every 1s echo other\n")
        try spool.wait("the other file's entry runs") {
            try jobs(spool).contains { $0.command == .shell("echo other") }
        }
        scheduler.signal(SIGTERM)
        #expect(try scheduler.wait().status == 0)
    }

    /// Whoever is told to do so expects an answer.
    @Test func aModeThatIsPutRightIsNoticed() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try spool.write("crontab", "@every 1000d true\n")
        try FileTree.check(chmod(spool["crontab"], 0o666), "chmod")
        let scheduler = try startScheduler(spool, saying: "'chmod go-w'")
        try FileTree.check(chmod(spool["crontab"], 0o600), "chmod")
        try expect(scheduler, "crontab: in force again", in: spool)
        let worker = try spool.start(["worker"])
        try spool.wait("it registers") { try !spool.names("workers").isEmpty }
        try spool.write("new.json", "{\"slots\": 5}")
        try FileTree.check(chmod(spool["new.json"], 0o666), "chmod")
        try spool.rename("new.json", to: "settings.json")
        try expect(worker, "'chmod go-w'", in: spool)
        try FileTree.check(chmod(spool["settings.json"], 0o600), "chmod")
        try expect(worker, "settings read again: 5 slots", in: spool)
    }

    @Test func aStandbyTakesOverAndEachSlotComesOnce() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("crontab", "CATCH_UP=all\nOVERLAP=allow\n@every 1s true\n")
        var active = try startScheduler(spool, saying: "scheduling 1 entry")
        var standby = try startScheduler(spool, saying: "standing by")
        for count in 2...5 {
            try spool.wait("\(count) slots came") { try spool.names("incoming").count >= count }
            active.signal(SIGKILL)
            #expect(try active.wait().status == 128 + SIGKILL)
            try expect(standby, "scheduling 1 entry", in: spool)
            active = standby
            standby = try startScheduler(spool, saying: "standing by")
        }
        for run in [standby, active] {
            run.signal(SIGTERM)
            #expect(try run.wait().status == 0)
        }
        let slots = try jobs(spool).compactMap(\.cron?.slot?.seconds).sorted()
        let first = try #require(slots.first)
        #expect(slots == Array(first..<first + Int64(slots.count)))
        let left = try spool.names("tmp").filter { $0.hasSuffix(".json") }
        #expect(try spool.names("state/slots").count == 1, "\(left)")
    }

    @Test func theListSaysWhetherASchedulerRuns() throws {
        let spool = try TemporarySpool()
        let warning = "no scheduler runs"
        _ = try spool.open()
        #expect(try !spool.run("cron", "list").errorText.contains(warning))
        try spool.write("crontab", "0 0 1 1 * true\n")
        let before = try spool.run("cron", "list")
        #expect(before.status == 0 && before.errorText.contains(warning))
        let scheduler = try startScheduler(spool, saying: "scheduling 1 entry")
        #expect(try !spool.run("cron", "list").errorText.contains(warning))
        scheduler.signal(SIGKILL)
        #expect(try scheduler.wait().status == 128 + SIGKILL)
        #expect(try spool.run("cron", "list").errorText.contains(warning))
    }

    @Test func aDaemonSchedulesAndRuns() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("crontab", "@every 1s echo \"$SPOOL_ENTRY $SPOOL_SLOT $SPOOL_MISSED\"\n")
        let daemon = try spool.start("daemon")
        try spool.wait("a job is done") { try !spool.names("done").isEmpty }
        daemon.signal(SIGTERM)
        #expect(try daemon.wait().status == 0)
        try spool.wait("the scheduler has left with it") { spool.processes().isEmpty }
        let id = try #require(try spool.ids(in: .done).first)
        let job = try spool.job(id)
        let cron = try #require(job.cron)
        let slot = try #require(cron.slot)
        #expect(job.result == .string("\(cron.entry) \(slot) 0\n"))
    }

    // MARK: Mail

    private func mails(after job: String) throws -> [String] {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("handlers/mail", "#!/bin/sh\ncat > \"$HOME/mail-$SPOOL_JOB_ID\"\n")
        try FileTree.check(chmod(spool["handlers/mail"], 0o700), "chmod")
        #expect(try spool.run(["submit", "-"], input: job).status == 0)
        try spool.runWorker()
        return try Directory(path: spool.home).names(in: ".").filter { $0.hasPrefix("mail-") }.map {
            name in
            String(decoding: try FileTree.read("\(spool.home)/\(name)"), as: UTF8.self)
        }
    }

    @Test func outputIsMailed() throws {
        let mails = try mails(
            after: """
                {"command": "echo heard; echo seen >&2", "name": "größer",
                 "mail": {"to": "a@example.org, b@example.org", "from": "q@example.org"}}
                """)
        #expect(mails.count == 1)
        let mail = try #require(mails.first)
        #expect(mail.hasPrefix("From: q@example.org\nTo: a@example.org, b@example.org\n"))
        #expect(mail.contains("\nSubject: =?UTF-8?B?"))
        #expect(mail.contains("\n\n") && mail.contains("heard\n") && mail.contains("seen\n"))
    }

    @Test func aFailureIsMailedAndSilentSuccessIsNot() throws {
        let mail = "\"mail\": {\"to\": \"a@example.org\"}"
        #expect(try mails(after: "{\"command\": \"true\", \(mail)}").isEmpty)
        let mails = try mails(after: "{\"command\": \"exit 3\", \(mail)}")
        #expect(mails.count == 1)
        #expect(mails.first?.contains("\n\nfailed: exit code 3\n") == true)
    }

    @Test func anAddressCannotBringHeadersIn() throws {
        let spool = try TemporarySpool()
        let job = "{\"command\": \"true\", \"mail\": {\"to\": \"a@b\\nBcc: c@d\"}}"
        let result = try spool.run(["submit", "-"], input: job)
        #expect(result.status != 0)
        #expect(result.errorText.contains("mail.to"))
    }
}
