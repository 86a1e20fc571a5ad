import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// Workers that are the first process of a pid namespace, as in a container.
@Suite(.enabled(if: PIDNamespace.isPossible, "no pid namespace can be made here"))
struct FirstProcessTests {
    /// - Returns: what waits for it, and the pid of the first process as it is seen from here.
    private func start(
        _ arguments: [String], in spool: TemporarySpool
    ) throws -> (run: ProgramRun, first: pid_t) {
        let run = try ProgramRun(
            PIDNamespace.unshare + [TemporarySpool.binary] + arguments,
            environment: spool.environment, directory: spool.home)
        var first: pid_t = 0
        try spool.wait("a worker is there") {
            first = try ProcessView.children(of: run.pid).first ?? 0
            return try first != 0 && !spool.names("workers").isEmpty
        }
        return (run, first)
    }

    @Test func theEndOfAnOrphanIsTaken() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let (run, first) = try start(["worker", "-j", "1"], in: spool)
        spool.keep(run)
        defer { kill(first, SIGKILL) }
        let id = try spool.submit(
            "-c",
            "(setsid sh -c 'echo > left; read line < gate' >/dev/null 2>&1 &);"
                + " until [ -e left ]; do sleep 0.01; done")
        try spool.wait(for: id, in: .done)
        try spool.wait("the worker and the orphan are its children") {
            try ProcessView.children(of: first).count == 2
        }
        try gate.open()
        try spool.wait("only the worker is left") {
            try ProcessView.children(of: first).count == 1
        }
    }

    @Test func itHandsOnSignalsAndEndsAsTheWorkerDoes() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let (run, first) = try start(["worker", "-j", "1", "--drain"], in: spool)
        defer { kill(first, SIGKILL) }
        let id = try spool.submit("-c", "echo up >> proof; read line < gate")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        kill(first, SIGTERM)
        try gate.open()
        // Without the signal it would wait for more jobs.
        #expect(try run.wait().status == 0)
        #expect(try spool.place(of: id) == .done)
    }

    /// Otherwise the kernel would kill the runner with the rest, and nothing would be on record.
    @Test func whatStillRunsIsStoppedAndOnRecord() throws {
        let spool = try TemporarySpool()
        let (run, first) = try start(["worker", "-j", "1"], in: spool)
        defer { kill(first, SIGKILL) }
        let id = try spool.submit("-c", "echo up >> proof; sleep 600")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        kill(first, SIGTERM)
        #expect(try run.wait().status == 0)
        #expect(try spool.place(of: id) == .failed)
        let attempt = try #require(try spool.job(id).attempts?.last)
        #expect(attempt.outcome == .interrupted)
        #expect(attempt.message?.contains("told to stop") == true)
    }
}
