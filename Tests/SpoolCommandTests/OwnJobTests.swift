import Spool
import SpoolTestSupport
import Testing

/// Commands that run in a job and wait: never for that job itself.
struct OwnJobTests {
    private var program: String { TemporarySpool.binary }

    @Test func aJobWaitsForAllOthers() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "2")
        let other = try spool.submit("-c", "exit 3")
        let id = try spool.submit(
            "-c", "\(program) wait --all-projects --timeout 60s; echo $? > proof")
        #expect(try spool.run("wait", other, id).status == 3)
        let status = try #require(try spool.lines("proof").first)
        #expect(["0", "3"].contains(status), "75: it has waited for itself")
    }

    /// Each of these waits for the one that it has submitted, and only the last one for all.
    @Test func norForThoseThatWaitForIt() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "3")
        let last = "\(program) wait --timeout 60s --all-projects; echo $? > proof"
        let middle = "\(program) run --wait -c '\(last)'"
        let result = try spool.run(
            "run", "--wait", "-c",
            "\(program) run --wait -c \"\(middle.replacing("$", with: "\\$"))\"")
        #expect(result.status == 0, "\(result.errorText)")
        #expect(try spool.lines("proof") == ["0"])
    }

    @Test(arguments: ["wait", "logs --follow"])
    func namingItselfIsAnError(_ words: String) throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let id = try spool.submit("-c", "\(program) \(words) $SPOOL_JOB_ID; echo $? > proof")
        #expect(try spool.run("wait", id).status == 0)
        #expect(try spool.lines("proof") == ["64"])
        #expect(try spool.run("logs", id).errorText.contains("can't end while it waits for itself"))
    }

    @Test func whoSubmittedAJobIsOnRecord() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let line = #"{"command": ["true"], "name": "submitted"}"#
        let id = try spool.submit(
            "-c", "\(program) run --name run -- true; echo '\(line)' | \(program) submit -")
        #expect(try spool.run("wait", id).status == 0)
        for name in ["run", "submitted"] {
            #expect(try spool.job(name).parent?.description == id)
            #expect(try spool.run("status", name).text.contains(id))
        }
        #expect(try spool.job(id).parent == nil)
    }

    /// A circle is no way up.
    @Test func parentsInACircleEnd() throws {
        let spool = try TemporarySpool()
        let (one, other) = (
            try spool.submit("--hold", "--", "true"), try spool.submit("--hold", "--", "true")
        )
        #expect(try spool.run("edit", one, "parent=\"\(other)\"").status == 0)
        #expect(try spool.run("edit", other, "parent=\"\(one)\"").status == 0)
        let result = try spool.run(["wait", "-t", "1s"], environment: ["SPOOL_JOB_ID": one])
        #expect(result.status == 0)
    }
}
