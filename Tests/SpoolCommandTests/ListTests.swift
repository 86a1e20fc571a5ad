import Glibc
import Spool
import SpoolTestSupport
import Testing

/// `spool list`, for people and for programs.
struct ListTests {
    /// The start of an earlier attempt says nothing of it.
    @Test func aRetriedJobThatIsClaimedHasNotBegun() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "false")
        try spool.runWorker("-j", "1")
        #expect(try spool.run("retry", "--no-start", id).status == 0)
        try spool.rename("incoming/5-\(id).json", to: "running/\(id).2.json")
        let lines = try spool.run("list").text.split(separator: "\n")
        let words = try #require(lines.dropFirst().first).split(separator: " ")
        #expect(words.dropFirst() == ["running", "default", "-", "-", "false"])
    }

    /// One job in each state that can be had without waiting.
    private func fill(_ spool: TemporarySpool) throws -> [String: String] {
        var ids: [String: String] = [:]
        ids["completed"] = try spool.submit("-n", "good", "--", "true")
        ids["failed"] = try spool.submit("-n", "bad", "--", "false")
        ids["dead"] = try spool.submit(
            "-m", "2", "--backoff", "fixed:0s", "--", "sh", "-c", "exit 3")
        try spool.runWorker("-j", "1")
        // A worker's first look brings the retry in.
        try spool.runWorker("-j", "1")
        ids["cancelled"] = try spool.submit("--", "true")
        #expect(try spool.run("cancel", ids["cancelled"] ?? "").status == 0)
        ids["queued"] = try spool.submit("-q", "video", "--tag", "a=b", "-n", "next", "--", "true")
        ids["scheduled"] = try spool.submit("-d", "1h", "--", "true")
        ids["held"] = try spool.submit("--hold", "--", "true")
        return ids
    }

    @Test func showsEveryStateAsJSON() throws {
        let spool = try TemporarySpool()
        let ids = try fill(spool)
        let result = try spool.run("list", "--all", "--json")
        #expect(result.status == 0)
        var states: [String: String] = [:]
        for object in try spool.objects(result.text) {
            guard case .string(let id) = object["id"], case .string(let state) = object["state"],
                case .string(let file) = object["file"]
            else {
                Issue.record("no id, state or file in \(object)")
                continue
            }
            states[state] = id
            #expect(spool.exists(file))
        }
        #expect(states == ids)
    }

    @Test func aCopyThatWaitsIsShownBesideWhatItIsACopyOf() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        try spool.runWorker("-j", "1")
        let path = try #require(try spool.jobPaths().first)
        try spool.copy(path, to: "incoming/\(id).json")
        let lines = try spool.run("list", "--all").text.split(separator: "\n")
        #expect(lines.last == "2 jobs: 1 queued, 1 completed")
    }

    @Test func showsATableToPeople() throws {
        let spool = try TemporarySpool()
        let ids = try fill(spool)
        let lines = try spool.run("list", "--all").text.split(separator: "\n")
        #expect(lines.first?.hasPrefix("ID") == true)
        #expect(lines.count == ids.count + 2)
        #expect(
            lines.last
                == "7 jobs: 1 queued, 1 scheduled, 1 held, 1 completed, 1 failed, 1 cancelled, 1 dead"
        )
        for (state, id) in ids {
            let line = try #require(lines.first { $0.contains(" \(state) ") })
            let shown = line.prefix { $0 != " " }
            #expect(shown.count >= 6 && id.hasSuffix(shown))
        }
        #expect(!lines.joined().contains("\u{1b}"), "colour is for terminals")
        // Without a command, and with only an option, it is the list too.
        #expect(try spool.run("--all").text.split(separator: "\n").count == lines.count)
        #expect(try spool.run().status == 0)
    }

    @Test func showsFirstWhatRunsNext() throws {
        let spool = try TemporarySpool()
        let held = try spool.submit("--hold", "--", "true")
        let late = try spool.submit("-d", "2h", "--", "true")
        let soon = try spool.submit("-d", "1h", "--", "true")
        let last = try spool.submit("-p", "low", "--", "true")
        let second = try spool.submit("--", "true")
        let first = try spool.submit("-q", "other", "-p", "high", "--", "true")
        let ended = try spool.submit("--", "true")
        #expect(try spool.run("cancel", ended).status == 0)
        let ids = try spool.run("list", "--ids", "--all").text.split(separator: "\n").map(
            String.init)
        #expect(ids == [first, second, last, soon, late, held, ended])
    }

    @Test func filters() throws {
        let spool = try TemporarySpool()
        let ids = try fill(spool)
        func listed(_ options: String...) throws -> Set<String> {
            let objects = try spool.objects(
                spool.run(["list", "--all", "--json"] + options).text)
            return Set(
                objects.compactMap {
                    if case .string(let state) = $0["state"] { state } else { nil }
                })
        }
        #expect(try listed("--failed") == ["failed", "dead"])
        #expect(try listed("--waiting") == ["queued", "scheduled", "held"])
        #expect(try listed("--running").isEmpty)
        #expect(try listed("--state", "held", "--state", "completed") == ["held", "completed"])
        #expect(try listed("--queue", "video") == ["queued"])
        #expect(try listed("--tag", "a=b") == ["queued"])
        #expect(try listed("--tag", "a=c").isEmpty)
        #expect(try listed("--limit", "0").isEmpty)
        #expect(ids.count == 7)
    }

    @Test func refusesAnUnknownState() throws {
        let spool = try TemporarySpool()
        let result = try spool.run("list", "--state", "compleet")
        #expect(result.status == 64)
        #expect(result.errorText.contains("did you mean completed?"))
        #expect(try spool.run("list", "extra").status == 64)
    }

    /// Root's spool is one for all, whatever directory its jobs came from.
    @Test func showsThePresentProjectWhereTheSpoolIsAPersons() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--cwd", "/", "--", "true")
        #expect(try spool.run("list").text.contains(id.suffix(6)))
        let elsewhere = try ProgramRun(
            [TemporarySpool.binary, "list"], environment: spool.environment, directory: "/"
        ).wait()
        let isPersonal = try Ownership(spool.open().storage).isPersonal()
        #expect(elsewhere.text.contains(id.suffix(6)) != isPersonal)
        #expect(elsewhere.errorText.contains("1 more in other projects (-a)") == isPersonal)
    }

    @Test func saysHowManyAreInOtherProjects() throws {
        let spool = try TemporarySpool()
        for name in ["a", "b"] {
            try FileTree.check(mkdir(spool.home + "/" + name, 0o700), "mkdir")
        }
        func run(_ words: String..., in name: String) throws -> ProgramResult {
            try ProgramRun(
                [TemporarySpool.binary] + words, environment: spool.environment,
                directory: spool.home + "/" + name
            ).wait()
        }
        for _ in 0..<3 { #expect(try run("run", "--", "true", in: "a").status == 0) }
        let own = try run("run", "--", "true", in: "b").line
        let here = try run("list", "--project", ".", in: "b")
        #expect(here.text.contains(own.suffix(6)))
        #expect(here.text.hasSuffix("1 job: 1 queued\n"))
        let place = "3 more in other projects (-a): 3 in \(spool.home)/a"
        #expect(here.errorText.contains(place))
        #expect(try run("cancel", own, in: "b").status == 0)
        let none = try run("list", "--project", ".", "--waiting", in: "b")
        #expect(none.errorText.contains("no such jobs here; " + place))
        #expect(none.text.isEmpty)
        // A project is the directory that a path leads to, whatever the path looks like.
        try FileTree.check(symlink("a", spool.home + "/link"), "symlink")
        for path in ["../a/", "../b/../a", "\(spool.home)//a", "../link", "\(spool.home)/./link/"] {
            let found = try run("list", "--project", path, "--json", in: "b")
            #expect(
                found.text.split(separator: "\n").count == 3, "\(path): \(found.errorText)")
        }
        let gone = try run("list", "--project", "../gone/../gone/", in: "b")
        #expect(gone.status == 0 && gone.errorText.contains("4 more in other projects (-a)"))
        // The same is said where jobs are waited for, or changed.
        let waiting = try run("wait", "--project", ".", in: "b")
        #expect(waiting.status == 0)
        #expect(waiting.errorText.contains("nothing to wait for; " + place))
        let hold = try run("hold", "--project", ".", in: "b")
        #expect(hold.status == 0)
        #expect(hold.errorText.contains("no such jobs here; " + place))
        #expect(try run("list", "-a", in: "b").text.contains("4 jobs: 3 queued, 1 cancelled"))
        #expect(try run("list", "-a", "--project", ".", in: "b").status == 64)
    }

    @Test func onlyTheLimitLiftsTheLimit() throws {
        let spool = try TemporarySpool()
        let jobs = String(repeating: "{\"command\": \"true\", \"sync\": \"off\"}\n", count: 22)
        #expect(try spool.run(["submit", "-"], input: jobs).status == 0)
        #expect(try spool.run("cancel", "--all").errorText.contains("22 jobs cancelled"))
        for options in [["--all"], ["--failed", "--state", "cancelled"], []] {
            let shown = try spool.run(["list"] + options)
            #expect(shown.text.hasSuffix("20 jobs: 20 cancelled\n"))
            #expect(shown.errorText.contains("and 2 more ended jobs; --limit COUNT or --limit all"))
        }
        let all = try spool.run("list", "--limit", "all")
        #expect(all.text.hasSuffix("22 jobs: 22 cancelled\n") && all.error.isEmpty)
        #expect(try spool.run("list", "--json").text.split(separator: "\n").count == 22)
        let some = try spool.run("list", "--json", "-n", "3")
        #expect(some.text.split(separator: "\n").count == 3)
        #expect(some.errorText.contains("19 more ended jobs"))
        #expect(try spool.run("list", "-n", "few").status == 64)
    }

    @Test func printsIdsForOtherCommands() throws {
        let spool = try TemporarySpool()
        let ids = try fill(spool)
        let all = try spool.run("list", "--ids", "--all").text.split(separator: "\n")
        #expect(Set(all.map(String.init)) == Set(ids.values))
        #expect(try spool.run("list", "--ids", "--name", "ne*").line == ids["queued"])
        #expect(try spool.run("list", "--ids", "--json").status == 64)
    }

    @Test func showsRejectedFilesWithTheReason() throws {
        let spool = try TemporarySpool()
        try spool.drop("x.json", "{")
        try spool.startWorker("-j", "1")
        try spool.wait("it is rejected") { spool.exists("dead-letter/x.json") }
        let objects = try spool.objects(spool.run("list", "--json", "--all").text)
        #expect(objects.count == 1)
        #expect(objects.first?["state"] == "dead")
        #expect(objects.first?["file"] == "dead-letter/x.json")
        #expect(objects.first?["message"] != nil)
    }

    @Test func keepsControlCharactersFromTheTerminal() throws {
        let spool = try TemporarySpool()
        _ = try spool.submit("--", "echo", "\u{1b}[31mred\nnext\u{7}")
        let text = try spool.run("list").text
        #expect(text.split(separator: "\n").count == 3)
        #expect(!text.contains("\u{1b}") && !text.contains("\u{7}"))
    }
}
