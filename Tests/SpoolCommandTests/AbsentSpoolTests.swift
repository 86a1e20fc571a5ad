import Glibc
import SpoolTestSupport
import Testing

@testable import SpoolCommand

/// Who only looks makes nothing, and no spool is made inside of another one.
struct AbsentSpoolTests {
    /// The commands that may make a spool: all others are gone through below.
    private static let makers: Set<String> = [
        "run", "submit", "pause", "slots", "init", "worker", "scheduler", "daemon", "cron edit",
    ]

    private static let lines: [[String]] =
        SpoolTool.commands.map(\.name).filter { !makers.contains($0) }.map { name in
            let operand: [String] =
                switch name {
                case "cron explain", "cron next", "cron run": ["backup"]
                case "move": ["--now", "--all"]
                case "edit": ["x"]
                case "cancel", "retry", "hold", "release": ["--all"]
                default: []
                }
            return name.split(separator: " ").map(String.init) + operand
        }
        .filter { $0 != ["cron", "import"] }
        + [[], ["slots"], ["daemon", "--stop"], ["daemon", "--reload"], ["list", "--json"]]

    @Test(arguments: lines)
    func nothingIsMadeOfWhatIsNamed(_ words: [String]) throws {
        let spool = try TemporarySpool()
        #expect(try spool.shell("touch file; mkdir -p empty other/thesis").status == 0)
        let before = try FileTree.names(spool.home).sorted()
        for name in ["missing", "missing/below", "empty", "other", "file"] {
            let result = try spool.run(["-D", name] + words)
            #expect(result.status == 66, "\(words) \(name): \(result.errorText)")
            #expect(
                result.errorText.contains("there is no spool at \(spool.home)/\(name) ("),
                "\(words) \(name): \(result.errorText)")
            #expect(result.output.isEmpty)
        }
        #expect(try FileTree.names(spool.home).sorted() == before)
        #expect(try FileTree.names(spool.home + "/empty").isEmpty)
        #expect(try FileTree.names(spool.home + "/other") == ["thesis"])
        let named = try spool.run(words)
        #expect(named.status == 66 && !spool.exists(""), "\(words): \(named.errorText)")
    }

    /// With nothing named, the place is below the home directory, but for root.
    @Test(arguments: lines, [false, true])
    func nothingIsMadeInTheUsualPlace(_ words: [String], isEmpty: Bool) throws {
        let spool = try TemporarySpool()
        let user = geteuid() == 0 ? "setpriv --reuid=65534 --clear-groups " : ""
        let result = try spool.shell(
            """
            chmod 711 .. .; mkdir -p h\(isEmpty ? "/.spool" : ""); chmod 755 h
            [ -z "\(user)" ] || chown -R 65534 h
            unset SPOOL_DIR
            HOME=\(spool.home)/h \(user)\(TemporarySpool.binary) \(words.joined(separator: " "))
            """)
        let isList = words.isEmpty || words.first == "list" || words == ["cron", "list"]
        #expect(result.status == (isList ? 0 : 66), "\(words): \(result.errorText)")
        #expect(result.output.isEmpty)
        #expect(result.errorText.contains(isList ? "no " : "there is no spool at "))
        #expect(try FileTree.names(spool.home + "/h") == (isEmpty ? [".spool"] : []), "\(words)")
        if isEmpty { #expect(try FileTree.names(spool.home + "/h/.spool").isEmpty) }
    }

    @Test func noneIsMadeInsideOfAnother() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        _ = try spool.shell("mkdir \(spool["beside"]); ln -s \(spool["logs"]) link")
        let before = try spool.run("check").text
        let places = [
            spool["incoming"], spool["done/x"], spool["beside"], spool["a/b/c"], "link", "link/x",
        ]
        for place in places {
            for words in [
                ["init"], ["run", "--", "true"], ["pause"], ["cron", "edit", "-f", "x"],
            ] {
                let result = try spool.run(["-D", place] + words)
                #expect(result.status == 73, "\(place) \(words): \(result.errorText)")
                #expect(result.errorText.contains("it lies inside of the spool \(spool.path), "))
            }
            let list = try spool.run("-D", place, "list")
            #expect(list.status == 66)
            #expect(list.errorText.contains("(it lies inside of the spool \(spool.path))"))
        }
        #expect(!spool.exists("a") && !spool.exists("incoming/format"))
        #expect(try spool.run("check").text == before)
        let beside = try spool.run("-D", spool.path + "-2", "init")
        #expect(beside.status == 0, "what only begins like it lies elsewhere")
    }

    /// Nobody is told to change the modes of what is no spool at all.
    @Test func adviceForASpoolIsForSpoolsOnly() throws {
        let spool = try TemporarySpool()
        _ = try spool.shell("mkdir open; touch open/x; chmod 1777 open")
        let list = try spool.run("-D", "open", "list")
        #expect(list.status == 66 && !list.errorText.contains("chmod"), "\(list.errorText)")
        let run = try spool.run("-D", "open", "run", "--", "true")
        #expect(run.status == 65 && run.errorText.contains("this is no spool"))
    }
}
