import Glibc
import Spool
import SpoolTestSupport
import Testing

/// What takes the place of something good: nothing that is empty or cut does by accident, and a text that is
/// replaced can be brought back.
struct CronReplaceTests {
    private let spool: TemporarySpool
    private let good = "# mine\n0 2 * * * backup\n"

    init() throws {
        spool = try TemporarySpool()
        #expect(try put(good).status == 0)
    }

    private func put(_ text: String, _ arguments: String...) throws -> ProgramResult {
        try spool.run(["cron", "edit", "-f", "-"] + arguments, input: text)
    }

    @Test(arguments: [
        "", "\n", " \n\t\n", "# all of it is a comment\n", "MAILTO=root\n", "\u{feff}",
    ])
    func refusesTextWithoutEntries(text: String) throws {
        let result = try put(text)
        #expect(result.status == 65)
        #expect(result.errorText.contains("crontab is as it was"), "\(result.errorText)")
        #expect(try spool.read("crontab") == good)
        let named = try put(text, "nightly")
        #expect(named.status == 65 && !spool.exists("cron.d/nightly"))
    }

    @Test func aFailingProducerChangesNothing() throws {
        let binary = TemporarySpool.binary
        let piped = try ProgramRun(
            ["/bin/sh", "-c", "\(binary) cron import nowhere | \(binary) cron edit -f -"],
            environment: spool.environment, directory: spool.home
        ).wait()
        #expect(piped.status == 65)
        #expect(piped.errorText.contains("nowhere"))
        #expect(piped.errorText.contains("standard input is empty: with --empty"))
        #expect(try spool.read("crontab") == good)
    }

    @Test func refusesACutText() throws {
        let result = try put("0 2 * * * backup\n0 3 * * * rm -rf /srv")
        #expect(result.status == 65)
        #expect(result.errorText.contains("standard input:2: the last line has no line break"))
        #expect(try spool.read("crontab") == good)
        try FileTree.write(spool.home + "/cut", Array("0 2 * * * x".utf8))
        #expect(try spool.run("cron", "edit", "-f", "cut", "--empty").status == 65)
        #expect(try spool.read("crontab") == good)
    }

    @Test func whatIsEmptiedOnPurposeComesBack() throws {
        let emptied = try put("", "--empty")
        #expect(emptied.status == 0)
        #expect(try spool.read("crontab") == "")
        let previous = spool["state/crontabs/crontab.previous"]
        #expect(try FileTree.read(previous) == Array(good.utf8))
        #expect(emptied.errorText.contains("'spool cron edit -f \(previous)'"))
        // A text without entries isn't worth the place of one that has some.
        #expect(try put("# none\n", "--empty").status == 0)
        #expect(try FileTree.read(previous) == Array(good.utf8))
        #expect(try spool.run("cron", "edit", "-f", previous).status == 0)
        #expect(try spool.read("crontab") == good)
        #expect(try spool.run("check").status == 0)
    }

    /// The text in force lies nowhere else once the scheduler has read the new one.
    @Test func theTextInForceComesBackAfterABrokenOne() throws {
        let (previous, last) = (
            "state/crontabs/crontab.previous", "state/crontabs/crontab@last.previous"
        )
        try spool.write("crontab", "0 25 * * * broken\n")
        let unread = try put("0 3 * * * next\n")
        #expect(unread.status == 0)
        #expect(unread.errorText.contains("has an error; it is kept in \(spool[previous])\n"))
        #expect(!unread.errorText.contains("comes back"), "none was in force")
        try spool.write("crontab", good)
        #expect(try spool.run("scheduler", "--once").status == 0)
        try spool.write("crontab", "0 25 * * * broken\n0 26 * * * broken\n")
        #expect(try spool.run("scheduler", "--once").status == 0)
        let result = try put("0 3 * * * next\n")
        #expect(result.errorText.contains("has 2 errors; it is kept in \(spool[previous])\n"))
        #expect(
            result.errorText.contains("in force comes back by 'spool cron edit -f \(spool[last])'"))
        #expect(try spool.run("scheduler", "--once").status == 0)
        #expect(try spool.run("cron", "edit", "-f", spool[last]).status == 0)
        #expect(try spool.read("crontab") == good)
        #expect(try spool.run("check").status == 0)
    }

    /// The file holds nothing any more, or another text that nobody has read, and the scheduler goes by what it held.
    @Test(arguments: [nil, "", "# none\n", "@daily unread\n"])
    func theTextInForceComesBackWhateverTheFileHolds(_ text: String?) throws {
        let (previous, last) = (
            "state/crontabs/crontab.previous", "state/crontabs/crontab@last.previous"
        )
        #expect(try spool.run("scheduler", "--once").status == 0)
        if let text { try spool.write("crontab", text) } else { try spool.remove("crontab") }
        let result = try put("0 3 * * * next\n")
        #expect(result.status == 0)
        #expect(try spool.read(last) == good)
        #expect(
            result.errorText.contains("in force comes back by 'spool cron edit -f \(spool[last])'"))
        let isKept = text?.contains("unread") == true
        #expect(spool.exists(previous) == isKept)
        #expect(result.errorText.contains("the former text of crontab comes back") == isKept)
        #expect(try spool.run("scheduler", "--once").status == 0)
        #expect(try spool.run("cron", "edit", "-f", spool[last]).status == 0)
        #expect(try spool.read("crontab") == good)
    }

    /// The text in force, put back where it was, lies there.
    @Test func theTextInForceIsNotKeptTwice() throws {
        #expect(try spool.run("scheduler", "--once").status == 0)
        try spool.remove("crontab")
        #expect(try !put(good).errorText.contains("comes back"))
        #expect(!spool.exists("state/crontabs/crontab@last.previous"))
    }

    @Test func everyReplacedTextIsKept() throws {
        for (text, name) in [("@daily a\n", "x"), ("@daily b\n", "x"), ("@daily b\n", "x")] {
            #expect(try put(text, name).status == 0)
        }
        // The same text once more replaces nothing.
        #expect(try spool.read("state/crontabs/cron.d-x.previous") == "@daily a\n")
        let directory = ["--dir", spool.path]
        let named = try spool.run(
            ["cron", "edit", "-f", "-", "x"] + directory, input: "@daily it's\n")
        let path = spool["state/crontabs/cron.d-x.previous"]
        #expect(
            named.errorText.contains("'spool --dir \(spool.path) cron edit -f \(path) x'"),
            "\(named.errorText)")
        // Also one with errors that was written by hand.
        try spool.write("crontab", "0 25 * * * typo\n")
        #expect(try put(good).status == 0)
        #expect(try spool.read("state/crontabs/crontab.previous") == "0 25 * * * typo\n")
    }

    @Test func saysHowManyEntriesAreInForce() throws {
        let first = try put("@daily a\n", "x")
        #expect(first.errorText.hasPrefix("spool: cron.d/x: 1 entry in force\n"))
        let second = try put("# two\n@daily a\n@hourly b\n", "x")
        #expect(
            second.errorText.hasPrefix("spool: cron.d/x: 2 entries in force\nspool: the former"))
        let none = try put("", "--empty", "x")
        #expect(none.errorText.hasPrefix("spool: cron.d/x: 0 entries in force\n"))
    }

    @Test func theEditorEmptiesNothingEither() throws {
        let editor = spool.home + "/editor"
        try FileTree.write(editor, Array("#!/bin/sh\n: > \"$1\"\n".utf8), mode: 0o700)
        let environment = ["VISUAL": "", "EDITOR": editor, "TMPDIR": spool.home]
        let refused = try spool.run(["cron", "edit"], environment: environment)
        #expect(refused.status == 65 && refused.errorText.contains("is empty: with --empty"))
        #expect(try spool.read("crontab") == good)
        let emptied = try spool.run(["cron", "edit", "--empty"], environment: environment)
        #expect(emptied.status == 0 && emptied.errorText.contains("crontab.previous"))
        #expect(try spool.read("crontab") == "")
    }

    @Test(.disabled(if: getuid() == 0, "root reads everything"))
    func whatCannotBeReadIsNotReplaced() throws {
        try FileTree.check(chmod(spool["crontab"], 0), "chmod")
        #expect(try put("@daily x\n").status != 0)
        try FileTree.check(chmod(spool["crontab"], 0o600), "chmod")
        #expect(try spool.read("crontab") == good)
    }

    @Test func aLinkIsNotReplaced() throws {
        try FileTree.check(rename(spool["crontab"], spool["kept"]), "rename")
        try FileTree.link("kept", at: spool["crontab"])
        let result = try put("@daily x\n")
        #expect(result.status != 0 && result.errorText.contains("move it away first"))
        #expect(try spool.read("kept") == good)
    }

    @Test func formerTextsAreKnown() throws {
        #expect(try put("@daily x\n", "nightly").status == 0)
        #expect(try put("@daily y\n", "nightly").status == 0)
        try spool.write("state/crontabs/cron.d-nightly@last.previous", "@daily z\n")
        try spool.write("state/crontabs/crontab@last.previous", "@daily z\n")
        #expect(try spool.run("check").text.isEmpty)
        #expect(try put("@daily y\n", "x.previous").status == 64)
        try spool.write("cron.d/x.previous", "@daily y\n")
        #expect(!(try spool.run("cron", "list").text.contains("x.previous")))
    }

    @Test(arguments: [
        ("", []), ("", ["--lines"]), (" \n\n", []), ("\n", ["--lines"]), ("", ["--check"]),
    ])
    func submitRefusesNothing(text: String, options: [String]) throws {
        let result = try spool.run(["submit"] + options + ["-"], input: text)
        #expect(result.status == 65)
        #expect(result.errorText.contains("standard input is empty: there is no job in it"))
        #expect(try spool.ids(in: .incoming).isEmpty)
    }

    @Test(arguments: [
        "{\"command\": \"a\"}\n{\"command\": \"b\"}\n{\"comm", "{\"command\": \"a", "{", "{\n",
        "{\"command\": \"a\"}\n{",
    ])
    func submitRefusesCutJSON(text: String) throws {
        for options in [[], ["--lines"]] {
            let result = try spool.run(["submit"] + options + ["-"], input: text)
            #expect(result.status == 65 && result.errorText.contains("standard input"))
            #expect(try spool.ids(in: .incoming).isEmpty)
        }
    }

    // MARK: The scheduler

    @Test func namesAMissingScheduler() throws {
        let named = try put("@daily x\n")
        #expect(named.errorText.contains("start 'spool daemon' or 'spool scheduler'"))
        let option = try spool.run(
            ["cron", "edit", "--no-start", "-f", "-"], input: "@daily y\n",
            environment: ["SPOOL_AUTOSTART": "yes"])
        #expect(option.errorText.contains("no scheduler is running"))
        // Nothing recurs: nobody is needed.
        let emptied = try put("", "--empty")
        #expect(!emptied.errorText.contains("scheduler"))
        #expect(try spool.names("workers").isEmpty)
    }

    @Test func startsAMissingScheduler() throws {
        let wanted = ["SPOOL_AUTOSTART": "yes"]
        let first = try spool.run(
            ["cron", "edit", "-f", "-"], input: "@daily x\n", environment: wanted)
        #expect(first.status == 0)
        #expect(first.errorText.contains("no scheduler was running: started a daemon"))
        let second = try spool.run(
            ["cron", "edit", "-f", "-"], input: "@daily y\n", environment: wanted)
        #expect(second.status == 0 && !second.errorText.contains("no scheduler"))
        try spool.wait("the daemon and its scheduler are left") { spool.processes().count == 2 }
    }

    @Test func startsNoSecondWorker() throws {
        try spool.keep(spool.start("worker"))
        try spool.wait("it registers") { try spool.names("workers").count == 1 }
        let result = try spool.run(
            ["cron", "edit", "-f", "-"], input: "@daily x\n",
            environment: ["SPOOL_AUTOSTART": "yes"])
        #expect(result.status == 0)
        #expect(result.errorText.contains("no scheduler is running, so nothing is queued"))
        #expect(try spool.names("workers").count == 1)
    }
}
