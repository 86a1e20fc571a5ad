import Glibc
import Spool
import SpoolTestSupport
import Testing

/// Nothing is left open, and nothing is handed on.
struct DescriptorTests {
    @Test func threeHundredJobsLeaveNothingOpen() throws {
        let spool = try TemporarySpool()
        let worker = try spool.startWorker("-j", "4")
        func run(_ count: Int, _ name: String) throws {
            for number in 0..<count {
                // Drop-ins that are good, bad, and retried: every way through the worker.
                let text =
                    switch number % 10 {
                    case 8: "{"
                    case 9: #"{"command": "exit 1", "max_attempts": 2, "backoff": ["0s"]}"#
                    default: #"{"command": ["true"]}"#
                    }
                try spool.drop("\(name)-\(number).json", text)
            }
        }
        func rest(after good: Int, _ bad: Int) throws {
            try spool.wait("\(good) have run") {
                try spool.ids(in: .done).count == good
                    && spool.names("dead-letter").count { !$0.hasSuffix(".reason") } == bad
                    && ProcessView.children(of: worker.pid).isEmpty
            }
        }
        try run(10, "first")
        try rest(after: 8, 2)
        let before = try ProcessView.descriptors(of: worker.pid)
        try run(300, "more")
        try rest(after: 248, 62)
        #expect(try ProcessView.descriptors(of: worker.pid) == before)
    }

    @Test func aCommandHasItsThreeStreamsOnly() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "2")
        try spool.drop("x.json", #"{"command": ["sleep", "600"]}"#)
        try expectThreeStreams(spool)
    }

    /// Whatever the caller has open, the daemon that it starts must not keep.
    @Test func neitherDoesACallerLeaveAny() throws {
        let spool = try TemporarySpool()
        let follower = try ProgramRun(
            [
                "/bin/sh", "-c",
                "exec 5</dev/null 7</dev/null 9>kept;"
                    + " exec \(TemporarySpool.binary) run --follow -- sleep 600",
            ],
            environment: spool.environment.merging(["SPOOL_AUTOSTART": "yes"]) { _, new in new },
            directory: spool.home)
        defer { spool.killProcesses() }
        try expectThreeStreams(spool)
        var looked = 0
        for pid in spool.processes() where pid != follower.pid {
            // Its command was killed above, and its runner may have ended since; the daemon lives on.
            guard let open = try? ProcessView.descriptors(of: pid), !open.isEmpty else { continue }
            looked += 1
            #expect(!open.values.contains { $0.hasSuffix("/kept") }, "\(pid): \(open)")
        }
        #expect(looked > 0)
    }

    private func expectThreeStreams(_ spool: TemporarySpool) throws {
        var command: pid_t = 0
        try spool.wait("it runs") {
            guard let id = try spool.ids(in: .running).first,
                let pid = try? spool.job(id).attempts?.last?.command?.pid,
                let title = try? FileTree.read("/proc/\(pid)/cmdline"),
                title.starts(with: "sleep".utf8)
            else { return false }
            command = pid
            return true
        }
        let open = try ProcessView.descriptors(of: command)
        #expect(open.keys.sorted() == ["0", "1", "2"], "\(open)")
        #expect(open["0"] == "/dev/null" && open["1"] == "pipe:" && open["2"] == "pipe:")
        kill(command, SIGKILL)
    }
}
