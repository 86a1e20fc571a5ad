import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// One process runs one job after the other, as long as nothing of the last one is left in it.
struct RunnerProcessTests {
    private func runners(of ids: [String], in spool: TemporarySpool) throws -> [Int32] {
        try ids.map { try #require(try spool.job($0).attempts?.last?.runner.pid) }
    }

    /// Unsynced: the next job of a slot needn't wait for the end of the last one to be synced, and may begin in
    /// another process meanwhile.
    private func submit(_ lines: [String], to spool: TemporarySpool) throws -> [String] {
        try lines.map { try spool.submit("--sync", "off", "-c", $0) }
    }

    @Test(arguments: Prefetching.allCases)
    func oneProcessRunsOneJobAfterTheOther(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        let ids = try submit(
            ["echo one; exit 3", "echo two", "cat; echo $SPOOL_JOB_ID", "kill $$"], to: spool)
        try spool.runWorker("-j", "1")
        #expect(try Set(runners(of: ids, in: spool)).count == 1)
        #expect(
            try ids.map { try spool.job($0).attempts?.last?.exitCode } == [3, 0, 0, nil])
        #expect(try spool.job(ids[3]).attempts?.last?.signal == "SIGTERM")
        let logs = try ids.map { try spool.run("logs", $0).text }
        #expect(logs == ["one\n", "two\n", ids[2] + "\n", ""])
        try spool.wait("none is left") { spool.processes().isEmpty }
    }

    /// Of a job that was moved by hand to wait again, what its file says isn't all that is true of it.
    @Test(arguments: Prefetching.allCases)
    func whatWasSaidByTheNameComesAlong(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        let first = try spool.submit("-c", "true")
        let moved = try spool.submit("-c", "echo $SPOOL_QUEUE")
        #expect(try spool.run("move", "-q", "mail", moved).status == 0)
        let again = try spool.submit("-c", "echo x >> proof")
        try spool.runWorker("-j", "1")
        #expect(try spool.run("logs", moved).text == "mail\n")
        let ended = try #require(try spool.jobPaths().first { $0.contains(again) })
        try spool.rename(ended, to: "incoming/\(again).json")
        let fresh = try submit(["true"], to: spool)
        try spool.runWorker("-j", "1")
        #expect(try spool.lines("proof") == ["x", "x"])
        #expect(try spool.job(again).attempts?.map(\.number) == [1, 2])
        #expect(try spool.ids(in: .done) == ([first, moved, again] + fresh).sorted())
    }

    /// Else nobody could queue it again, or clean it away.
    @Test(arguments: Prefetching.allCases)
    func anEndedJobIsLetGo(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        let gate = try Gate(spool)
        try spool.startWorker("-j", "1")
        let ids = try submit(["true", "true", "echo up >> proof; read line < gate"], to: spool)
        try spool.wait("the last one runs") { try spool.lines("proof") == ["up"] }
        let pids = try runners(of: ids, in: spool)
        #expect(Set(pids).count == 1)
        let open = try ProcessView.descriptors(of: pids[0]).values.filter { $0.hasSuffix(".json") }
        #expect(open == [spool["running/\(ids[2]).1.json"]])
        try gate.open()
        try spool.wait(for: ids[2], in: .done)
    }

    /// The command doesn't wait for that, but it comes all the same, and not only with its end.
    @Test(arguments: ["off", "full"])
    func aStartIsNoted(sync: String) throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let id = try spool.submit("--sync", sync, "-c", "read line < gate")
        try spool.startWorker("-j", "1")
        try spool.wait("the history tells of it, and the file as it was before is gone") {
            try spool.verbs(of: id) == ["submit", "claim", "start"] && spool.names("tmp").isEmpty
        }
        try gate.open()
        try spool.wait(for: id, in: .done)
        try spool.wait("the history tells of its end") {
            try spool.verbs(of: id) == ["submit", "claim", "start", "finish"]
        }
    }

    @Test(arguments: Prefetching.allCases)
    func aProcessWithAnOrphanTakesNoOtherJob(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        let gate = try Gate(spool)
        let ids = try submit(
            [
                "(setsid sh -c 'echo > left; read line < gate' >/dev/null 2>&1 &);"
                    + " until [ -e left ]; do sleep 0.01; done", "true", "true",
            ], to: spool)
        try spool.runWorker("-j", "1")
        let pids = try runners(of: ids, in: spool)
        #expect(pids[0] != pids[1] && pids[1] == pids[2])
        try gate.open()
        try spool.wait("all have ended") { spool.processes().isEmpty }
    }

    @Test(arguments: [SIGKILL, SIGTERM])
    func aRestingProcessMayDie(of signal: CInt) throws {
        let spool = try TemporarySpool()
        let worker = try spool.startWorker("-j", "1")
        let first = try spool.submit("-c", "true")
        try spool.wait(for: first, in: .done)
        let pid = try runners(of: [first], in: spool)[0]
        // It may have gone by itself.
        kill(pid, signal)
        try spool.wait("it has ended") { ProcessTable.stat(of: pid) == nil }
        let second = try spool.submit("-c", "true")
        try spool.wait(for: second, in: .done)
        #expect(try runners(of: [second], in: spool) != [pid])
        worker.signal(SIGTERM)
        #expect(try worker.wait().errorText == "")
    }

    @Test func restingProcessesLeaveWhenThereIsNoMore() throws {
        let spool = try TemporarySpool()
        let worker = try spool.startWorker("-j", "2")
        let ids = try submit(["true", "true", "true"], to: spool)
        for id in ids { try spool.wait(for: id, in: .done) }
        try spool.wait("only the worker is left") { spool.processes() == [worker.pid] }
    }

    @Test func afterNewSettingsNoneIsKept() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let worker = try spool.startWorker("-j", "1")
        let ids = try submit(["echo up >> proof; read line < gate", "true", "true"], to: spool)
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        worker.signal(SIGHUP)
        try spool.wait("the settings were read") {
            String(decoding: try worker.errorSoFar(), as: UTF8.self).contains("read again")
        }
        try gate.open()
        for id in ids { try spool.wait(for: id, in: .done) }
        let pids = try runners(of: ids, in: spool)
        #expect(pids[0] != pids[1] && pids[1] == pids[2])
    }

    /// It tries again for as long as it can't write it, but not where nobody will ever ask.
    @Test func anEndThatNobodyCanAskForIsLetGo() throws {
        let spool = try TemporarySpool()
        let worker = try spool.startWorker("-j", "1")
        let id = try spool.submit("--", "sleep", "600")
        try spool.wait("it runs") { try spool.verbs(of: id).contains("start") }
        let command = try #require(try spool.job(id).attempts?.last?.command?.pid)
        worker.signal(SIGKILL)
        _ = try worker.wait()
        FileTree.remove(spool.path)
        kill(command, SIGTERM)
        try spool.wait("its runner has ended") { spool.processes().isEmpty }
    }
}
