import Spool
import SpoolTestSupport
import SpoolTime
import Testing

/// Times on the command line, and what is said of wrong ones.
struct TimeOptionTests {
    private func notBefore(
        _ spool: TemporarySpool, _ text: String, zone: String
    ) throws -> Instant? {
        let result = try spool.run(["run", "--at", text, "--", "true"], environment: ["TZ": zone])
        #expect(result.status == 0, "\(result.errorText)")
        return try spool.job(result.line).notBefore
    }

    @Test func aTimeWithoutOffsetIsOneOfThisMachinesClock() throws {
        let spool = try TemporarySpool()
        let winter = Instant(rfc3339: "2030-12-01T07:00:00Z")
        for text in ["2030-12-01 08:00", "2030-12-01T08:00", "2030-12-01T08:00:00"] {
            #expect(try notBefore(spool, text, zone: "Europe/Paris") == winter)
        }
        #expect(
            try notBefore(spool, "2030-12-01 08:00", zone: "UTC")
                == Instant(rfc3339: "2030-12-01T08:00:00Z"))
        #expect(
            try notBefore(spool, "2030-12-01T08:00:00+05:00", zone: "Europe/Paris")
                == Instant(rfc3339: "2030-12-01T03:00:00Z"))
    }

    @Test func aTimeOfDayIsTheNextOne() throws {
        let spool = try TemporarySpool()
        for text in ["00:00", "08:15", "23:59:59"] {
            let before = try spool.open().storage.now()
            let found = try #require(try notBefore(spool, text, zone: "UTC"))
            #expect(found > before && found - before <= .seconds(86_401))
            #expect(found.rfc3339.contains("T\(text)"))
        }
        #expect(try spool.run("move", "--all", "--at", "2030-12-01 08:00").status == 0)
        for id in try spool.ids(in: .scheduled) {
            #expect(try spool.open().find(id).name.due?.rfc3339.hasPrefix("2030-1") == true)
        }
    }

    @Test(arguments: [
        ("2030-10-27 02:30", "twice: write 2030-10-27T02:30:00+02:00 or 2030-10-27T02:30:00+01:00"),
        ("2030-03-31 02:30", "never shows 2030-03-31T02:30:00"),
        ("5m", "'--delay 5m'"), ("2030-12-01", "07:30 is wanted"), ("25:00", "is wanted"),
        ("tomorrow", "is wanted"),
    ])
    func whatIsNoPointInTimeIsRefused(_ text: String, _ message: String) throws {
        let spool = try TemporarySpool()
        let result = try spool.run(
            ["run", "--at", text, "--", "true"], environment: ["TZ": "Europe/Paris"])
        #expect(result.status == 64)
        #expect(result.errorText.contains(message), "\(result.errorText)")
    }

    @Test(arguments: [
        (["-d", "36501d"], "at most 36500d"), (["-t", "4000000000"], "at most 36500d"),
        (["-d", "soon"], "is not a length of time"),
        (["--retry-on", "300"], "from 0 to 255"), (["--success-on", "-1"], "from 0 to 255"),
        (["--backoff", "fixed:36501d"], "at most 36500d"),
        (["-d", "1h", "--expires", "1m"], "would never start"),
        (
            ["--at", "2030-12-01T08:00:00Z", "--expires", "2030-12-01T07:00:00Z"],
            "would never start"
        ),
    ])
    func theLimitIsNamed(_ options: [String], _ message: String) throws {
        let spool = try TemporarySpool()
        let result = try spool.run(["run"] + options + ["--", "true"])
        #expect(result.status == 64)
        #expect(result.errorText.contains(message), "\(result.errorText)")
        #expect(try spool.run("list").text == "")
    }

    @Test func aFileOfAJobThatCanNeverStartIsRefused() throws {
        let spool = try TemporarySpool()
        let result = try spool.run(
            ["submit", "-"], input: #"{"command": ["true"], "delay": "1h", "expires": "1m"}"#)
        #expect(result.status == 65 && result.errorText.contains("would never start"))
        let long = try spool.run(["submit", "-"], input: #"{"command": "x", "delay": "36501d"}"#)
        #expect(long.status == 65 && long.errorText.contains("at most 36500d"))
        let both = #"{"command": "x", "not_before": "2020-02-01", "expires": "2020-01-01"}"#
        #expect(
            try spool.run(["submit", "-"], input: both.replacing("-01\"", with: "-01T00:00:00Z\""))
                .status == 65)
        let second = try spool.run(
            ["submit", "-"],
            input:
                "{\"command\": \"x\"}\n{\"command\": \"x\", \"delay\": \"1h\", \"expires\": \"1m\"}\n"
        )
        #expect(second.status == 65 && second.errorText.contains("job 2 of 2: the job would never"))
        let past = try spool.run(
            ["submit", "--strict", "-"],
            input:
                "{\"command\": \"x\"}\n{\"command\": \"x\", \"expires\": \"2020-01-01T00:00:00Z\"}\n"
        )
        #expect(past.status == 65 && past.errorText.contains("job 2 of 2: \"expires\" 2020-"))
        let equal = ["run", "-d", "1m", "--expires", "1m", "--", "true"]
        #expect(try spool.run(equal).status == 64, "it would expire when it is due")
        #expect(try spool.run("run", "-d", "1m", "--expires", "61s", "--", "true").status == 0)
    }

    /// Also where one of the times is there already, and the other one comes.
    @Test(arguments: [
        ["edit", "ID", "expires=1m"], ["edit", "ID", "delay=3h"], ["move", "--at", "5h", "ID"],
        ["edit", "ID", "delay=3h", "expires=2h"],
    ])
    func noChangeKeepsAJobFromStarting(_ words: [String]) throws {
        let spool = try TemporarySpool()
        for options in [[], ["--hold"]] {
            let id = try spool.submit(options + ["-d", "1h", "--expires", "2h", "--", "true"])
            let before = try spool.read(try #require(try spool.jobPaths().last))
            let result = try spool.run(words.map { $0 == "ID" ? id : $0 })
            #expect(result.status == 65, "\(result.errorText)")
            #expect(result.errorText.contains("would never start"))
            #expect(result.errorText.contains("nothing was changed"))
            #expect(try spool.read(try #require(try spool.jobPaths().last)) == before)
            #expect(try spool.run("edit", id, "delay=4h", "expires=5h").status == 0)
            #expect(try spool.run("cancel", id).status == 0)
            #expect(try spool.run("clean", "--all", "--older", "0").status == 0)
        }
    }

    @Test(arguments: [
        (["--versio"], "Try 'spool --help'"),
        (["list", "--zzz"], "Try 'spool list --help'"),
        (["cron", "--zzz"], "Try 'spool cron --help'"),
        (["cron", "list", "--x"], "cron list --help"),
    ])
    func theHelpThatIsNamedIsThatOfTheCommand(_ words: [String], _ message: String) throws {
        let result = try TemporarySpool().run(words)
        #expect(result.status == 64 && result.errorText.contains(message), "\(result.errorText)")
    }

    /// A slot that waits for the job of an earlier one is left to who goes on.
    @Test func aSchedulerThatEndsSaysWhatIsLeft() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("crontab", "OVERLAP=queue\n@every 1s true\n")
        #expect(try spool.run("scheduler", "--once").status == 0)
        try spool.wait("slots are due, and wait for the job of the first one") {
            try spool.run("scheduler", "--once").errorText
                .contains("1 entry has slots that wait for the end")
        }
        #expect(try spool.ids(in: .incoming).count == 1)
    }
}
