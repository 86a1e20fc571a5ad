import Glibc
import Spool
import SpoolTestSupport
import Testing

@testable import SpoolCommand

/// Commands about all jobs that fit: the same options as those of `spool list`.
struct FilterTests {
    @Test func theOptionsOfStatesAddUp() throws {
        let spool = try TemporarySpool()
        let held = try spool.submit("-n", "mine", "--hold", "--", "true")
        let late = try spool.submit("-n", "mine", "-d", "1h", "--", "true")
        let failed = try spool.submit("-n", "mine", "--", "false")
        try spool.runWorker("-j", "1")
        func ids(_ options: String...) throws -> Set<String> {
            let shown = try spool.run(["list", "--ids"] + options)
            return Set(shown.text.split(separator: "\n").map(String.init))
        }
        #expect(try ids("-s", "held", "--failed") == [held, failed])
        #expect(try ids("-s", "held", "-s", "scheduled") == [held, late])
        #expect(try ids("--failed", "--waiting", "--running") == [held, late, failed])
        #expect(try ids("--failed", "--waiting", "--name", "other") == [])
    }

    @Test(arguments: [
        ("backup", ["backup"], ["backups", "Backup", ""]),
        ("backup-*", ["backup-", "backup-db"], ["backup", "x-backup-db"]),
        ("*", ["", "a", "a/b"], []),
        ("*b*b", ["bb", "abcb"], ["b", "bba"]),
        ("?", ["a", "é"], ["", "ab"]),
        ("[a-c]1", ["a1", "c1"], ["d1", "a", "-1"]),
        ("[!a-c]1", ["d1"], ["a1"]),
        ("[]x]", ["]", "x"], ["a"]),
        ("[a", ["[a"], ["a"]),
        ("a\\*", ["a*"], ["ab"]),
    ])
    func readsPatterns(pattern: String, fitting: [String], others: [String]) {
        let glob = GlobPattern(pattern)
        for text in fitting { #expect(glob.matches(text), "\(pattern) \(text)") }
        for text in others { #expect(!glob.matches(text), "\(pattern) \(text)") }
    }

    @Test(arguments: ["cancel", "retry", "hold", "release"])
    func changesNothingUnasked(_ verb: String) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let before = try spool.jobPaths()
        for arguments in [
            [], ["--all", id], ["--queue", ""], ["--name", ""], ["--tag", "=x"],
            ["--state", "odd"],
        ] {
            let result = try spool.run([verb] + arguments)
            #expect(result.status == 64, "\(arguments)")
            #expect(try spool.jobPaths() == before, "\(arguments)")
        }
    }

    @Test func choosesByQueueTagNameAndState() throws {
        let spool = try TemporarySpool()
        let night = try spool.submit("-q", "night", "--tag", "of=a", "-n", "dump-1", "--", "true")
        let late = try spool.submit("-q", "night", "-d", "1h", "-n", "dump-2", "--", "true")
        let other = try spool.submit("--tag", "of=a", "-n", "other", "--", "true")
        #expect(
            try spool.run("hold", "--queue", "night", "--tag", "of=a").errorText.contains(
                "1 job held"))
        #expect(try spool.ids(in: .held) == [night])
        #expect(try spool.run("hold", "--name", "dump-*").errorText.contains("1 job held"))
        #expect(try spool.ids(in: .held) == [night, late].sorted())
        #expect(try spool.run("release", "--name", "dump-*").errorText.contains("2 jobs released"))
        #expect(try spool.place(of: late) == .scheduled)
        #expect(
            try spool.run("move", "--from-queue", "night", "--now", "-q", "day").errorText.contains(
                "2 jobs moved"))
        #expect(try spool.job(late).queue == "day")
        #expect(try spool.job(other).effectiveQueue == "default")
        #expect(try spool.run("cancel", "--state", "queued", "--tag", "of=a").status == 0)
        #expect(try spool.ids(in: .failed) == [night, other].sorted())
        // It has ended, so this isn't about it.
        #expect(try spool.run("cancel", "--name", "other").errorText.contains("no such jobs here"))
        #expect(try spool.run("cancel", "--state", "completed").status == 64)
    }

    @Test(arguments: [("cancel", Place.failed), ("hold", .held)])
    func takesThoseWithoutAProjectEverywhere(_ verb: String, _ place: Place) throws {
        let spool = try TemporarySpool()
        let elsewhere = spool.home + "/elsewhere"
        try FileTree.check(mkdir(elsewhere, 0o700), "mkdir")
        let own = try spool.submit("--", "true")
        let free = try spool.run(
            ["submit", "--no-start", "-"], input: #"{"command": "true"}"#
        ).line
        let result = try spool.run(verb, "--project", elsewhere)
        #expect(result.errorText.contains("1 more in other projects"), "\(result.errorText)")
        #expect(try spool.ids(in: place) == [free])
        #expect(try spool.ids(in: .incoming) == [own])
        let wait = try spool.run("wait", "--project", elsewhere)
        #expect(wait.errorText.hasPrefix("spool: nothing to wait for; 1 more in other projects"))
    }

    @Test func retriesWhatFailedOnly() throws {
        let spool = try TemporarySpool()
        let good = try spool.submit("--", "true")
        let bad = try spool.submit("--", "false")
        try spool.runWorker("-j", "1")
        let gone = try spool.submit("--", "true")
        #expect(try spool.run("cancel", gone).status == 0)
        #expect(try spool.run("retry", "--all").errorText.contains("1 job queued again"))
        #expect(try spool.place(of: bad) == .incoming)
        #expect(try spool.place(of: good) == .done && spool.place(of: gone) == .failed)
        #expect(try spool.run("retry", "--all", "--state", "cancelled").status == 0)
        #expect(try spool.place(of: gone) == .incoming)
    }

    @Test func waitsForThoseThatFit() throws {
        let spool = try TemporarySpool()
        _ = try spool.submit("-q", "other", "--", "true")
        let bad = try spool.submit("-q", "mine", "-c", "exit 5")
        let waiting = try spool.start("wait", "--queue", "mine")
        try spool.wait("it has found the job") {
            try !ProcessView.watchedInodes(of: waiting.pid).isEmpty
        }
        try spool.startWorker("-j", "1", "-q", "mine")
        #expect(try waiting.wait().status == 5)
        #expect(try spool.run("wait", "--queue", "other", bad).status == 64)
    }

    @Test func cleansThoseThatFit() throws {
        let spool = try TemporarySpool()
        let keep = try spool.submit("-q", "keep", "--", "true")
        let done = try spool.submit("-q", "scratch", "--", "true")
        let failed = try spool.submit("-q", "scratch", "--", "false")
        try spool.runWorker("-j", "1")
        let clean = ["clean", "--older", "0s", "--queue", "scratch"]
        #expect(try spool.run(clean).errorText.contains("1 job removed"))
        #expect(try spool.place(of: done) == nil)
        #expect(try spool.run(clean + ["--state", "failed"]).errorText.contains("1 job removed"))
        #expect(try spool.place(of: failed) == nil && spool.place(of: keep) == .done)
        #expect(try spool.run(clean + ["--state", "failed", "--all"]).status == 64)
        #expect(try spool.run(clean + [keep]).status == 64)
        #expect(try spool.run("clean", "--state", "queued").status == 64)
        #expect(try spool.run("clean", "--older", "0s", "--all").status == 0)
        #expect(try spool.jobPaths().isEmpty)
    }
}
