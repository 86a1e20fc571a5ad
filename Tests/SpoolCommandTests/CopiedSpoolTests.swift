import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// A copy of a spool that is in use names processes that serve the original.
struct CopiedSpoolTests {
    @Test func whatRunsInTheOriginalGoesOnAndIsCancelledInTheCopy() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let id = try spool.submit(
            "--max-attempts", "3", "-c",
            "echo begun >> proof; until test -e go; do sleep 0.02; done")
        try spool.wait("the command has begun") { try spool.lines("proof") == ["begun"] }
        let copy = spool.base + "/copy"
        try #require(ProcessControl.run(["cp", "-a", spool.path, copy]) == 0)

        // What was claimed only just now is left alone for a while.
        try spool.wait("the copied job is found") {
            try spool.run("check", "-D", copy).text.contains("the spool is a copy")
        }
        let ended = try spool.run("worker", "-D", copy, "--until-empty")
        #expect(ended.status == 0, "\(ended.errorText)")
        let status = try spool.run("status", "-D", copy, id)
        #expect(status.text.contains("cancelled"), "\(status.text)")
        #expect(status.text.contains("the spool was copied while the job ran"), "\(status.text)")

        #expect(try spool.run("check").status == 0)
        try FileTree.write(spool.home + "/go", [])
        #expect(try spool.run("wait", id).status == 0)
        #expect(try spool.lines("proof") == ["begun"])
    }

    @Test func theOriginalsSchedulerIsNotTheCopys() throws {
        let spool = try TemporarySpool()
        try spool.keep(spool.start("scheduler"))
        let original = try spool.open()
        try spool.wait("the scheduler has its seat") { try original.isScheduling() == true }
        let copy = spool.base + "/copy"
        try #require(ProcessControl.run(["cp", "-a", spool.path, copy]) == 0)
        #expect(try SpoolDirectory(at: copy).isScheduling() == false)
        #expect(try original.isScheduling() == true)
    }
}
