import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// Whatever is killed when: every job ends in one place, and nothing runs twice unasked.
struct CrashTests {
    private func runner(of id: String, in spool: TemporarySpool) throws -> pid_t {
        try #require(try spool.job(id).attempts?.last?.runner.pid)
    }

    /// It may hold several files: those of ended jobs that it hasn't brought on yet, and the one of the job that it runs.
    @Test func aRunnerOfADeadWorkerCountsOnce() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        _ = try spool.open()
        try FileTree.write(spool["settings.json"], Array("{\"prefetch_below\": \"10s\"}".utf8))
        let other = try spool.startWorker("-j", "2", "--queue", "other")
        // One after the other without a pause, so that their ends share syncs. A slow machine may have brought them on
        // before the runner stands still: then there is nothing to count twice.
        let jobs =
            (1...12).map { _ in #"{"command": ["true"]}"# } + [
                #"{"command": "kill -STOP $PPID; echo up >> proof; read line < gate"}"#
            ]
        let submitted = try spool.run(
            ["submit", "--no-start", "-"], input: jobs.joined(separator: "\n"))
        let ids = submitted.text.split(separator: "\n").map(String.init)
        try #require(ids.count == jobs.count)
        let (short, long) = (ids.dropLast(), ids[ids.count - 1])
        let dead = try spool.startWorker("-j", "1", "--queue", "default")
        try spool.wait("it runs, and its runner stands still") {
            try spool.lines("proof") == ["up"]
        }
        let runner = try runner(of: long, in: spool)
        dead.signal(SIGKILL)
        try dead.wait()
        try spool.wait("the runner is counted") {
            try ProcessView.watched(by: other.pid).contains(runner)
        }
        kill(runner, SIGCONT)
        for id in short { try spool.wait(for: id, in: .done) }
        #expect(try spool.run("run", "--wait", "-q", "other", "--", "true").status == 0)
        #expect(try spool.place(of: long) == .running)
        try gate.open()
        try spool.wait(for: long, in: .done)
    }

    @Test(arguments: Prefetching.allCases)
    func aKilledWorkerCostsItsRunningJobsNothing(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        let gate = try Gate(spool)
        let worker = try spool.startWorker("-j", "4")
        var ids: [String] = []
        for code in 0..<4 {
            ids.append(
                try spool.submit(
                    "-c", "echo up >> proof; read line < gate; echo out; exit \(code)"))
        }
        try spool.wait("all run") { try spool.lines("proof").count == 4 }
        worker.signal(SIGKILL)
        #expect(try worker.wait().status == 137)
        try gate.open()
        try spool.wait("all have ended") { try spool.ids(in: .running).isEmpty }
        #expect(try spool.ids(in: .done) == [ids[0]])
        #expect(try spool.ids(in: .failed) == ids.dropFirst().sorted())
        for (code, id) in ids.enumerated() {
            #expect(try spool.job(id).attempts?.map(\.exitCode) == [Int32(code)])
            #expect(try spool.run("logs", id).text == "out\n")
        }
        #expect(spool.processes().isEmpty)
        #expect(try spool.open().workers().isEmpty, "the dead worker isn't counted")
    }

    @Test(arguments: Prefetching.allCases)
    func aKilledRunnerTakesItsWholeProcessGroupAlong(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        _ = try Gate(spool)
        let worker = try spool.startWorker("-j", "1")
        let id = try spool.submit(
            "-c",
            "trap '' TERM; (trap '' TERM; echo a >> proof; read line < gate) &"
                + " echo b >> proof; wait")
        try spool.wait("both processes run") { try spool.lines("proof").count == 2 }
        kill(try runner(of: id, in: spool), SIGKILL)
        try spool.wait(for: id, in: .failed)
        #expect(spool.processes() == [worker.pid])
        let job = try spool.job(id)
        #expect(job.state == .interrupted)
        #expect(job.attempts?.map(\.outcome) == [.interrupted])
        #expect(try spool.run("wait", id).status != 0)
    }

    @Test(arguments: Prefetching.allCases)
    func anInterruptedJobIsTriedAgainWhereThatWasAllowed(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        _ = try Gate(spool)
        try spool.startWorker("-j", "1")
        let id = try spool.submit(
            "-m", "2", "--backoff", "fixed:300ms", "-c",
            "echo $SPOOL_ATTEMPT >> proof; test $SPOOL_ATTEMPT = 2 || read line < gate")
        try spool.wait("it runs") { try spool.lines("proof") == ["1"] }
        kill(try runner(of: id, in: spool), SIGKILL)
        try spool.wait(for: id, in: .done)
        #expect(try spool.lines("proof") == ["1", "2"])
        #expect(try spool.job(id).attempts?.map(\.outcome) == [.interrupted, .completed])
    }

    @Test(arguments: Prefetching.allCases)
    func aRunnerThatIsToldToStopStopsItsCommand(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        _ = try Gate(spool)
        try spool.startWorker("-j", "1")
        let id = try spool.submit("-c", "echo up >> proof; read line < gate")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        kill(try runner(of: id, in: spool), SIGTERM)
        try spool.wait(for: id, in: .failed)
        #expect(try spool.job(id).state == .interrupted)
    }

    @Test(arguments: [0, 4, 12, 25])
    func nothingRunsTwiceWhenEverythingIsKilled(afterLines count: Int) throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        var ids: [String] = []
        for number in 0..<36 {
            let line = "echo $SPOOL_JOB_ID >> proof" + (number % 4 == 3 ? "; read line < gate" : "")
            ids.append(try spool.submit("--sync", "off", "-c", line))
        }
        let workers = try (0..<2).map { _ in try spool.startWorker("-j", "6") }
        try spool.wait("some have begun") { try spool.lines("proof").count >= count }
        spool.killProcesses()
        for worker in workers { try worker.wait() }
        #expect(spool.processes().isEmpty)
        try gate.open()
        try spool.runWorker("-j", "4")

        #expect(try spool.jobPaths().count == ids.count, "each in exactly one place")
        #expect(try spool.names("running").isEmpty && spool.names("incoming").isEmpty)
        let done = try spool.ids(in: .done)
        let failed = try spool.ids(in: .failed)
        #expect((done + failed).sorted() == ids.sorted())
        let proof = try spool.lines("proof")
        #expect(Set(proof).count == proof.count, "none ran twice")
        #expect(Set(done).isSubset(of: proof))
        for id in failed {
            let job = try spool.job(id)
            #expect(job.state == .interrupted)
            #expect(job.attempts?.count == 1)
        }
    }

    @Test func whatMayBeTriedAgainIsBroughtToAnEnd() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        var ids: [String] = []
        for _ in 0..<8 {
            ids.append(
                try spool.submit(
                    "-m", "3", "--backoff", "fixed:200ms", "--sync", "off", "-c",
                    "echo $SPOOL_JOB_ID >> proof; read line < gate"))
        }
        let worker = try spool.startWorker("-j", "8")
        try spool.wait("all run") { try spool.lines("proof").count == 8 }
        spool.killProcesses()
        try worker.wait()
        try gate.open()
        try spool.startWorker("-j", "8")
        try spool.wait("all have run") { try spool.ids(in: .done).count == 8 }
        #expect(try spool.lines("proof").count == 16)
        for id in ids {
            #expect(try spool.job(id).attempts?.map(\.outcome) == [.interrupted, .completed])
        }
    }
}
