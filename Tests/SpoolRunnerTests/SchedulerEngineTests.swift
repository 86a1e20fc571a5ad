import Spool
@testable import SpoolRunner
import SpoolTestSupport
import SpoolTime
import Testing

@Suite struct SchedulerEngineTests {
    @Test func eachSlotMakesAJobThatKnowsIt() throws {
        let bench = try SchedulerBench(
            "QUEUE=night\nTIMEOUT=5m\nRETRIES=2\nCOLOR=blue\nMAILTO=ops@example.org\n"
                + "*/10 * * * * backup --all%first%second")
        try bench.run(to: 10)
        let job = try #require(try bench.jobs("incoming/night").first)
        #expect(job.command == .shell("backup --all"))
        #expect(job.stdin == .text("first\nsecond\n"))
        #expect(job.env == ["COLOR": "blue"])
        #expect(job.queue == "night")
        #expect(job.timeout == .seconds(300))
        #expect(job.maxAttempts == 3)
        #expect(job.mail == Job.Mail(to: "ops@example.org"))
        #expect(job.cron?.slot == SchedulerBench.noon + .seconds(600))
        #expect(job.name == job.cron?.entry)
        #expect(job.id?.milliseconds == job.cron?.slot?.milliseconds)
    }

    @Test func jsonJobsKeepTheirOwn() throws {
        let bench = try SchedulerBench(
            "TIMEOUT=5m\nCOLOR=blue\n* * * * * "
                + entryJob(
                    "own", ", \"timeout\": \"1m\", \"env\": {\"COLOR\": \"red\"}, \"priority\": 1"))
        try bench.run(to: 1)
        let job = try #require(try bench.jobs().first)
        #expect(job.timeout == .seconds(60))
        #expect(job.env == ["COLOR": "red"])
        #expect(try bench.directory.names("incoming").allSatisfy { $0.hasPrefix("1-") })
    }

    // MARK: Overlap

    @Test func skipDropsASlotWhileAnEarlierJobIsThere() throws {
        let bench = try SchedulerBench("*/10 * * * * \(entryJob("a"))")
        try bench.run(to: 35)
        #expect(try bench.slots() == [10])
        #expect(try bench.record("a").skipped == 2)
        try bench.finish(try bench.jobs()[0])
        try bench.run(to: 40)
        #expect(try bench.slots() == [40])
        let record = try bench.record("a")
        #expect(record.runs == 2)
        #expect(record.outcomes == ["completed": 1])
        #expect(record.lastSuccess == SchedulerBench.noon + .seconds(600))
        #expect(try bench.directory.history().contains("\"verb\":\"skip\""))
    }

    @Test func aJobThatIsMovedByHandStillCounts() throws {
        let bench = try SchedulerBench("*/10 * * * * \(entryJob("a"))")
        try bench.run(to: 10)
        let id = try #require(try bench.jobs()[0].id)
        try bench.directory.rename("incoming/5-\(id).json", to: "held/5-\(id).json")
        try bench.run(to: 20)
        #expect(try bench.slots().isEmpty)
        try bench.directory.remove("held/5-\(id).json")
        try bench.run(to: 30)
        #expect(try bench.slots() == [30])
    }

    @Test func queueLetsOneWait() throws {
        let bench = try SchedulerBench("OVERLAP=queue\n*/10 * * * * \(entryJob("a"))")
        try bench.run(to: 45)
        #expect(try bench.slots() == [10])
        // Over a restart too.
        try bench.restart()
        #expect(try bench.slots() == [10])
        try bench.finish(try bench.jobs()[0])
        try bench.recheckWaiting()
        #expect(try bench.slots() == [20])
        #expect(try bench.record("a").skipped == 2)
        try bench.finish(try bench.jobs()[0])
        try bench.run(to: 50)
        #expect(try bench.slots() == [50])
    }

    @Test func replaceCancelsTheEarlierOne() throws {
        let bench = try SchedulerBench("OVERLAP=replace\n*/10 * * * * \(entryJob("a"))")
        try bench.run(to: 20)
        #expect(try bench.slots() == [20])
        #expect(try bench.slots("failed") == [10])
    }

    @Test func catchingUpWithoutOverlapWaitsForEach() throws {
        let bench = try SchedulerBench("CATCH_UP=all\n*/10 * * * * \(entryJob("a"))")
        bench.stop()
        bench.pass(.seconds(35 * 60))
        try bench.restart()
        var ran: [Int] = []
        for _ in 0..<3 {
            let slots = try bench.slots()
            #expect(slots.count == 1)
            #expect(
                bench.engine.map { $0.progress.waiting.count(in: $0.progress.entries) }
                    == (slots == [30] ? 0 : 1))
            ran += slots
            try bench.finish(try bench.jobs()[0])
            try bench.recheckWaiting()
        }
        #expect(ran == [10, 20, 30])
        #expect(try bench.slots().isEmpty)
    }

    /// The last slots of a downtime are seconds old only, and wait their turn as the others do.
    @Test(arguments: ["skip", "queue"])
    func catchingUpLosesNoneThatIsRecent(_ overlap: String) throws {
        let bench = try SchedulerBench(
            "CATCH_UP=all\nOVERLAP=\(overlap)\nSECONDS=yes\n*/2 * * * * * \(entryJob("a"))")
        bench.stop()
        bench.pass(.seconds(20))
        try bench.restart()
        for slot in 1...10 {
            // Half of them are caught up by a second scheduler, and by a third after a kill.
            if slot == 4 || slot == 9 { try bench.restart() }
            let job = try #require(try bench.jobs().first)
            #expect(job.cron?.slot == SchedulerBench.noon + .seconds(Int64(2 * slot)))
            #expect(try bench.jobs().count == 1)
            try bench.finish(job)
            try bench.recheckWaiting()
        }
        #expect(try bench.jobs().isEmpty)
        let record = try bench.record("a")
        #expect(record.runs == 10 && record.skipped == 0 && record.missed == 0)
    }

    /// The slots that come while one waits are the same, whether a scheduler runs, or the machine.
    @Test(arguments: ["on", "restarted", "stopped", "asleep"])
    func catchingUpGoesOnAfterOneThatWaited(_ scheduler: String) throws {
        let bench = try SchedulerBench(
            "CATCH_UP=all\nOVERLAP=queue\n*/10 * * * * \(entryJob("a"))")
        try bench.run(to: 20)
        #expect(try bench.slots() == [10])
        switch scheduler {
        case "on": try bench.run(to: 40)
        case "restarted":
            try bench.run(to: 40)
            try bench.restart()
        case "stopped":
            bench.stop()
            bench.pass(.seconds(20 * 60))
            try bench.restart()
        // Its end may be told before anybody has noticed how late it is.
        default: bench.step(.seconds(20 * 60))
        }
        var ran: [Int] = []
        for _ in 0..<4 {
            ran += try bench.slots()
            try bench.finish(try #require(try bench.jobs().first))
            try bench.recheckWaiting()
        }
        #expect(ran == [10, 20, 30, 40])
        let record = try bench.record("a")
        #expect(record.runs == 4 && record.skipped == 0 && record.missed == 0)
        try bench.run(to: 50)
        #expect(try bench.slots() == [50])
    }

    /// A job takes ever longer than its period: the newest are caught up, and the others are counted.
    @Test func catchingUpIsBoundedWhileOneWaits() throws {
        let bench = try SchedulerBench("CATCH_UP=all\nOVERLAP=queue\n* * * * * \(entryJob("a"))")
        try bench.run(to: 152)
        for expected in [[1], [2], [53], [54]] {
            #expect(try bench.slots() == expected)
            try bench.finish(try #require(try bench.jobs().first))
            try bench.recheckWaiting()
        }
        let record = try bench.record("a")
        #expect(record.skipped == 0 && record.missed == 50)
    }

    // MARK: Downtime

    @Test func theNewestMissedSlotTellsHowManyThereWere() throws {
        let bench = try SchedulerBench("*/10 * * * * \(entryJob("a"))")
        bench.stop()
        bench.pass(.seconds(45 * 60))
        try bench.restart()
        #expect(try bench.slots() == [40])
        #expect(try bench.jobs()[0].cron?.missed == 3)
        try bench.restart()
        #expect(try bench.slots() == [40])
    }

    @Test func sleepIsDowntime() throws {
        let bench = try SchedulerBench("CATCH_UP=none\n*/10 * * * * \(entryJob("a"))")
        bench.step(.seconds(45 * 60))
        try bench.tick()
        #expect(try bench.slots().isEmpty)
        #expect(try bench.record("a").missed == 4)
    }

    @Test func aClockSetBackRepeatsNothing() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(entryJob("a"))")
        try bench.run(to: 60)
        bench.step(.seconds(-7200))
        try bench.tick()
        try bench.run(to: 60)
        #expect(try bench.slots() == [10, 20, 30, 40, 50, 60])
        try bench.run(to: 70)
        #expect(try bench.slots().last == 70)
    }

    @Test func aMarkFarInTheFutureIsClamped() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n0 * * * * \(entryJob("a"))")
        bench.step(.seconds(86_400 * 365 * 20))
        try bench.tick()
        #expect(try bench.slots().count == 1)
        bench.step(.seconds(-86_400 * 365 * 20))
        try bench.tick()
        #expect(bench.reports.contains { $0.contains("far in the future") })
        try bench.restart()
        try bench.run(to: 60)
        #expect(try bench.slots().contains(60))
    }

    /// While a slot waits, its mark stays. What comes after it goes by the right clock all the same.
    @Test func aMarkFarInTheFutureIsClampedOnceItsSlotHasWaited() throws {
        let bench = try SchedulerBench("OVERLAP=queue\n*/10 * * * * \(entryJob("a"))")
        bench.step(.seconds(86_400 * 365 * 20))
        try bench.tick()
        bench.pass(.seconds(600))
        try bench.tick()
        #expect(bench.engine.map { $0.progress.waiting.count(in: $0.progress.entries) } == 1)
        bench.step(.seconds(-86_400 * 365 * 20))
        try bench.tick()
        for _ in 0..<2 {
            try bench.finish(try #require(try bench.jobs().first))
            try bench.recheckWaiting()
        }
        #expect(bench.reports.contains { $0.contains("far in the future") })
        try bench.run(to: 20)
        #expect(try bench.slots() == [20])
    }

    // MARK: Boots, once, delays

    @Test func rebootRunsOnceInEachBoot() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n@reboot \(entryJob("a"))")
        #expect(try bench.jobs().count == 1)
        try bench.restart()
        // A new entry waits for the next boot.
        try bench.write("OVERLAP=allow\n@reboot \(entryJob("a"))\n@reboot \(entryJob("b"))")
        try bench.reload()
        #expect(try bench.jobs().map(\.name) == ["a"])
        bench.bootID = "11234567-89ab-cdef-0123-456789abcdef"
        try bench.restart()
        try bench.restart()
        #expect(try bench.jobs().compactMap(\.name).sorted() == ["a", "a", "b"])
    }

    @Test(arguments: SlotStep.allCases.filter { $0 != .replacedCancelled })
    func rebootRunsOnceWhereverItIsKilled(_ step: SlotStep) throws {
        let bench = try SchedulerBench("")
        try bench.write("OVERLAP=allow\n@reboot \(entryJob("a"))")
        bench.bootID = "11234567-89ab-cdef-0123-456789abcdef"
        bench.fatalStep = step
        #expect(throws: SpoolError.self) { try bench.restart() }
        try bench.restart()
        #expect(try bench.jobs().map(\.name) == ["a"])
        try bench.restart()
        #expect(try bench.jobs().map(\.name) == ["a"])
        #expect(try bench.directory.names("tmp").filter { $0.hasSuffix(".slot") }.isEmpty)
    }

    @Test func atRunsOnce() throws {
        let bench = try SchedulerBench("@at 2030-06-01T12:05 \(entryJob("a"))")
        try bench.run(to: 10)
        try bench.restart()
        #expect(try bench.slots() == [5])
    }

    @Test func randomDelayMovesTheStartNotTheSlot() throws {
        let bench = try SchedulerBench("RANDOM_DELAY=30m\n0 13 * * * \(entryJob("a"))")
        try bench.run(to: 60)
        let name = try #require(try bench.directory.names("scheduled").first)
        let due = try #require(JobFileName(name)?.due)
        let delay = due - (SchedulerBench.noon + .seconds(3600))
        #expect(delay > .zero && delay <= .seconds(1800))
        #expect(try bench.slots("scheduled") == [60])
    }
}
