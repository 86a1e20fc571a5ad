import Glibc
import Spool
import SpoolCheck
import SpoolTestSupport
import SpoolTime
import Testing

/// `spool check`, from the outside.
struct CheckTests {
    @Test func saysNothingOfASoundSpool() throws {
        let spool = try TemporarySpool()
        _ = try spool.submit("--", "true")
        _ = try spool.submit("--", "false")
        try spool.runWorker("-j", "1")
        _ = try spool.submit("--hold", "--", "true")
        _ = try spool.submit("-d", "1h", "--", "true")
        for options in [["check"], ["check", "--repair"], ["check", "--json"]] {
            let result = try spool.run(options)
            #expect(result.status == 0 && result.text == "", "\(options): \(result.text)")
        }
        #expect(try spool.run("check").errorText == "spool: nothing is wrong\n")
    }

    @Test func findsMendsAndIsDone() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--hold", "--", "true")
        try spool.rename("held/5-\(id).json", to: "held/\(id).json")
        let found = try spool.run("check")
        #expect(found.status == 1)
        #expect(
            found.text
                == "warning misplaced held/\(id).json: a job in held/ has another form of name;"
                + " --repair gives it the name that belongs there\n")
        #expect(found.errorText == "spool: 1 warning\n")
        let mended = try spool.run("check", "--repair", "--json")
        #expect(mended.status == 0)
        let objects = try spool.objects(mended.text)
        #expect(objects.count == 1)
        #expect(objects.first?["code"] == "misplaced")
        #expect(objects.first?["severity"] == "warning")
        #expect(objects.first?["job"] == .string(id))
        #expect(objects.first?["path"] == .string("held/\(id).json"))
        #expect(objects.first?["mended"] == .string("renamed to held/5-\(id).json"))
        #expect(try spool.run("release", "--no-start", id).status == 0)
        #expect(try spool.history().contains("\"verb\":\"repair\""))
    }

    @Test func notesDontCount() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try spool.write("thesis\n.txt", "")
        let result = try spool.run("check")
        #expect(result.status == 0)
        #expect(result.text.hasPrefix("note unknown-name thesis\\n.txt: "), "one line")
        #expect(result.text.split(separator: "\n").count == 1)
    }

    @Test func whatCantBeMendedIsLeftAndCounts() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try spool.write("settings.json", "{\"slots\": 0}")
        let result = try spool.run("check", "--repair")
        #expect(result.status == 1)
        #expect(result.text.hasPrefix("error bad-settings settings.json: "))
        #expect(result.text.contains("1 to 1024 are possible"))
    }

    /// A good job under a strange name is back in the queue by two commands.
    @Test func whatIsTakenAwaySaysHowItIsSubmitted() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        let clock = TestClock()
        let store = try spool.open(clock)
        try spool.write("held/mine.json", #"{"command": "true"}"#)
        clock.advance(.seconds(120))
        var lines: [String] = []
        let take = { (finding: SpoolCheck.Finding) in
            lines.append("\(finding.message); \(finding.code.advice)")
        }
        try SpoolCheck(store).run(report: take)
        #expect(
            lines == [
                "jobs in held/ are called RANK-ULID.json; move a job into incoming/, under a name that"
                    + " ends in .json; --repair takes it to dead-letter/, unless it lies in incoming/"
                    + " and is no job"
            ])
        try SpoolCheck(store).run(isRepairing: true, report: take)
        let reason = try spool.read("dead-letter/mine.json.reason")
        #expect(reason.contains("'spool retry' with its name here submits it"), "\(reason)")
        #expect(try spool.run("retry", "--no-start", "mine.json").status == 0)
        #expect(try spool.names("incoming") == ["mine.json"])
    }

    @Test func saysHowManyLinesOfTheHistoryAreNone() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        let path = "history/2001-02-03.ndjson"
        for (text, fault) in [
            ("x\n{}\n", "line 1 is no JSON object"),
            ("{}\nx\ny\n", "2 lines are no JSON objects, the first is line 2"),
        ] {
            try spool.write(path, text)
            #expect(
                try spool.run("check", "--repair").text
                    == "note torn-history \(path): \(fault); readers skip such lines, which may stay;"
                    + " --repair ends a last line that has no end\n")
        }
    }

    @Test func saysHowMuchWasNotJudged() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        let names = ["incoming/notes.txt", "incoming/backup", "held/mine.json"]
        for index in names.indices {
            // All of them anew, as a file counts as young for some seconds only.
            for name in names[...index] { try spool.write(name, "") }
            let result = try spool.run("check")
            #expect(result.status == 0 && result.text.isEmpty, "\(result.text)")
            let files =
                index == 0
                ? "1 file was not judged, as it" : "\(index + 1) files were not judged, as they"
            #expect(
                result.errorText
                    == "spool: nothing is wrong\nspool: \(files) changed within the last minute or"
                    + " may be open for writing: check again in a minute\n")
        }
        let json = try spool.run("check", "--json", "--repair")
        #expect(json.status == 0 && json.errorText.hasPrefix("spool: 3 files were not judged"))
    }

    @Test func wantsASpool() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("check").status == 66)
        #expect(!spool.exists("incoming"))
        #expect(try spool.run("check", "operand").status == 64)
        #expect(try spool.run("init").status == 0)
        try spool.write("format", "")
        #expect(try spool.run("check", "--repair").status == 65, "no guess at the format")
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func aDirectoryOfSomebodyElse() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try FileTree.check(chown(spool["held"], 65534, 65534), "chown")
        let result = try spool.run("check")
        #expect(result.status == 1)
        #expect(result.text.hasPrefix("error foreign-owner held: it belongs to user 65534"))
        #expect(try spool.run("worker", "--until-empty").status == 73)
        try FileTree.check(chown(spool["held"], 0, 0), "chown")
        try FileTree.check(mkdir(spool["done/2001-02-03"], 0o700), "mkdir")
        try FileTree.check(chown(spool["done/2001-02-03"], 65534, 65534), "chown")
        #expect(try spool.run("worker", "--until-empty").status == 0)
        let day = try spool.run("check")
        #expect(day.text.hasPrefix("warning foreign-owner done/2001-02-03: it belongs to"))
        #expect(day.status == 1)
    }

    /// Runs a command in a mount namespace of its own, in which a directory is mounted read-only.
    private static func readOnly(
        _ directory: String, _ words: [String], environment: [String: String]
    ) throws -> ProgramResult {
        let script =
            "mount --make-rprivate / && mount --bind \"$0\" \"$0\""
            + " && mount -o remount,bind,ro \"$0\" && exec \"$@\""
        return try ProgramRun(
            ["unshare", "--mount", "sh", "-c", script, directory] + words,
            environment: environment, directory: "/"
        ).wait()
    }

    private static let canMount: Bool = {
        guard let spool = try? TemporarySpool() else { return false }
        let result = try? readOnly(spool.home, ["true"], environment: spool.environment)
        return result?.status == 0
    }()

    @Test(.enabled(if: canMount, "mounts can't be made here"))
    func aSpoolThatIsMountedReadOnly() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        for options in [[], ["--repair"]] {
            let result = try CheckTests.readOnly(
                spool.path, [TemporarySpool.binary, "check"] + options,
                environment: spool.environment)
            #expect(result.status == 1, "\(result.errorText)")
            #expect(result.text.hasPrefix("error read-only .: "), "\(result.errorText)")
        }
    }

    @Test(.enabled(if: geteuid() != 0, "root reads everything"))
    func aDirectoryThatCantBeRead() throws {
        let spool = try TemporarySpool()
        _ = try spool.submit("--hold", "--", "true")
        try FileTree.check(chmod(spool["held"], 0), "chmod")
        let result = try spool.run("check")
        try FileTree.check(chmod(spool["held"], 0o700), "chmod")
        #expect(result.status == 1)
        #expect(result.text.hasPrefix("error unreadable held: "))
    }
}
