import Glibc
import Spool
import SpoolTestSupport
import Testing

/// Errors say what helps.
struct AdviceTests {
    @Test func theNameOfAnAdmittedFileIsNotAJobs() throws {
        let spool = try TemporarySpool()
        try spool.drop("first.json", #"{"command": "true"}"#)
        try spool.runWorker("-j", "1")
        let id = try #require(try spool.ids(in: .done).first)
        let result = try spool.run("status", "first")
        #expect(result.status == 66)
        #expect(
            result.errorText
                == "spool: no job \"first\"; the file first.json was admitted as \(id)\n")
        #expect(try spool.run("status", "first.json").text.contains(id))
        #expect(try spool.run("status", "second").errorText.contains("shows what there is"))
    }

    @Test func anIdIsWantedIfJobsHaveOneName() throws {
        let spool = try TemporarySpool()
        for _ in 0..<2 { _ = try spool.submit("-n", "twin", "--", "true") }
        let named = try spool.run("wait", "twin")
        #expect(named.status == 64)
        #expect(named.errorText.contains("\"twin\" fits 2 jobs; write an id:\n"))
        let part = try spool.ids(in: .incoming)[0].prefix(6)
        let partly = try spool.run("wait", String(part))
        #expect(partly.errorText.contains("\"\(part)\" fits 2 jobs; write more of the id:\n"))
    }

    @Test(arguments: [
        (
            #"{"command": "true", "backoff": "5s"}"#,
            "\"backoff\": an object, or a list of delays such as [\"1s\", \"10s\"], is wanted here"
        ),
        ("{\"command\": \"true\"}\n{\"command\": tru}", "standard input:2: not JSON, column 13: "),
        ("{\"command\":\ntru}", "standard input: not JSON, line 2 column 1: "),
        (
            "{}\n{\"not JSON, line 1 column\": 1}".replacing("{}", with: #"{"command": "true"}"#),
            "standard input:2: \"not JSON, line 1 column\": unknown field"
        ),
    ])
    func inputThatIsNoJobIsPlacedOnce(_ text: String, _ message: String) throws {
        let spool = try TemporarySpool()
        let result = try spool.run(["submit", "-"], input: text)
        #expect(result.status == 65 && result.errorText.contains(message), "\(result.errorText)")
    }

    @Test func theLargestUnitComesFirst() throws {
        let result = try TemporarySpool().run("run", "-t", "30m2h", "true")
        #expect(result.status == 64)
        #expect(result.errorText.contains("2h30m or 1d, the largest unit first"))
    }

    @Test func severalJobsWait() throws {
        let spool = try TemporarySpool()
        let line = #"{"command": "true"}"#
        let text = "no worker is running; the jobs wait for one ('spool worker')"
        let two = try spool.run(["submit", "-"], input: line + "\n" + line)
        #expect(two.errorText.contains(text))
        #expect(!(try spool.run(["submit", "-"], input: line).errorText.contains(text)))
        #expect(try spool.run("cancel", "--all").status == 0)
        #expect(try spool.run("retry", "--state", "cancelled").errorText.contains(text))
    }

    @Test func aSpoolThatCannotBeMadeInHomeSaysWhereThatComesFrom() throws {
        let spool = try TemporarySpool()
        // Root's spool isn't in HOME.
        let user = geteuid() == 0 ? "setpriv --reuid=65534 --clear-groups " : ""
        let line =
            "exec \(user)env -u SPOOL_DIR HOME=/nonexistent \(TemporarySpool.binary) run --no-start true"
        let result = try ProgramRun(
            ["sh", "-c", line], environment: spool.environment, directory: "/"
        ).wait()
        #expect(result.status == 73)
        #expect(
            result.errorText.contains(
                "(the spool's place comes from HOME; SPOOL_DIR names another)"),
            "\(result.errorText)")
    }
}
