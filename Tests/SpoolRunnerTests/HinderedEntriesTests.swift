import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import SpoolRunner

/// What is in the way of one entry stops no other, is tried again, and is told of once.
struct HinderedEntriesTests {
    private func bench(_ crontab: String) throws -> SchedulerBench {
        try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(entryJob("good"))\n" + crontab)
    }

    /// The slots in a place, in minutes after noon, with the names of their entries.
    private func slots(
        of name: String, _ bench: SchedulerBench, in place: String = "incoming"
    ) throws -> [Int] {
        var slots: [Int] = []
        for file in try bench.directory.names(place) where file.hasSuffix(".json") {
            let job = try Job.read(bench.directory.read("\(place)/\(file)"))
            guard job.name == name, let slot = job.cron?.slot else { continue }
            slots.append(Int((slot - SchedulerBench.noon).inSeconds / 60))
        }
        return slots.sorted()
    }

    private func told(_ bench: SchedulerBench) -> Int {
        bench.reports.count { $0.hasSuffix("; the other entries go on") }
    }

    private func isOver(_ bench: SchedulerBench) -> Bool {
        bench.reports.contains { $0.contains(": over, after ") }
    }

    @Test(arguments: ["file", "link"], [false, true])
    func aQueueWithoutADirectory(_ kind: String, isRestarted: Bool) throws {
        let bench = try bench("*/10 * * * * \(entryJob("bad", ", \"queue\": \"q\""))")
        if kind == "file" {
            try bench.directory.write("incoming/q", "")
        } else {
            try FileTree.check(symlink(bench.directory.home, bench.directory["incoming/q"]), "link")
        }
        try bench.run(to: 20)
        #expect(told(bench) == 1, "\(bench.reports)")
        if isRestarted { try bench.restart() }
        try bench.run(to: 30)
        #expect(try slots(of: "good", bench) == [10, 20, 30])
        #expect(told(bench) == (isRestarted ? 2 : 1), "\(bench.reports)")
        #expect(!isOver(bench))
        try bench.directory.remove("incoming/q")
        try bench.run(to: 31)
        // The slot that was decided, and of those that were missed meanwhile the newest.
        #expect(try slots(of: "bad", bench, in: "incoming/q") == [10, 30])
        #expect(isOver(bench), "\(bench.reports)")
        #expect(try bench.record("bad").missed == 1)
        try bench.run(to: 40)
        #expect(try slots(of: "bad", bench, in: "incoming/q") == [10, 30, 40])
        #expect(try bench.directory.names("tmp").filter { $0.hasSuffix(".slot") }.isEmpty)
    }

    /// One that catches up once its job has ended is held back beside it.
    @Test func oneIsHeldBackWhileAnotherIsHindered() throws {
        let bench = try bench(
            "*/10 * * * * \(entryJob("bad", ", \"queue\": \"q\""))\n"
                + "OVERLAP=queue\nCATCH_UP=all\n*/10 * * * * \(entryJob("slow"))")
        try bench.directory.write("incoming/q", "")
        try bench.run(to: 10)
        #expect(told(bench) == 1, "\(bench.reports)")
        bench.stop()
        bench.pass(.seconds(1800))
        try bench.restart()
        try bench.run(to: 50)
        #expect(try slots(of: "slow", bench) == [10])
        #expect(!isOver(bench))
        let engine = try #require(bench.engine)
        #expect(!engine.progress.waiting.heldBack.isEmpty)
    }

    /// It never runs, so there is nothing to cancel.
    @Test func anEarlierJobThatIsNoneIsReplaced() throws {
        let bench = try bench("OVERLAP=replace\n*/10 * * * * \(entryJob("bad"))")
        try bench.run(to: 10)
        let job = try #require(try bench.jobs().first { $0.name == "bad" })
        let id = try #require(job.id)
        try bench.directory.rename("incoming/5-\(id).json", to: "held/5-\(id).json")
        try bench.directory.write("held/5-\(id).json", "{\"comm")
        try bench.run(to: 20)
        #expect(try slots(of: "good", bench) == [10, 20])
        #expect(try slots(of: "bad", bench) == [20])
        #expect(told(bench) == 0, "\(bench.reports)")
        #expect(try bench.directory.names("held").count == 1)
    }

    @Test(.enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"))
    func anEarlierJobThatCannotBeCancelled() throws {
        let bench = try bench("OVERLAP=replace\n*/10 * * * * \(entryJob("bad"))")
        try bench.run(to: 10)
        let job = try #require(try bench.jobs().first { $0.name == "bad" })
        let id = try #require(job.id)
        let path = bench.directory["incoming/5-\(id).json"]
        try #require(ProcessControl.run(["chattr", "+i", path]) == 0)
        defer { _ = ProcessControl.run(["chattr", "-i", path]) }
        try bench.run(to: 20)
        #expect(try slots(of: "good", bench) == [10, 20])
        #expect(try slots(of: "bad", bench) == [10])
        #expect(told(bench) == 1, "\(bench.reports)")
        #expect(ProcessControl.run(["chattr", "-i", path]) == 0)
        try bench.run(to: 21)
        #expect(try slots(of: "bad", bench) == [20])
        #expect(try slots(of: "bad", bench, in: "failed") == [10])
        #expect(isOver(bench))
    }

    @Test(arguments: ["directory", "FIFO"], [false, true])
    func aMarkerThatIsNoFile(_ kind: String, isRestarted: Bool) throws {
        let bench = try bench("*/10 * * * * \(entryJob("bad"))")
        try bench.run(to: 10)
        let name = try #require(
            try bench.directory.names("state/slots").first { $0.hasPrefix("bad@") })
        let marker = bench.directory["state/slots/" + name]
        try bench.directory.rename("state/slots/" + name, to: "state/marker")
        if kind == "directory" {
            try FileTree.check(mkdir(marker, 0o700), "mkdir")
        } else {
            try FileTree.check(mkfifo(marker, 0o600), "mkfifo")
        }
        if isRestarted { try bench.restart() }
        try bench.run(to: 30)
        #expect(try slots(of: "good", bench) == [10, 20, 30])
        #expect(try slots(of: "bad", bench) == [10])
        #expect(told(bench) == 1, "\(bench.reports)")
        FileTree.remove(marker)
        try bench.directory.rename("state/marker", to: "state/slots/" + name)
        try bench.run(to: 31)
        #expect(try slots(of: "bad", bench) == [10, 30])
        #expect(isOver(bench))
        let record = try bench.record("bad")
        #expect(record.runs == 2 && record.missed == 1)
    }

    /// Its scheduler was killed before it brought the job to its place.
    @Test func aDecisionThatCannotBeReadNowKeepsItsJob() throws {
        let bench = try bench("")
        bench.fatalStep = .markerMade
        #expect(throws: SpoolError.self) { try bench.run(to: 10) }
        let name = try #require(try bench.directory.names("state/slots").first)
        let marker = bench.directory["state/slots/" + name]
        try bench.directory.rename("state/slots/" + name, to: "state/marker")
        try FileTree.check(mkdir(marker, 0o700), "mkdir")
        try bench.restart()
        try bench.run(to: 12)
        #expect(try slots(of: "good", bench).isEmpty)
        #expect(told(bench) == 1, "\(bench.reports)")
        FileTree.remove(marker)
        try bench.directory.rename("state/marker", to: "state/slots/" + name)
        try bench.run(to: 14)
        #expect(try slots(of: "good", bench) == [10])
        #expect(isOver(bench))
    }

    /// The text itself is there.
    @Test func aCopyOfACrontabThatIsNoFile() throws {
        let bench = try bench("*/10 * * * * \(entryJob("other"))")
        bench.stop()
        let copy = bench.directory["state/crontabs/crontab"]
        FileTree.remove(copy)
        try FileTree.check(mkdir(copy, 0o700), "mkdir")
        try bench.directory.write("state/crontabs/crontab/note", "")
        try bench.directory.write(
            "cron.d/more", "CRON_TZ=UTC\n*/10 * * * * \(entryJob("more"))\n")
        try bench.restart()
        try bench.run(to: 10)
        for name in ["good", "other", "more"] { #expect(try slots(of: name, bench) == [10]) }
        #expect(bench.reports.count { $0.hasPrefix(copy) } == 1, "\(bench.reports)")
        FileTree.remove(copy)
        try bench.run(to: 12)
        #expect(isOver(bench), "\(bench.reports)")
        #expect(try bench.directory.read("state/crontabs/crontab").contains("good"))
    }

    @Test func aMarkOfTheBootThatIsNoFile() throws {
        let bench = try bench("@reboot \(entryJob("bad"))")
        #expect(try slots(of: "bad", bench) == [0])
        let mark = bench.directory["state/reboot"]
        FileTree.remove(mark)
        try FileTree.check(mkdir(mark, 0o700), "mkdir")
        bench.bootID = "11234567-89ab-cdef-0123-456789abcdef"
        try bench.restart()
        try bench.run(to: 10)
        #expect(try slots(of: "good", bench) == [10])
        #expect(try slots(of: "bad", bench) == [0])
        #expect(told(bench) == 1, "\(bench.reports)")
        FileTree.remove(mark)
        try bench.run(to: 12)
        #expect(try slots(of: "bad", bench).count == 2)
        #expect(isOver(bench))
    }

    /// It has done what it had begun before its entry went.
    @Test func aSlotOfAnEntryThatIsNoMoreKeepsItsJob() throws {
        let bench = try bench("*/10 * * * * \(entryJob("bad", ", \"queue\": \"q\""))")
        try bench.directory.write("incoming/q", "")
        try bench.run(to: 10)
        try bench.write("OVERLAP=allow\n*/10 * * * * \(entryJob("good"))")
        try bench.reload()
        bench.pass(.seconds(2 * 86_400))
        try bench.tick()
        try #require(bench.engine).sweep()
        try bench.directory.remove("incoming/q")
        bench.pass(.seconds(60))
        try bench.tick()
        #expect(try slots(of: "bad", bench, in: "incoming/q") == [10])
        #expect(isOver(bench))
        try #require(bench.engine).sweep()
        #expect(try bench.directory.names("state/slots").allSatisfy { $0.hasPrefix("good@") })
    }

    @Test func aWaitingSlotOfAnEntryThatIsNoMoreKeepsItsJob() throws {
        let bench = try bench("OVERLAP=queue\n*/10 * * * * \(entryJob("bad"))")
        try bench.run(to: 20)
        try bench.write("OVERLAP=allow\n*/10 * * * * \(entryJob("good"))")
        try bench.reload()
        bench.pass(.seconds(2 * 86_400))
        try bench.tick()
        try #require(bench.engine).sweep()
        try bench.finish(try #require(try bench.jobs().first { $0.name == "bad" }))
        try bench.recheckWaiting()
        #expect(try slots(of: "bad", bench) == [20])
    }

    /// Until the mark is gone, no earlier slot is decided: its job would be taken for that of an older decision.
    @Test(.enabled(if: TemporarySpool.makesImmutable, "no file can be made immutable here"))
    func aMarkOfTheFutureThatCannotBeRemoved() throws {
        let bench = try bench("OVERLAP=queue\n*/10 * * * * \(entryJob("bad"))")
        bench.step(.seconds(86_400 * 365))
        try bench.tick()
        let name = try #require(
            try bench.directory.names("state/slots").first { $0.hasPrefix("bad@") })
        let marker = bench.directory["state/slots/" + name]
        try #require(ProcessControl.run(["chattr", "+i", marker]) == 0)
        defer { _ = ProcessControl.run(["chattr", "-i", marker]) }
        bench.step(.seconds(-86_400 * 365))
        try bench.tick()
        try bench.run(to: 10)
        try #require(bench.engine).sweep()
        #expect(told(bench) == 1, "\(bench.reports)")
        #expect(try slots(of: "good", bench).contains(10))
        #expect(try bench.directory.names("state/slots").count { $0.hasPrefix("bad@") } == 1)
        #expect(ProcessControl.run(["chattr", "-i", marker]) == 0)
        try bench.run(to: 20)
        #expect(isOver(bench))
        #expect(try slots(of: "bad", bench).contains(20))
        #expect(!bench.directory.exists("state/slots/" + name))
    }

    /// Its scheduler has brought the job, and then the machine may have lost its place.
    @Test func aPlaceOfASlotThatHasWaitedCannotBeSynced() throws {
        let bench = try bench(
            "OVERLAP=queue\n*/10 * * * * \(entryJob("bad", ", \"delay\": \"1h\""))")
        try bench.run(to: 20)
        let first = try #require(try bench.directory.names("scheduled").first)
        let id = try #require(try bench.jobs("scheduled").first?.id)
        let day = bench.now.day.description
        try FileTree.check(mkdir(bench.directory["done/" + day], 0o700), "mkdir")
        try bench.directory.rename("scheduled/" + first, to: "done/\(day)/\(id).json")
        try bench.recheckWaiting()
        #expect(try slots(of: "bad", bench, in: "scheduled") == [20])
        #expect(told(bench) == 0, "\(bench.reports)")
        bench.stop()
        try bench.directory.rename("scheduled", to: "scheduled.away")
        try FileTree.check(
            symlink(bench.directory["scheduled.away"], bench.directory["scheduled"]), "link")
        try bench.restart()
        #expect(told(bench) == 1, "\(bench.reports)")
        try bench.directory.remove("scheduled")
        try bench.directory.rename("scheduled.away", to: "scheduled")
        try bench.run(to: 22)
        #expect(isOver(bench))
    }

    /// The files of the other entries needn't be gone through for it again and again.
    @Test func aDecisionThatCannotBeReadIsAllThatIsLookedAt() throws {
        let bench = try bench("*/10 * * * * \(entryJob("bad"))")
        bench.fatalStep = .markerMade
        #expect(throws: SpoolError.self) { try bench.run(to: 10) }
        let name = try #require(try bench.directory.names("state/slots").first)
        let marker = bench.directory["state/slots/" + name]
        try bench.directory.rename("state/slots/" + name, to: "state/marker")
        try FileTree.check(mkdir(marker, 0o700), "mkdir")
        try bench.restart()
        let old = "state/slots/old@20300101T000000.000Z.json"
        try bench.directory.write(old, "{}")
        try bench.directory.write("state/slots/old@20300102T000000.000Z.json", "{}")
        try bench.run(to: 15)
        #expect(bench.directory.exists(old))
        #expect(told(bench) == 1, "\(bench.reports)")
        FileTree.remove(marker)
        try bench.directory.rename("state/marker", to: "state/slots/" + name)
        try bench.run(to: 17)
        #expect(isOver(bench))
        #expect(!bench.directory.exists(old))
    }

    /// It isn't there for ever.
    @Test func aSchedulerThatIsToEndGivesUp() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("crontab", "@reboot \(entryJob("bad", ", \"queue\": \"q\""))\n")
        try spool.write("incoming/q", "")
        let result = try spool.run("scheduler", "--once")
        #expect(result.status == 74)
        #expect(result.errorText.contains("1 entry couldn't go on"), "\(result.errorText)")
        let page = try spool.run("status").text
        #expect(page.contains("wrong:       the entry bad has a job that can't be queued"))
        // Nobody may have tried.
        #expect(!page.contains("the scheduler has said it"), "\(page)")
        #expect(page.contains("wrong:       incoming/q is no directory"), "\(page)")
        try spool.remove("incoming/q")
        #expect(try spool.run("scheduler", "--once").status == 0)
        #expect(try spool.names("incoming/q").count == 1)
        #expect(try !spool.run("status").text.contains("can't be queued"))
    }
}
