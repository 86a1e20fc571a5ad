import Spool
import SpoolTestSupport
import Testing

/// `spool list`, for people and for programs.
struct ListTests {
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

    @Test func showsATableToPeople() throws {
        let spool = try TemporarySpool()
        let ids = try fill(spool)
        let lines = try spool.run("list", "--all").text.split(separator: "\n")
        #expect(lines.first?.hasPrefix("ID") == true)
        #expect(lines.count == ids.count + 1)
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

    @Test func showsOnlyThePresentProject() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--cwd", "/", "--", "true")
        #expect(try spool.run("list").text.contains(id.suffix(6)))
        let elsewhere = try ProgramRun(
            [TemporarySpool.binary, "list"], environment: spool.environment, directory: "/"
        ).wait()
        #expect(elsewhere.text.isEmpty)
        #expect(elsewhere.errorText.contains("no such jobs here"))
    }

    @Test func showsRejectedFilesWithTheReason() throws {
        let spool = try TemporarySpool()
        try spool.drop("x.json", "{")
        let worker = try spool.startWorker("-j", "1")
        try spool.wait("it is rejected") { spool.exists("dead-letter/x.json") }
        let objects = try spool.objects(spool.run("list", "--json", "--all").text)
        #expect(objects.count == 1)
        #expect(objects.first?["state"] == "dead")
        #expect(objects.first?["file"] == "dead-letter/x.json")
        #expect(objects.first?["message"] != nil)
        withExtendedLifetime(worker) {}
    }

    @Test func keepsControlCharactersFromTheTerminal() throws {
        let spool = try TemporarySpool()
        _ = try spool.submit("--", "echo", "\u{1b}[31mred\nnext\u{7}")
        let text = try spool.run("list").text
        #expect(text.split(separator: "\n").count == 2)
        #expect(!text.contains("\u{1b}") && !text.contains("\u{7}"))
    }
}
