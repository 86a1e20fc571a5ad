import Glibc
import Spool
import SpoolTestSupport
import Testing

/// Of several things that are wrong, the one that a command names; and what it shows before it fails.
struct FailureOrderTests {
    /// A bad option is always worth an error, whatever else is wrong: the spool isn't even opened.
    @Test(arguments: [
        (["clean", "nojob", "--older", "soon"], "--older soon"),
        (["clean", "nojob", "--history", "soon"], "--history soon"),
        (["clean", "--history", "soon", "--older", "now"], "--older now"),
        (["logs", "nojob", "--attempt", "x"], "--attempt x"),
        (["logs", "nojob", "--lines", "x", "--attempt", "y"], "--attempt y"),
        (["logs", "nojob", "--follow", "--attempt", "1"], "--follow and --attempt exclude"),
        (["status", "nojob", "--nth", "x"], "--nth x"),
        (["wait", "nojob", "--timeout", "x"], "--timeout x"),
        (["move", "nojob", "--priority", "x"], "--priority x"),
        (["retry", "nojob", "--queue", "a/b"], "--queue a/b"),
        (["list", "--limit", "x"], "--limit x"),
    ])
    func aBadOptionComesFirst(arguments: [String], message: String) throws {
        let spool = try TemporarySpool()
        for _ in 0..<2 {
            let result = try spool.run(arguments)
            #expect(result.status == 64, "\(result.errorText)")
            #expect(result.errorText.contains("spool: \(message)"), "\(result.errorText)")
            #expect(result.text == "")
            // The same where there is a spool.
            _ = try spool.open()
        }
    }

    /// `retry` alone looks at the spool before it asks for names: what is named may be a rejected file.
    @Test func retryWantsASpoolFirstAndThenNames() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("retry").status == 66)
        #expect(try spool.run("cancel").status == 64)
        _ = try spool.open()
        let nothing = try spool.run("retry")
        #expect(nothing.status == 64 && nothing.errorText.contains("name one job at least"))
    }

    /// A filter is about jobs.
    @Test func rejectedFilesAreRetriedWhateverTheFilter() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        for name in ["one.json", "other.json"] {
            try spool.write("dead-letter/" + name, #"{"command": ["true"]}"#)
        }
        let mixed = try spool.run("retry", "--all", "other.json", "nojob")
        #expect(mixed.status == 64 && mixed.errorText.contains("not both"))
        #expect(spool.exists("dead-letter/other.json"), "nothing is done then")
        let result = try spool.run("retry", "--all", "one.json")
        #expect(result.status == 0, "\(result.errorText)")
        #expect(try spool.names("dead-letter") == ["other.json"])
        #expect(spool.exists("incoming/one.json"))
    }

    /// The reason beside it tells of the file that it was.
    @Test func aRejectedFileIsRefusedForWhatItHoldsNow() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("dead-letter/bad.json", #"{"command": ["true"], "queue": 5}"#)
        try spool.write("dead-letter/bad.json.reason", "incoming/bad.json: it was empty\n")
        let result = try spool.run("retry", "dead-letter/bad.json")
        #expect(result.status == 65 && result.errorText.contains("would be rejected again"))
        #expect(result.errorText.contains("\"queue\""), "\(result.errorText)")
        #expect(!result.errorText.contains("incoming/"), "\(result.errorText)")
    }

    /// Nobody has read the warnings then.
    @Test func aCrontabIsNotInstalledIfItsFindingsCannotBeSaid() throws {
        let spool = try TemporarySpool()
        let good = try spool.shell("echo '@daily x' | spool cron edit -f - 2>/dev/full")
        #expect(good.status == 0, "there is nothing to say")
        let doubtful = try spool.shell("echo '*/70 * * * * x' | spool cron edit -f - 2>/dev/full")
        #expect(doubtful.status == 73)
        #expect(try spool.read("crontab") == "@daily x\n")
        let pipe = try spool.shell("echo '*/70 * * * * x' | spool cron edit -f - 2>&-")
        #expect(pipe.status != 0)
        #expect(try spool.read("crontab") == "@daily x\n")
    }

    // MARK: A part that can't be found out

    @Test func entriesAreShownThoughNobodyKnowsOfTheScheduler() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run(["cron", "edit", "-f", "-"], input: "@daily x\n").status == 0)
        try FileTree.check(mkdir(spool["state/scheduler.json"], 0o700), "mkdir")
        let result = try spool.run("cron", "list")
        #expect(result.status == 74)
        #expect(result.text.contains("@daily"))
        #expect(result.errorText.contains("state/scheduler.json: read"), "\(result.errorText)")
    }

    @Test func theNumberOfSlotsIsShownThoughNobodyKnowsOfWorkers() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("slots", "3").status == 0)
        FileTree.remove(spool["workers"])
        try spool.write("workers", "")
        let result = try spool.run("slots")
        #expect(result.status == 74)
        #expect(result.line == "3")
        #expect(result.errorText.contains("/workers: "), "\(result.errorText)")
    }
}
