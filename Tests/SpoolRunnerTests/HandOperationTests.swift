import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// What an administrator does with `mv`, `cp`, `rm` and `echo` while a worker runs.
struct HandOperationTests {
    @Test func aSlowWriterIsNotJudgedEarly() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.startWorker("-j", "1")
        let file = open(spool["incoming/slow.json"], O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        try #require(file >= 0)
        try FileTree.write(file, Array(#"{"comm"#.utf8))
        // When a job that was dropped later has ended, the worker has seen the first one too.
        for name in ["a", "b", "c"] {
            try spool.drop("\(name).json", #"{"command": "echo \#(name) >> order"}"#)
            try spool.wait("\(name) has run") { try spool.lines("order").contains(name) }
            #expect(spool.exists("incoming/slow.json"))
        }
        try FileTree.write(file, Array(#"and": "echo slow >> order"}"#.utf8))
        #expect(spool.exists("incoming/slow.json"), "whole, but still open")
        close(file)
        try spool.wait("it has run") { try spool.lines("order").contains("slow") }
        #expect(try spool.names("dead-letter").isEmpty)
    }

    /// A worker whose file goes doesn't register again meanwhile.
    @Test func aSpoolIsRemovedWholeWhileWorkersLive() throws {
        for _ in 0..<5 {
            let spool = try TemporarySpool()
            let workers = try (0..<3).map { _ in try spool.startWorker("-j", "1") }
            let result = try spool.shell("rm -r '\(spool.path)'")
            #expect(result.status == 0, "\(result.errorText)")
            #expect(try workers.map { try $0.wait().status } == [66, 66, 66])
            #expect(!FilePath(spool.path).exists)
        }
    }

    @Test func aJobMovedToTheEndedOnesWithoutADayIsFound() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--name", "moved", "--", "false")
        try spool.runWorker("-j", "1")
        try spool.rename("failed/\(id).json", to: "done/\(id).json")
        #expect(try spool.run("status", id).text.contains("done/\(id).json"))
        #expect(try spool.run("wait", id, "done/\(id).json").status == 1)
        #expect(try spool.run("retry", id).status == 0)
        #expect(try spool.place(of: id) == .incoming)
    }

    @Test func dropsRunInTheirOrder() throws {
        let spool = try TemporarySpool()
        for number in 0..<20 {
            let name = "z\(99 - number).json"
            try spool.drop(name, #"{"command": "echo \#(number) >> order"}"#)
            try spool.waitForTick()
        }
        try spool.runWorker("-j", "1")
        #expect(try spool.lines("order") == (0..<20).map(String.init))
    }

    @Test func aJobBeginsWhileOthersAreStillAdmitted() throws {
        let spool = try TemporarySpool()
        let count = "ls \(spool["incoming"]) | grep -c ^z > seen"
        try spool.drop("first.json", #"{"command": "\#(count)"}"#)
        try spool.waitForTick()
        let other = Array(#"{"command": "true", "queue": "other"}"#.utf8)
        for number in 0..<5000 {
            try FileTree.write(spool["incoming/z\(number).json"], other)
        }
        try spool.startWorker("-j", "1", "-q", "default")
        try spool.wait("it has run") { try !spool.lines("seen").isEmpty }
        let left = try spool.lines("seen").compactMap { Int($0) }
        #expect(left.allSatisfy { $0 > 0 } && left.count == 1)
    }

    @Test func renamingChangesThePriority() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let first = try spool.submit("-c", "echo first >> order; read line < gate")
        try spool.startWorker("-j", "1")
        try spool.wait(for: first, in: .running)
        var ids: [String] = []
        for name in ["a", "b", "c", "d"] {
            ids.append(try spool.submit("-c", "echo \(name) >> order"))
        }
        try spool.rename("incoming/5-\(ids[3]).json", to: "incoming/1-\(ids[3]).json")
        try spool.rename("incoming/5-\(ids[0]).json", to: "incoming/9-\(ids[0]).json")
        try gate.open()
        for id in ids { try spool.wait(for: id, in: .done) }
        #expect(try spool.lines("order") == ["first", "d", "b", "c", "a"])
        #expect(try spool.job(ids[3]).priority == .critical, "the name wins over the content")
    }

    @Test func movingAFailedJobBackRunsItAgain() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-c", "echo x >> tries; test -e good")
        try spool.startWorker("-j", "1")
        try spool.wait(for: id, in: .failed)
        try FileTree.write(spool.home + "/good", [])
        try spool.rename("failed/\(id).json", to: "incoming/\(id).json")
        try spool.wait(for: id, in: .done)
        let job = try spool.job(id)
        #expect(job.attempts?.map(\.number) == [1, 2])
        #expect(job.attempts?.map(\.outcome) == [.failed, .completed])
        #expect(job.earlierAttempts == 1)
        #expect(try spool.lines("tries").count == 2)
    }

    @Test func movingACompletedJobBackRunsItAgain() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-c", "echo $SPOOL_JOB_ID >> proof")
        try spool.startWorker("-j", "1")
        try spool.wait(for: id, in: .done)
        let path = try #require(try spool.jobPaths().first)
        try spool.rename(path, to: "incoming/\(id).json")
        try spool.wait("it has run twice") { try spool.lines("proof").count == 2 }
        try spool.wait(for: id, in: .done)
        #expect(try spool.lines("proof") == [id, id])
        #expect(try spool.jobPaths().count == 1)
    }

    @Test(arguments: ["again.json", "ID.json", "5-ID.json"])
    func aCopyOfACompletedJobIsAJobOfItsOwn(name: String) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-n", "original", "-c", "echo $SPOOL_JOB_ID >> proof")
        try spool.startWorker("-j", "1")
        try spool.wait(for: id, in: .done)
        let path = try #require(try spool.jobPaths().first)
        let before = try spool.read(path)
        let target = name.replacing("ID", with: id)
        try spool.copy(path, to: "incoming/.draft")
        try spool.rename("incoming/.draft", to: "incoming/\(target)")
        try spool.wait("both have run") { try spool.ids(in: .done).count == 2 }
        let other = try #require(try spool.ids(in: .done).first { $0 != id })
        #expect(try spool.lines("proof") == [id, other])
        #expect(try spool.job(other).attempts?.count == 1)
        #expect(try spool.job(other).name == "original")
        #expect(try spool.read(path) == before)
    }

    @Test func aCopyOfARunningJobIsAJobOfItsOwn() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let id = try spool.submit("-c", "echo $SPOOL_JOB_ID >> proof; read line < gate")
        try spool.startWorker("-j", "2")
        try spool.wait("it runs") { try spool.lines("proof") == [id] }
        try spool.copy("running/\(id).1.json", to: "incoming/.draft")
        try spool.rename("incoming/.draft", to: "incoming/copy.json")
        try spool.wait("both run") { try spool.lines("proof").count == 2 }
        try gate.open()
        try spool.wait("both have run") { try spool.ids(in: .done).count == 2 }
        let other = try #require(try spool.ids(in: .done).first { $0 != id })
        #expect(try spool.lines("proof") == [id, other])
        #expect(try spool.job(other).attempts?.map(\.number) == [1])
    }

    @Test func removingAWaitingJobWithdrawsIt() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let first = try spool.submit("-c", "read line < gate")
        try spool.startWorker("-j", "1")
        try spool.wait(for: first, in: .running)
        let gone = try spool.submit("-c", "echo gone >> proof")
        let late = try spool.submit("-d", "1h", "-c", "echo late >> proof")
        let last = try spool.submit("-c", "echo last >> proof")
        try spool.remove("incoming/5-\(gone).json")
        let name = try #require(try spool.names("scheduled").first)
        try spool.remove("scheduled/\(name)")
        try gate.open()
        try spool.wait(for: last, in: .done)
        #expect(try spool.lines("proof") == ["last"])
        #expect(try spool.place(of: gone) == nil && spool.place(of: late) == nil)
    }

    @Test func removingARunningJobStopsItsCommand() throws {
        let spool = try TemporarySpool()
        _ = try Gate(spool)
        _ = try spool.open()
        try spool.write("settings.json", #"{"heartbeat": "100ms"}"#)
        let worker = try spool.startWorker("-j", "1")
        let id = try spool.submit("-c", "echo up >> proof; read line < gate; echo through >> proof")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        try spool.remove("running/\(id).1.json")
        try spool.wait("only the worker is left") { spool.processes() == [worker.pid] }
        #expect(try spool.lines("proof") == ["up"])
        #expect(try spool.jobPaths().isEmpty, "its result doesn't bring it back")
        #expect(try spool.history().contains("was taken away from running/"))
        let next = try spool.submit("--", "true")
        try spool.wait(for: next, in: .done)
    }

    @Test func aSpoiltCopyDoesNotTakeTheIdOfItsJob() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-c", "echo x >> tries; test -e good")
        try spool.runWorker()
        // As cp(1) leaves it on a full disk.
        try spool.write("incoming/\(id).json", "")
        try spool.runWorker()
        #expect(try spool.names("incoming").isEmpty)
        #expect(
            try Lookup(spool.open().storage).locate(#require(JobID(id))).map(\.place) == [.failed])
        #expect(try spool.names("dead-letter").count == 2, "the copy and its reason")
        // What happens to the job itself isn't disturbed.
        try spool.write("../home/good", "")
        #expect(try spool.run("retry", id).status == 0)
        try spool.runWorker()
        #expect(try spool.place(of: id) == .done)
    }

    /// Several workers find the same bad file at the same time; each of many is a race.
    @Test func aRetriedJobKeepsItsIdBesideASpoiltCopy() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-c", "echo x >> tries; exit 1")
        try spool.runWorker("-j", "1")
        try spool.write("incoming/\(id).json", "")
        #expect(try spool.run("retry", "--no-start", id).status == 0)
        try spool.runWorker("-j", "1")
        #expect(try spool.ids(in: .failed) == [id])
        #expect(try spool.job(id).attempts?.count == 2)
        #expect(try spool.lines("tries") == ["x", "x"])
        #expect(try spool.names("dead-letter").count == 2, "the copy, and the reason")
    }

    @Test func whatSeveralRejectKeepsItsReason() async throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let names = (0..<200).map { "bad\($0).json" }
        for name in names { try spool.write("incoming/" + name, "no job") }
        var rules = AdmissionRules()
        rules.grace = .zero
        rules.graceWithoutLease = .zero
        let group = [try spool.open(rules: rules), try spool.open(rules: rules)]
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for worker in group {
                tasks.addTask {
                    for name in names { _ = try Admit(worker.storage).admit(name, queue: nil) }
                }
            }
            try await tasks.waitForAll()
        }
        for name in names {
            #expect(spool.exists("dead-letter/" + name))
            #expect(spool.exists("dead-letter/\(name).reason"))
        }
    }
}
