import CSpoolTrace
import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// Jobs that are claimed before there is a slot for them: they never begin before their turn, and wait for nobody
/// who doesn't run them.
struct PrefetchTests {
    /// A worker with one slot, in which a command runs until the gate is opened, and two jobs that are claimed ahead.
    private struct Bed {
        let spool: TemporarySpool
        let gate: Gate
        let worker: ProgramRun
        let running: String
        let claimed: [String]

        init(prefetchBelow: String, then: String = "true") throws {
            spool = try TemporarySpool()
            gate = try Gate(spool)
            _ = try spool.open()
            try FileTree.write(
                spool["settings.json"], Array("{\"prefetch_below\": \"\(prefetchBelow)\"}".utf8))
            _ = try spool.submit("--", "true")
            running = try spool.submit("-c", "echo up >> proof; read line < gate")
            let spool = spool
            claimed = try (1...2).map { try spool.submit("-c", "echo \($0) >> proof; \(then)") }
            worker = try spool.startWorker("-j", "1")
            try spool.wait("two are claimed ahead") {
                try spool.lines("proof") == ["up"] && spool.ids(in: .running).count == 3
            }
            let worker = worker
            let second = spool["running/\(claimed[1]).1.json"]
            try spool.wait("the first one lies in the channel to the runner") {
                try ProcessView.descriptors(of: worker.pid).values
                    .filter { $0.contains("/running/") } == [second]
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
        let bed = try Bed(prefetchBelow: "10s")
        try bed.expectAllToRun()
    }

    @Test func theyGoBackWhereSlotsStayTaken() throws {
        let bed = try Bed(prefetchBelow: "5s")
        try bed.expectBack()
        try bed.expectAllToRun()
    }

    @Test func theyGoBackAtAPause() throws {
        let bed = try Bed(prefetchBelow: "10s")
        #expect(try bed.spool.run("pause").status == 0)
        try bed.expectBack()
        #expect(try bed.spool.run("resume").status == 0)
        try bed.expectAllToRun()
    }

    @Test func theyGoBackWhereTheirWorkerStops() throws {
        let bed = try Bed(prefetchBelow: "10s")
        bed.worker.signal(SIGTERM)
        #expect(try bed.worker.wait().status == 0)
        #expect(try bed.spool.ids(in: .incoming) == bed.claimed)
        try bed.spool.startWorker("-j", "1")
        try bed.expectAllToRun()
    }

    @Test func theyGoBackWhereTheirWorkerDies() throws {
        let bed = try Bed(prefetchBelow: "10s")
        try bed.spool.startWorker("-j", "1")
        bed.worker.signal(SIGKILL)
        try bed.worker.wait()
        try bed.expectBack()
        try bed.expectAllToRun()
    }

    /// A dying process frees one lock after the other.
    @Test func theyWaitForTheRunnersOfAWorkerThatIsGoing() throws {
        let bed = try Bed(prefetchBelow: "10s")
        let number = try #require(
            try ProcessView.descriptors(of: bed.worker.pid).first { $1.contains("/workers/") })
        let lock = trace_take_descriptor(bed.worker.pid, try #require(CInt(number.key)))
        try #require(lock >= 0, "pidfd_getfd: errno \(errno)")
        defer { close(lock) }
        let runner = try #require(try bed.spool.job(bed.running).attempts?.last?.runner.pid)
        let next = try bed.spool.startWorker("-j", "1")
        bed.worker.signal(SIGKILL)
        try bed.worker.wait()
        try bed.spool.wait("its runner counts against the slots of the other one") {
            try ProcessView.watched(by: next.pid).contains(runner)
        }
        try bed.expectBack()
        try bed.expectAllToRun()
    }

    @Test func moreUrgentJobsOvertakeThem() throws {
        let bed = try Bed(prefetchBelow: "10s")
        let later = try (1...12).map { _ in try bed.spool.submit("-c", "echo later >> proof") }
        try bed.spool.wait("so many are claimed that no more would be") {
            try bed.spool.ids(in: .running).count >= 11
        }
        let urgent = try ["high", "critical", "critical"].map { priority in
            let id = try bed.spool.submit(
                "--priority", priority, "-c", "echo \(priority) >> proof")
            return id
        }
        try bed.spool.wait("two of them are claimed") {
            try Set(bed.spool.ids(in: .running)).isSuperset(of: urgent[...1])
        }
        try bed.gate.open()
        for id in urgent + later { try bed.spool.wait(for: id, in: .done) }
        #expect(
            try bed.spool.lines("proof")
                == ["up", "1", "critical", "critical", "high", "2"]
                + later.map { _ in "later" })
    }

    /// Others run what waits; after a power cut, each of the claimed ones counts as begun.
    @Test func urgentJobsLetNoMoreOthersBeClaimed() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try FileTree.write(spool["settings.json"], Array("{\"prefetch_below\": \"10s\"}".utf8))
        let jobs = (1...300).map { _ in #"{"command": "sleep 0.05"}"# }
        let result = try spool.run(
            ["submit", "--no-start", "-"], input: jobs.joined(separator: "\n"))
        #expect(result.status == 0)
        try spool.startWorker("-j", "1")
        // 32 at most, as many urgent ones at once as are few, and the one that runs.
        let most = 32 + 4 + 1 + 1
        for _ in 1...40 {
            let urgent = try spool.submit("--priority", "critical", "--", "true")
            try spool.wait(for: urgent, in: .done)
            #expect(try spool.ids(in: .running).count <= most)
        }
    }

    @Test func theyCanBeCancelled() throws {
        let bed = try Bed(prefetchBelow: "10s")
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
        let verbs = try bed.spool.verbs(of: id).filter { $0 != "cancel" }
        #expect(verbs == ["submit", "claim", "start", "finish"])
    }

    /// The worker has handed over the lock too, or it would take a dead runner for a living one.
    @Test func theirLocksAreTheirRunners() throws {
        let bed = try Bed(prefetchBelow: "10s", then: "read line < gate2")
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
    }

    /// Whoever tells a runner to stop, as the system does when it goes down, means all that it would run.
    @Test(arguments: [SIGKILL, SIGTERM])
    func othersRunWhatTheirRunnerDoesNot(signal: CInt) throws {
        let bed = try Bed(prefetchBelow: "10s")
        let runner = try #require(try bed.spool.job(bed.running).attempts?.last?.runner.pid)
        kill(runner, signal)
        try bed.spool.wait(for: bed.running, in: .failed)
        for id in bed.claimed {
            try bed.spool.wait(for: id, in: .done)
            let attempts = try #require(try bed.spool.job(id).attempts)
            #expect(attempts.count == 1 && attempts[0].runner.pid != runner)
        }
        let proof = try bed.spool.lines("proof")
        // What a living runner brings back waits behind what its worker has.
        #expect(
            signal == SIGKILL ? proof == ["up", "1", "2"] : proof.sorted() == ["1", "2", "up"])
    }

    @Test(arguments: ["full", "off"])
    func noneWaitsForALongCommandBesideAFreeSlot(sync: String) throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        _ = try spool.open()
        try FileTree.write(spool["settings.json"], Array("{\"prefetch_below\": \"10s\"}".utf8))
        _ = try spool.submit("--sync", sync, "--", "true")
        let long = try spool.submit("--sync", sync, "-c", "echo up >> proof; read line < gate")
        let short = try (1...20).map {
            try spool.submit("--sync", sync, "-c", "echo \($0) >> proof")
        }
        try spool.startWorker("-j", "2")
        // Five times as long as a short command takes, it would be brought back anyway.
        try spool.wait("all short ones have ended", upTo: 40) {
            try spool.ids(in: .done).count == 1 + short.count
        }
        #expect(try spool.ids(in: .running) == [long])
        #expect(try Set(spool.lines("proof")) == Set(["up"] + (1...20).map(String.init)))
        #expect(try spool.lines("proof").count == 21)
        try gate.open()
        try spool.wait(for: long, in: .done)
    }

    /// Two runners have commands that take longer than a short one, and one job lies in the channel to one of them. They
    /// would take it from each other for ever, and the worker would hear nothing any more.
    @Test func lateRunnersLeaveEachOtherAlone() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        _ = try spool.open()
        try FileTree.write(spool["settings.json"], Array("{\"prefetch_below\": \"2s\"}".utf8))
        let worker = try spool.startWorker("-j", "2")
        let first = try (1...4).map { _ in try spool.submit("--", "true") }
        for id in first { try spool.wait(for: id, in: .done) }
        let long = try (1...2).map { _ in
            let id = try spool.submit("-c", "echo up >> proof; read line < gate")
            return id
        }
        try spool.wait("the long ones run") { try spool.lines("proof").count == 2 }
        let begun = Clock.monotonic()
        let claimed = try spool.submit("--", "true")
        try spool.wait("one more job is claimed") {
            try spool.ids(in: .running) == (long + [claimed]).sorted()
        }
        try spool.wait("both are late") { Clock.monotonic() - begun > 2_000_000_000 }
        let last = try spool.submit("--", "true")
        try spool.wait("it has woken the worker, or the other one is back") {
            try spool.ids(in: .running).contains(last) || spool.ids(in: .incoming).contains(claimed)
        }
        worker.signal(SIGTERM)
        #expect(try worker.wait().status == 0)
        #expect(try Set(spool.ids(in: .incoming)) == [claimed, last])
        try spool.startWorker("-j", "2")
        try gate.open()
        for id in long + [claimed, last] { try spool.wait(for: id, in: .done) }
    }

    /// With 0s it is off: commands are short, and no job is claimed without a slot.
    @Test func noneIsClaimedWhereItIsOff() throws {
        let spool = try Prefetching.off.spool()
        let gate = try Gate(spool)
        _ = try spool.submit("--", "true")
        let running = try spool.submit("-c", "echo up >> proof; read line < gate")
        let waiting = try (1...8).map { try spool.submit("-c", "echo \($0) >> proof") }
        try spool.startWorker("-j", "1")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        #expect(try spool.ids(in: .incoming) == waiting)
        // The end of the one before may become durable after the command has begun.
        try spool.wait("it alone runs") { try spool.ids(in: .running) == [running] }
        #expect(try spool.ids(in: .incoming) == waiting)
        try gate.open()
        for id in [running] + waiting { try spool.wait(for: id, in: .done) }
        #expect(try spool.lines("proof") == ["up"] + (1...8).map(String.init))
        // Each is claimed once the command before has ended, and so after its start.
        let verbs = try spool.history().split(separator: "\n").compactMap { line in
            ["claim", "start"].first { line.contains("\"verb\":\"\($0)\"") }
        }
        #expect(verbs == (1...10).flatMap { _ in ["claim", "start"] })
    }
}
