import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import SpoolRunner

/// Processes and descriptors that have run out.
@Suite(.enabled(if: Preload.isPossible, "no C compiler, or the program is static"))
struct ScarcityTests {
    private func startWorker(
        _ spool: TemporarySpool, _ options: String...
    ) throws -> ProgramRun {
        let library = try #require(
            try Scarcity.make(for: TemporarySpool.binary, in: spool.base))
        return try spool.start(
            ["worker"] + options,
            environment: Scarcity.environment(library: library, directory: spool.home))
    }

    /// Without it a long rest would have to pass.
    @Test func aJobBeginsAsSoonAsARunnerHasEnded() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let worker = try startWorker(spool, "-j", "2")
        let first = try spool.submit("-c", "echo up >> proof; read line < gate")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        try FileTree.write(spool.home + "/no-fork", [])
        let second = try spool.submit("--", "true")
        try spool.wait("it could not be begun several times") {
            try spool.verbs(of: second).count { $0 == "put-back" } >= 6
        }
        try FileTree.check(unlink(spool.home + "/no-fork"), "unlink")
        try gate.open()
        for id in [first, second] { try spool.wait(for: id, in: .done) }
        let end = try #require(try spool.job(first).finishedAt)
        let begin = try #require(try spool.job(second).attempts?.first?.startedAt)
        #expect(begin - end < .milliseconds(1500))
        #expect(try spool.job(second).attempts?.count == 1)
        // The runner of the first one has taken the second one; of two at once, one needs a process.
        for _ in 0..<2 { _ = try spool.submit("-c", "echo more >> proof; sleep 600") }
        try spool.wait("both run") { try spool.lines("proof") == ["up", "more", "more"] }
        let said = String(decoding: try worker.errorSoFar(), as: UTF8.self)
        #expect(said.split(separator: "\n").count { $0.contains("no runner for") } == 1)
        #expect(said.contains(": fork: over, after "))
    }

    /// It isn't the job's fault.
    @Test(arguments: ["open", "dup"])
    func anInputThatCannotBeOpenedForWantOfDescriptorsFailsNoJob(call: String) throws {
        let spool = try TemporarySpool()
        try FileTree.write(spool.home + "/input", Array("text\n".utf8))
        try FileTree.write(spool.home + "/no-\(call)", [])
        let options = call == "open" ? ["-i", "input"] : []
        let id = try spool.submit(options + ["-c", "cat"])
        let worker = try startWorker(spool, "-j", "1")
        spool.keep(worker)
        try spool.wait("it was put back") { try spool.verbs(of: id).contains("put-back") }
        try FileTree.check(unlink(spool.home + "/no-\(call)"), "unlink")
        try spool.wait(for: id, in: .done)
        #expect(try spool.job(id).attempts?.count == 1)
        #expect(try spool.run("logs", id).text == (call == "open" ? "text\n" : ""))
        #expect(try spool.history().contains("Too many open files"))
    }

    /// Nothing of it has begun, so it isn't a try.
    @Test func aCommandThatCannotBeExecutedForWantOfMemoryWaitsAgain() throws {
        let spool = try TemporarySpool()
        try FileTree.write(spool.home + "/no-exec", [])
        let id = try spool.submit("-c", "echo began >> proof")
        let worker = try startWorker(spool, "-j", "1")
        spool.keep(worker)
        try spool.wait("it was put back") {
            try spool.verbs(of: id).count { $0 == "put-back" } >= 2
        }
        try FileTree.check(unlink(spool.home + "/no-exec"), "unlink")
        try spool.wait(for: id, in: .done)
        #expect(try spool.job(id).attempts?.count == 1)
        #expect(try spool.lines("proof") == ["began"])
        #expect(try spool.history().contains("not started: can't run /bin/sh: Cannot allocate"))
    }

    @Test func aJobsOwnLimitsAreNoShortage() throws {
        let spool = try TemporarySpool()
        try FileTree.write(spool.home + "/no-exec", [])
        _ = try spool.run("init")
        try spool.write(
            "incoming/limited.json", #"{"command": ["true"], "limits": {"memory": "1G"}}"#)
        let worker = try startWorker(spool, "-j", "1")
        spool.keep(worker)
        try spool.wait("it has failed") { try spool.ids(in: .failed).count == 1 }
        let job = try spool.job(try spool.onlyID(in: .failed))
        #expect(job.message?.contains("can't run true: Cannot allocate memory") == true)
    }

    /// Whoever puts a program there has it open for a moment.
    @Test func aProgramThatIsStillWrittenIsWaitedFor() throws {
        let spool = try TemporarySpool()
        let program = spool.home + "/program"
        try FileTree.write(program, Array("#!/bin/sh\necho ran\n".utf8), mode: 0o700)
        let writer = open(program, O_WRONLY | O_CLOEXEC)
        #expect(writer >= 0)
        try spool.startWorker("-j", "1")
        let id = try spool.submit("--", program)
        try spool.wait(for: id, in: .running)
        close(writer)
        try spool.wait(for: id, in: .done)
        #expect(try spool.run("logs", id).text == "ran\n")
        #expect(try spool.job(id).attempts?.count == 1)
    }
}
