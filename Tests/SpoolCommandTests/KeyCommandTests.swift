import Spool
import SpoolTestSupport
import Testing

/// Keys on the command line.
struct KeyCommandTests {
    @Test func runPrintsTheEarlierJob() throws {
        let spool = try TemporarySpool()
        let first = try spool.run("run", "-k", "k", "--", "true")
        #expect(first.status == 0 && !first.errorText.contains("key"))
        let again = try spool.run("run", "--key", "k", "--key-until", "1h", "--", "false")
        #expect(again.status == 0 && again.line == first.line)
        #expect(
            again.errorText.contains(
                "spool: job \(first.line) has this key already: nothing was submitted\n"))
        let fields = try JSONText.decode(
            [String: JSONValue].self,
            from: try spool.run("run", "--json", "-k", "k", "--", "true").output)
        #expect(fields["earlier"] == .bool(true))
        #expect(fields["id"] == .string(first.line))
        let other = try JSONText.decode(
            [String: JSONValue].self,
            from: try spool.run("run", "--json", "-k", "other", "--", "true").output)
        #expect(other["earlier"] == nil && other["key"] == .string("other"))
        #expect(try spool.ids(in: .incoming).count == 2)
    }

    /// The earlier job is the one that is waited for.
    @Test func waitIsForTheEarlierJob() throws {
        let spool = try TemporarySpool()
        let first = try spool.run("run", "-k", "k", "-c", "echo out; exit 3")
        _ = try spool.startWorker()
        let again = try spool.run("run", "--follow", "-k", "k", "--", "true")
        #expect(again.status == 3 && again.text == "out\n")
        #expect(again.errorText.contains(first.line))
    }

    @Test func submitPrintsEarlierJobsInTheirLines() throws {
        let spool = try TemporarySpool()
        let lines = ["a", "b", "a"].map { #"{"command": "true", "key": "\#($0)"}"# + "\n" }.joined()
        let result = try spool.run(["submit", "-"], input: lines)
        let ids = result.text.split(separator: "\n")
        #expect(result.status == 0 && ids.count == 3 && ids[0] == ids[2] && ids[0] != ids[1])
        #expect(
            result.errorText.contains(
                "\(ids[0]) is an earlier job with the same key: nothing was submitted for it\n"))
        let again = try spool.run(["submit", "-"], input: lines)
        #expect(again.text == result.text)
        #expect(
            again.errorText.contains(
                "\(ids[0]) and 2 others are earlier jobs with the same key: nothing was submitted"
                    + " for them\n"))
    }

    @Test(arguments: [
        (["-k", ""], 65, "\"key\" is empty"), (["-k", "a\nb"], 65, "control character"),
        (["-k", String(repeating: "x", count: 1001)], 65, "1001 bytes long"),
        (["--key-until", "end"], 65, "has no \"key\""),
        (["-k", "k", "--key-until", "0s"], 65, "more than 0s"),
        (["-k", "k", "--key-until", "never"], 64, "start, end, kept or a length of time"),
    ])
    func aKeyThatCannotBeIsRefused(_ options: [String], _ status: Int32, _ text: String) throws {
        let spool = try TemporarySpool()
        let result = try spool.run(["run"] + options + ["--", "true"])
        #expect(result.status == status && result.errorText.contains(text), "\(result.errorText)")
        #expect(!spool.exists("incoming"))
    }

    @Test func aRetryWithoutItsKeyIsRefused() throws {
        let spool = try TemporarySpool()
        let first = try spool.run("run", "-k", "k", "--key-until", "end", "--", "false").line
        #expect(try spool.run("worker", "--until-empty").status == 0)
        let second = try spool.run("run", "-k", "k", "--key-until", "end", "--", "false").line
        let result = try spool.run("retry", first)
        #expect(result.status == 65)
        #expect(
            result.errorText.contains("job \(second) has its \"key\" now"), "\(result.errorText)")
        #expect(try spool.ids(in: .failed) == [first])
    }

    @Test func cleanAndCheckFreeKeysWithoutJobs() throws {
        let spool = try TemporarySpool()
        let first = try spool.run("run", "-k", "k", "--", "true").line
        try spool.remove("incoming/5-\(first).json")
        try spool.write("keys/.draft", "")
        try spool.write("keys/strange", "")
        // They are too young for what follows.
        #expect(try spool.run("check").text.contains("strange"))
        #expect(try !spool.run("check").text.contains("stale-key"))
    }
}
