import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// What of inotify may be used up: the limit in a user namespace, and the one of the system.
private enum Limit: String, CaseIterable, Sendable {
    case instances, watches
    var sysctl: String { "fs.inotify.max_user_\(rawValue)" }

    /// A shell's words that set it to nothing, and run the rest.
    var words: [String] {
        [
            "unshare", "-U", "-r", "sh", "-c",
            "echo 0 >/proc/sys/user/max_inotify_\(rawValue) || exit 99; exec \"$@\"", "sh",
        ]
    }

    static let canBeSet = allCases.allSatisfy { ProcessControl.run($0.words + ["true"]) == 0 }
}

/// Where inotify has no room for one more, everything looks for itself: nothing fails, and nothing waits for ever.
@Suite(.enabled(if: Limit.canBeSet, "no user namespace with limits of inotify can be made"))
struct WithoutInotifyTests {
    /// Starts `spool` where nothing is left of it.
    private func start(
        _ limit: Limit, _ spool: TemporarySpool, _ arguments: [String],
        _ more: [String: String] = [:]
    ) throws -> ProgramRun {
        _ = try spool.run("init")
        return try ProgramRun(
            limit.words + [TemporarySpool.binary] + arguments,
            environment: spool.environment.merging(more) { $1 }, directory: spool.home)
    }

    private func startWorker(_ limit: Limit, _ spool: TemporarySpool) throws -> ProgramRun {
        let worker = try start(limit, spool, ["worker", "-j", "2"])
        try spool.wait("the worker is there") { try spool.names("workers").count == 1 }
        return worker
    }

    @Test(arguments: Limit.allCases)
    fileprivate func jobsRunAndAreWaitedFor(_ limit: Limit) throws {
        let spool = try TemporarySpool()
        let worker = try startWorker(limit, spool)
        let result = try start(limit, spool, ["run", "--wait", "-c", "exit 7"]).wait()
        #expect(result.status == 7)
        #expect(result.errorText.contains(limit.sysctl))
        #expect(result.errorText.split(separator: "\n").count == 1, "it is said once")
        let ids = try (0..<3).map { try spool.submit("-c", "exit \($0)") }
        let waited = try start(limit, spool, ["wait"] + ids).wait()
        #expect(waited.status == 1)
        let said = String(decoding: try worker.errorSoFar(), as: UTF8.self)
        #expect(said.contains(limit.sysctl) && said.contains("every second"))
        #expect(said.split(separator: "\n").count { $0.contains("inotify") } == 1)
        for text in [result.errorText, waited.errorText, said] {
            #expect(!text.contains("spool clean"))
        }
    }

    /// A queue comes when nothing is left: its jobs don't wait for the next regular look.
    @Test func aQueueThatCannotBeWatchedIsLookedAt() throws {
        let spool = try TemporarySpool()
        _ = try spool.run("init")
        // As many as a worker needs without any queue.
        let words = [
            "unshare", "-U", "-r", "sh", "-c",
            "echo 6 >/proc/sys/user/max_inotify_watches || exit 99; exec \"$@\"", "sh",
        ]
        let worker = try ProgramRun(
            words + [TemporarySpool.binary, "worker", "-j", "2"],
            environment: spool.environment, directory: spool.home)
        spool.keep(worker)
        try spool.wait("the worker is there") { try spool.names("workers").count == 1 }
        let first = try spool.submit("--", "true")
        try spool.wait(for: first, in: .done)
        #expect(try worker.errorSoFar().isEmpty)
        for _ in 0..<3 {
            let id = try spool.submit("-q", "other", "--", "true")
            try spool.wait(for: id, in: .done)
        }
        let said = String(decoding: try worker.errorSoFar(), as: UTF8.self)
        #expect(said.split(separator: "\n").count { $0.contains("every second") } == 1)
    }

    /// Between two looks at its file, too, when a look for what holds it up finds it where it has ended.
    @Test func jobsThatEndAtAnyMomentAreReported() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "12")
        let waiting = try (20...31).map { hundredths in
            try start(.instances, spool, ["run", "--wait", "--", "sleep", "0.\(hundredths)"])
        }
        for process in waiting { #expect(try process.wait().status == 0) }
    }

    @Test(arguments: Limit.allCases)
    fileprivate func outputIsShownWhileItComes(_ limit: Limit) throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        spool.keep(try startWorker(limit, spool))
        let line = "printf first; read line < gate; echo ' second'; exit 9"
        let following = try start(limit, spool, ["run", "--follow", "-c", line])
        try spool.wait("the first word is shown") {
            try following.outputSoFar() == Array("first".utf8)
        }
        try gate.open()
        let result = try following.wait()
        #expect(result.status == 9)
        #expect(result.text == "first second\n")
        #expect(result.errorText == "", "standard error is the command's alone")
    }

    @Test(arguments: Limit.allCases)
    fileprivate func aCancelledJobIsWaitedFor(_ limit: Limit) throws {
        let spool = try TemporarySpool()
        _ = try Gate(spool)
        spool.keep(try startWorker(limit, spool))
        let id = try spool.submit("-c", "read line < gate")
        try spool.wait(for: id, in: .running)
        let result = try start(limit, spool, ["cancel", "--wait", id]).wait()
        // 0: it had ended when it was looked at first.
        #expect([0, 128 + 15].contains(result.status), "\(result.errorText)")
        #expect(try spool.place(of: id) == .failed)
    }

    /// Starts `spool` where nothing is left of it until a file is there.
    private func start(
        _ limit: Limit, _ spool: TemporarySpool, _ arguments: [String], until file: String
    ) throws -> ProgramRun {
        _ = try spool.run("init")
        let setting = "/proc/sys/user/max_inotify_\(limit.rawValue)"
        let words = [
            "unshare", "-U", "-r", "sh", "-c",
            """
            echo 0 >\(setting) || exit 99
            ((while [ ! -e "$0" ]; do sleep 0.02; done; echo 1000 >\(setting)) &)
            exec "$@"
            """, file,
        ]
        return try ProgramRun(
            words + [TemporarySpool.binary] + arguments, environment: spool.environment,
            directory: spool.home)
    }

    @Test(arguments: Limit.allCases)
    fileprivate func roomThatIsThereAgainIsUsed(_ limit: Limit) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("crontab", "0 0 1 1 * true\n")
        let room = spool.home + "/room"
        let processes = try ["worker", "scheduler"].map {
            try start(limit, spool, [$0], until: room)
        }
        for process in processes {
            try spool.wait("it looks for itself") {
                String(decoding: try process.errorSoFar(), as: UTF8.self).contains(limit.sysctl)
            }
            #expect(try ProcessView.watchedInodes(of: process.pid).isEmpty)
        }
        try FileTree.write(room, [])
        let incoming = try #require(try spool.open().storage.root.status(of: "incoming"))
        try spool.wait("the worker is told") {
            try ProcessView.watchedInodes(of: processes[0].pid).contains(
                incoming.identity.inode)
        }
        // Its next look is a minute away.
        try spool.wait("the scheduler is told") {
            processes[1].signal(SIGHUP)
            return try !ProcessView.watchedInodes(of: processes[1].pid).isEmpty
        }
        for process in processes {
            try spool.wait("it is said") {
                let said = String(decoding: try process.errorSoFar(), as: UTF8.self)
                return said.split(separator: "\n").count {
                    $0.contains("inotify has room again: waiting for its events")
                } == 1
            }
        }
        let id = try spool.submit("--", "true")
        try spool.wait(for: id, in: .done)
    }

    /// Nobody tells it. But it makes no directory that was removed, as the spool may be about to go.
    @Test func aWorkerWhoseFileIsGoneIsKnownAgain() throws {
        let spool = try TemporarySpool()
        spool.keep(try startWorker(.instances, spool))
        func isKnown() throws -> Bool {
            try spool.exists("workers") && spool.open().workers().count == 1
        }
        try spool.rename("workers", to: "aside")
        try spool.wait("it is known again in a new directory") { try isKnown() }
        try spool.remove("workers/" + #require(try spool.names("workers").first))
        try spool.wait("it is known again by a new file") { try isKnown() }
        repeat {
            for name in try spool.names("workers") { try spool.remove("workers/" + name) }
        } while rmdir(spool["workers"]) != 0
        let id = try spool.submit("--", "true")
        try spool.wait(for: id, in: .done)
        #expect(!spool.exists("workers"))
    }

    @Test(arguments: Limit.allCases)
    fileprivate func aWaiterGivesUpAfterItsTimeout(_ limit: Limit) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let result = try start(limit, spool, ["wait", "-t", "20ms", id]).wait()
        #expect(result.status == 75)
    }

    @Test(arguments: Limit.allCases)
    fileprivate func aDaemonStartsAndSchedules(_ limit: Limit) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("crontab", "@reboot true\n* * * * * true\n")
        let result = try start(
            limit, spool, ["run", "--wait", "--", "true"], ["SPOOL_AUTOSTART": "yes"]
        ).wait()
        #expect(result.status == 0, "\(result.errorText)")
        try spool.wait("the scheduler is at work") {
            try spool.read("logs/daemon.log").contains("scheduling 2 entries")
        }
        #expect(try spool.read("logs/daemon.log").contains("every minute"))
    }
}
