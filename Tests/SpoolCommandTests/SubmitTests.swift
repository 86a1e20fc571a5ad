import Spool
import SpoolTestSupport
import Testing

/// `spool submit`: files, standard input, and jobs by the line.
struct SubmitTests {
    /// Before the first job is submitted, whether a file holds one or a line each.
    @Test(arguments: [false, true])
    func aJobThatIsTooLargeIsRefusedAtOnce(isLine: Bool) throws {
        let spool = try TemporarySpool()
        let text = String(repeating: "x", count: 2 << 20)
        let large = #"{"command": "true", "metadata": {"text": ""# + text + "\"}}\n"
        let good = #"{"command": "true"}"# + "\n"
        try FileTree.write(spool.base + "/good.jsonl", Array((good + good).utf8))
        try FileTree.write(spool.base + "/large.json", Array((large + (isLine ? good : "")).utf8))
        let files = [spool.base + "/good.jsonl", spool.base + "/large.json"]
        for words in [["submit", "--check"], ["submit"]] {
            let result = try spool.run(words + files)
            #expect(result.status == 65 && result.output.isEmpty, "\(result.text)")
            #expect(result.errorText.contains("large.json"), "\(result.errorText)")
            #expect(result.errorText.contains("bytes long; "), "\(result.errorText)")
        }
        #expect(try spool.ids(in: .incoming).isEmpty)
    }

    @Test(arguments: [("1k", 1024), ("1K", 1024), ("2m", 2 << 20), ("3GiB", 3 << 30), ("7", 7)])
    func theUnitOfALimitMayBeSmall(_ text: String, _ bytes: Int64) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--output-limit", text, "--", "true")
        #expect(try spool.job(id).limits?.output == Job.ByteCount(bytes))
        #expect(try spool.run("run", "--output-limit", "1x", "--", "true").status == 64)
    }

    /// The jobs of earlier batches aren't submitted either.
    @Test func aLineThatIsTooLongIsFoundBeforeAnyIsSubmitted() throws {
        let spool = try TemporarySpool()
        let small = #"{"command": "true", "sync": "off"}"# + "\n"
        let text = String(repeating: "x", count: 1 << 20)
        let large = #"{"command": "true", "metadata": ""# + text + "\"}\n"
        let result = try spool.run(
            ["submit", "-"], input: String(repeating: small, count: 1000) + large)
        #expect(result.status == 65 && result.output.isEmpty)
        #expect(
            result.errorText.contains("standard input:1001: the job is "), "\(result.errorText)")
        #expect(!spool.exists("incoming"))
    }

    @Test func takesAFile() throws {
        let spool = try TemporarySpool()
        try FileTree.write(
            spool.home + "/job.json", Array(#"{"command": "true", "name": "n"}"#.utf8))
        let result = try spool.run("submit", "job.json")
        #expect(result.status == 0)
        #expect(try spool.ids(in: .incoming) == [result.line])
        #expect(try spool.job(result.line).name == "n")
        #expect(try spool.job(result.line).submittedBy?.user == "tester")
    }

    @Test func takesOneJobFromStandardInput() throws {
        let spool = try TemporarySpool()
        let result = try spool.run(["submit", "-"], input: "{\n \"command\": [\"true\"]\n}\n")
        #expect(result.status == 0)
        #expect(try spool.ids(in: .incoming) == [result.line])
    }

    @Test func takesAJobALine() throws {
        let spool = try TemporarySpool()
        let lines = (0..<250).map { #"{"command": "true", "name": "job \#($0)"}"# + "\n" }
        let result = try spool.run(["submit", "-"], input: lines.joined(separator: "\n"))
        #expect(result.status == 0)
        let printed = result.text.split(separator: "\n").map(String.init)
        #expect(printed.count == 250)
        #expect(printed == printed.sorted(), "ids grow in the order of the lines")
        #expect(try spool.ids(in: .incoming) == printed)
        #expect(try spool.job(printed[17]).name == "job 17")
    }

    @Test(arguments: [
        (#"{"command": "tru"#, "standard input:4: not JSON, column 13"),
        (#"{"comand": "x"}"#, "\"command\""),
        ("[]", "one JSON object"), (#"{"command": ""}"#, "is empty"),
        ("\u{7f}", "a value is wanted"),
    ])
    func submitsNothingWhenALineIsWrong(bad: String, reason: String) throws {
        let spool = try TemporarySpool()
        let good = #"{"command": "true"}"#
        let input = [good, good, good, bad, good].joined(separator: "\n")
        let result = try spool.run(["submit", "-"], input: input)
        #expect(result.status == 65)
        #expect(result.text.isEmpty)
        #expect(result.errorText.contains("standard input:4: "))
        #expect(result.errorText.contains(reason))
        #expect(try !spool.exists("incoming") || spool.names("incoming").isEmpty)
    }

    @Test func checksWithoutSubmitting() throws {
        let spool = try TemporarySpool()
        let result = try spool.run(["submit", "--check", "-"], input: #"{"command": "true"}"#)
        #expect(result.status == 0)
        #expect(result.errorText.contains("1 job, no errors"))
        #expect(!spool.exists("incoming"))
    }

    @Test func tellsThatAFileIsMissing() throws {
        let spool = try TemporarySpool()
        let missing = try spool.run("submit", "sleep", "5")
        #expect(missing.status == 66)
        #expect(
            missing.errorText
                == "spool: sleep: no such file; a command is submitted by 'spool run -- COMMAND ...'\n"
        )
        #expect(try spool.run("submit").status == 64)
    }

    @Test func forgetsWhatAnotherSpoolHasRecorded() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--name", "first", "--", "true")
        try spool.runWorker("-j", "1")
        let path = try #require(try spool.jobPaths().first)
        let result = try spool.run("submit", spool[path])
        #expect(result.status == 0)
        #expect(result.line != id)
        let copy = try spool.job(result.line)
        #expect(copy.attempts == nil)
        #expect(copy.state == nil)
        #expect(copy.name == "first")
    }

    @Test func holdsAndSchedules() throws {
        let spool = try TemporarySpool()
        let held = try spool.run(["submit", "--hold", "-"], input: #"{"command": "true"}"#)
        #expect(try spool.ids(in: .held) == [held.line])
        let late = try spool.run(
            ["submit", "-"], input: #"{"command": "true", "delay": "1h", "priority": "high"}"#)
        let name = try #require(try spool.names("scheduled").first)
        #expect(name.hasSuffix("Z-3-\(late.line).json"))
    }

    @Test func putsJobsIntoTheirQueues() throws {
        let spool = try TemporarySpool()
        let result = try spool.run(
            ["submit", "-"], input: #"{"command": "true", "queue": "video", "priority": 0}"#)
        #expect(try spool.jobPaths() == ["incoming/video/0-\(result.line).json"])
    }
}
