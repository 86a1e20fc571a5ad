import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// Processes of a command's group whose parent has left the group, and lives: they are no children of the runner.
struct StrayMemberTests {
    private static let isSleep = "[ \"$(cat /proc/$(cat left)/comm)\" = sleep ]"

    /// A line of sh(1) that leaves such a process.
    ///
    /// - Parameters:
    ///   - line: what it runs. Its pid is in the file `left`.
    ///   - condition: what the command waits for then.
    private static func leaves(_ line: String, until condition: String = isSleep) -> String {
        "(sh -c '\(line)' & echo $! > left; exec setsid sh -c 'echo out > out; exec sleep 600')"
            + " > /dev/null 2>&1 & until [ -s left ] && [ -s out ] && \(condition);"
            + " do sleep 0.01; done"
    }

    /// An event tells that it has ended: no heartbeat looks.
    @Test(arguments: [0, 3])
    func itIsEndedAndOnRecord(code: Int) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("settings.json", #"{"heartbeat": "1h"}"#)
        let id = try spool.submit(
            "-c", StrayMemberTests.leaves("exec sleep 600") + "; exit \(code)")
        try spool.runWorker("-j", "1")
        #expect(try spool.place(of: id) == (code == 0 ? .done : .failed))
        let attempt = try #require(try spool.job(id).attempts?.last)
        #expect(attempt.exitCode == Int32(code))
        #expect(attempt.outlivedBy?.map(\.name) == ["sleep"])
        #expect(try attempt.outlivedBy?.map { "\($0.pid)" } == spool.lines("left"))
        #expect(try !spool.isLeft())
    }

    @Test func noAttemptRunsBesideIt() throws {
        let spool = try TemporarySpool()
        let looks =
            "if [ -s left ]; then case \"$(cat /proc/$(cat left)/stat)\" in"
            + " ''|*') Z '*) ;; *) echo beside > beside ;; esac; rm left out; fi; "
        let id = try spool.submit(
            "--max-attempts", "2", "--backoff", "fixed:1ms", "--kill-after", "100ms", "-c",
            looks + StrayMemberTests.leaves("trap \"\" TERM; exec sleep 600") + "; exit 3")
        try spool.runWorker("-j", "1")
        let attempts = try spool.job(id).attempts ?? []
        #expect(attempts.map(\.exitCode) == [3, 3])
        #expect(attempts.map { $0.outlivedBy?.count } == [1, 1])
        #expect(try spool.lines("beside").isEmpty)
        #expect(try !spool.isLeft())
    }

    @Test func aCancellationEndsIt() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let id = try spool.submit(
            "--kill-after", "100ms", "-c",
            StrayMemberTests.leaves("trap \"\" TERM; exec sleep 600")
                + "; echo up > up; exec sleep 600")
        try spool.wait("it runs") { try spool.lines("up") == ["up"] }
        #expect(try spool.run("cancel", id).status == 0)
        try spool.wait(for: id, in: .failed)
        #expect(try !spool.isLeft())
        #expect(try spool.job(id).state == .cancelled)
    }

    @Test func oneThatIsToStayGoesOn() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit(
            "--keep-children", "-c", StrayMemberTests.leaves("exec sleep 600") + "; exit 3")
        try spool.runWorker("-j", "1")
        #expect(try spool.place(of: id) == .failed)
        #expect(try spool.job(id).attempts?.last?.outlivedBy == nil)
        #expect(try spool.isLeft())
    }

    /// Its parent may never take its end.
    @Test func oneThatIsDeadDoesNotCount() throws {
        let spool = try TemporarySpool()
        let ends = "until [ \"$(cat /proc/$PPID/comm)\" = sleep ]; do sleep 0.01; done"
        let isDead = "grep -q \") Z \" /proc/$(cat left)/stat"
        let id = try spool.submit(
            "-c", StrayMemberTests.leaves(ends, until: isDead) + "; exit 3")
        try spool.runWorker("-j", "1")
        #expect(try spool.place(of: id) == .failed)
        let attempt = try #require(try spool.job(id).attempts?.last)
        #expect(attempt.message == "exit code 3" && attempt.outlivedBy == nil)
        let pid = try #require(try spool.lines("left").first.flatMap { Int32($0) })
        #expect(ProcessTable.stat(of: pid)?.isZombie == true, "nobody has taken it")
    }

    /// No event tells of that.
    @Test(arguments: [false, true])
    func oneMayLeaveTheGroupInstead(asChild: Bool) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("settings.json", #"{"heartbeat": "100ms"}"#)
        let line =
            "trap \"exec setsid sleep 600\" TERM; echo in > in; while :; do sleep 0.01; done"
        let leaves =
            asChild
            ? "sh -c '\(line)' > /dev/null 2>&1 & echo $! > left;"
                + " until [ -s in ]; do sleep 0.01; done"
            : StrayMemberTests.leaves(line, until: "[ -s in ]")
        let id = try spool.submit("--kill-after", "1h", "-c", leaves + "; exit 3")
        try spool.runWorker("-j", "1")
        #expect(try spool.place(of: id) == .failed)
        #expect(try spool.job(id).attempts?.last?.exitCode == 3)
        #expect(try spool.isLeft())
    }
}
