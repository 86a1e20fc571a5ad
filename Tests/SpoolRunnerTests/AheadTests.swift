import Glibc
import Spool
import SpoolTestSupport
import Testing

/// Jobs that are claimed before there is a slot for them: they never begin before their turn, and wait for nobody
/// who doesn't run them.
struct AheadTests {
    /// A worker with one slot, in which a command runs until the gate is opened, and two jobs that are claimed ahead.
    private struct Bed {
        let spool: TemporarySpool
        let gate: Gate
        let worker: ProgramRun
        let running: String
        let claimed: [String]

        init(brisk: String, then: String = "true") throws {
            spool = try TemporarySpool()
            gate = try Gate(spool)
            _ = try spool.open()
            try FileTree.write(
                spool["settings.json"], Array("{\"brisk\": \"\(brisk)\"}".utf8))
            _ = try spool.submit("--", "true")
            running = try spool.submit("-c", "echo up >> proof; read line < gate")
            let spool = spool
            claimed = try (1...2).map { try spool.submit("-c", "echo \($0) >> proof; \(then)") }
            worker = try spool.startWorker("-j", "1")
            try spool.wait("two are claimed ahead") {
                try spool.lines("proof") == ["up"] && spool.ids(in: .running).count == 3
            }
        }

        func expectBack() throws {
            try spool.wait("they wait again") { try spool.ids(in: .incoming) == claimed }
            for id in claimed { #expect(try spool.job(id).attempts == nil) }
        }

        /// All of them run after all, once.
        func expectAllToRun() throws {
            try gate.open()
            for id in [running] + claimed { try spool.wait(for: id, in: .done) }
            #expect(try spool.lines("proof") == ["up", "1", "2"])
        }
    }

    @Test func theyRunInTheirTurn() throws {
        let bed = try Bed(brisk: "10s")
        try bed.expectAllToRun()
        withExtendedLifetime(bed.worker) {}
    }

    @Test func theyGoBackWhereSlotsStayTaken() throws {
        let bed = try Bed(brisk: "2s")
        try bed.expectBack()
        try bed.expectAllToRun()
        withExtendedLifetime(bed.worker) {}
    }

    @Test func theyGoBackAtAPause() throws {
        let bed = try Bed(brisk: "10s")
        #expect(try bed.spool.run("pause").status == 0)
        try bed.expectBack()
        #expect(try bed.spool.run("resume").status == 0)
        try bed.expectAllToRun()
        withExtendedLifetime(bed.worker) {}
    }

    @Test func theyGoBackWhereTheirWorkerStops() throws {
        let bed = try Bed(brisk: "10s")
        bed.worker.signal(SIGTERM)
        #expect(try bed.worker.wait().status == 0)
        #expect(try bed.spool.ids(in: .incoming) == bed.claimed)
        let next = try bed.spool.startWorker("-j", "1")
        try bed.expectAllToRun()
        withExtendedLifetime(next) {}
    }

    @Test func theyGoBackWhereTheirWorkerDies() throws {
        let bed = try Bed(brisk: "10s")
        let next = try bed.spool.startWorker("-j", "1")
        bed.worker.signal(SIGKILL)
        try bed.worker.wait()
        try bed.expectBack()
        try bed.expectAllToRun()
        withExtendedLifetime(next) {}
    }

    @Test func theyCanBeCancelled() throws {
        let bed = try Bed(brisk: "10s")
        let id = bed.claimed[0]
        let cancel = try bed.spool.start("cancel", id)
        try bed.spool.wait("it is asked for") {
            try bed.spool.names("running").contains { $0.hasSuffix(".cancel") }
        }
        try bed.gate.open()
        #expect(try cancel.wait().status == 0)
        try bed.spool.wait(for: id, in: .failed)
        try bed.spool.wait(for: bed.claimed[1], in: .done)
        #expect(try bed.spool.lines("proof") == ["up", "2"])
        #expect(try bed.spool.job(id).attempts?.last?.outcome == .cancelled)
        withExtendedLifetime(bed.worker) {}
    }

    /// The worker has handed over the lock too, or it would take a dead runner for a living one.
    @Test func theirLocksAreTheirRunners() throws {
        let bed = try Bed(brisk: "10s", then: "read line < gate2")
        let gate = try Gate(bed.spool, "gate2")
        try bed.gate.open()
        try bed.spool.wait("the first one runs") { try bed.spool.lines("proof") == ["up", "1"] }
        let id = bed.claimed[0]
        let runner = try #require(try bed.spool.job(id).attempts?.last?.runner.pid)
        kill(runner, SIGKILL)
        try bed.spool.wait(for: id, in: .failed)
        #expect(try bed.spool.job(id).attempts?.last?.outcome == .interrupted)
        try gate.open()
        try bed.spool.wait(for: bed.claimed[1], in: .done)
        withExtendedLifetime(bed.worker) {}
    }
}
