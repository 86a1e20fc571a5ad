import Spool
import SpoolRunner
import SpoolSchedule
import SpoolTestSupport
import Testing

@Suite struct SchedulerEngineTests {
    private func job(_ name: String, _ more: String = "") -> String {
        "{\"command\": \"x\", \"name\": \"\(name)\"\(more)}"
    }

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
                + job(
                    "own", ", \"timeout\": \"1m\", \"env\": {\"COLOR\": \"red\"}, \"priority\": 1"))
        try bench.run(to: 1)
        let job = try #require(try bench.jobs().first)
        #expect(job.timeout == .seconds(60))
        #expect(job.env == ["COLOR": "red"])
        #expect(try bench.directory.names("incoming").allSatisfy { $0.hasPrefix("1-") })
    }

    // MARK: Overlap

    @Test func skipDropsASlotWhileAnEarlierJobIsThere() throws {
        let bench = try SchedulerBench("*/10 * * * * \(job("a"))")
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
        let bench = try SchedulerBench("*/10 * * * * \(job("a"))")
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
        let bench = try SchedulerBench("OVERLAP=queue\n*/10 * * * * \(job("a"))")
        try bench.run(to: 45)
        #expect(try bench.slots() == [10])
        // Over a restart too.
        try bench.restart()
        #expect(try bench.slots() == [10])
        try bench.finish(try bench.jobs()[0])
        try bench.lookAtWaiting()
        #expect(try bench.slots() == [20])
        #expect(try bench.record("a").skipped == 2)
        try bench.finish(try bench.jobs()[0])
        try bench.run(to: 50)
        #expect(try bench.slots() == [50])
    }

    @Test func replaceCancelsTheEarlierOne() throws {
        let bench = try SchedulerBench("OVERLAP=replace\n*/10 * * * * \(job("a"))")
        try bench.run(to: 20)
        #expect(try bench.slots() == [20])
        #expect(try bench.slots("failed") == [10])
    }

    @Test func catchingUpWithoutOverlapWaitsForEach() throws {
        let bench = try SchedulerBench("CATCH_UP=all\n*/10 * * * * \(job("a"))")
        bench.stop()
        bench.pass(.seconds(35 * 60))
        try bench.restart()
        var ran: [Int] = []
        for _ in 0..<3 {
            let slots = try bench.slots()
            #expect(slots.count == 1)
            #expect(bench.engine?.waitingCount == (slots == [30] ? 0 : 1))
            ran += slots
            try bench.finish(try bench.jobs()[0])
            try bench.lookAtWaiting()
        }
        #expect(ran == [10, 20, 30])
        #expect(try bench.slots().isEmpty)
    }

    // MARK: Downtime

    @Test func theNewestMissedSlotTellsHowManyThereWere() throws {
        let bench = try SchedulerBench("*/10 * * * * \(job("a"))")
        bench.stop()
        bench.pass(.seconds(45 * 60))
        try bench.restart()
        #expect(try bench.slots() == [40])
        #expect(try bench.jobs()[0].cron?.missed == 3)
        try bench.restart()
        #expect(try bench.slots() == [40])
    }

    @Test func sleepIsDowntime() throws {
        let bench = try SchedulerBench("CATCH_UP=none\n*/10 * * * * \(job("a"))")
        bench.step(.seconds(45 * 60))
        try bench.tick()
        #expect(try bench.slots().isEmpty)
        #expect(try bench.record("a").missed == 4)
    }

    @Test func aClockSetBackRepeatsNothing() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(job("a"))")
        try bench.run(to: 60)
        bench.step(.seconds(-7200))
        try bench.tick()
        try bench.run(to: 60)
        #expect(try bench.slots() == [10, 20, 30, 40, 50, 60])
        try bench.run(to: 70)
        #expect(try bench.slots().last == 70)
    }

    @Test func aMarkFarInTheFutureIsClamped() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n0 * * * * \(job("a"))")
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

    // MARK: Files

    @Test func aBrokenEditChangesNothing() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(job("a"))")
        try bench.write("*/10 * * * * \(job("b"))\n61 * * * * true")
        try bench.reload()
        #expect(bench.reports.contains { $0.hasPrefix("crontab:3:1: error:") })
        try bench.run(to: 10)
        // Nor over a restart.
        try bench.restart()
        try bench.run(to: 20)
        #expect(try bench.jobs().map(\.name) == ["a", "a"])
        let table = try #require(
            try bench.spool.cronTables(CrontabRules(zone: .utc, machine: "m")).first)
        #expect(table.isKept && table.entries.map(\.name) == ["a"] && table.errors.count == 1)
    }

    @Test func aJobThatIsNoneIsAnError() throws {
        let bench = try SchedulerBench("* * * * * {\"comand\": \"x\"}")
        #expect(bench.reports.contains { $0.contains("did you mean \"command\"?") })
    }

    @Test func anEditedEntryStartsAnew() throws {
        let bench = try SchedulerBench("0 0 * * * \(job("a"))")
        bench.pass(.seconds(3 * 3600))
        try bench.write("*/10 * * * * \(job("a"))")
        try bench.reload()
        #expect(try bench.slots().isEmpty)
        bench.pass(.seconds(600))
        try bench.tick()
        #expect(try bench.slots() == [190])
    }

    @Test func everyCountsFromTheFirstSight() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n@every 25m \(job("a"))")
        try bench.run(to: 30)
        try bench.restart()
        try bench.write("# another line\nOVERLAP=allow\n@every 25m \(job("a"))")
        try bench.reload()
        try bench.run(to: 100)
        #expect(try bench.slots() == [25, 50, 75, 100])
    }

    @Test func entriesOfOneNameAreToldApart() throws {
        let bench = try SchedulerBench("* * * * * \(job("a"))")
        try bench.directory.write("cron.d/more", "CRON_TZ=UTC\n* * * * * \(job("a"))\n")
        try bench.directory.write("cron.d/more.rpmsave", "* * * * * \(job("c"))\n")
        try bench.reload()
        try bench.run(to: 1)
        #expect(Set(try bench.jobs().compactMap(\.cron?.entry)) == ["a", "a-2"])
    }

    /// A directory that can't be read is no reason to forget what was read from it, nor to stop what is in force.
    @Test func aBrokenDirectoryChangesNothing() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(job("a"))")
        try bench.directory.write(
            "cron.d/more", "CRON_TZ=UTC\nOVERLAP=allow\n*/10 * * * * \(job("b"))\n")
        try bench.reload()
        try bench.run(to: 10)
        try bench.directory.rename("cron.d", to: "cron.away")
        try bench.directory.write("cron.d", "no directory")
        try bench.reload()
        #expect(bench.reports.contains { $0.contains("a file stands where a directory belongs") })
        #expect(bench.reports.contains("cron.d: an error; its last good text stays in force"))
        let count = bench.reports.count
        try bench.run(to: 20)
        #expect(bench.reports.count == count)
        try bench.restart()
        try bench.run(to: 30)
        #expect(try bench.slots() == [10, 10, 20, 20, 30, 30])
        let tables = try bench.spool.cronTables(CrontabRules(zone: .utc, machine: "m"))
        #expect(tables.map(\.file) == ["crontab", "cron.d/more", "cron.d"])
        #expect(tables.map(\.errors.count) == [0, 1, 1])
        try bench.directory.remove("cron.d")
        try bench.directory.rename("cron.away", to: "cron.d")
        try bench.reload()
        #expect(bench.reports.contains("cron.d: in force again"))
        #expect(bench.reports.last == "cron.d/more: in force again")
        try bench.run(to: 40)
        #expect(try bench.slots().count == 8)
    }

    @Test func aFileThatIsGoneForAMomentKeepsItsEntries() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n@every 25m \(job("a"))")
        let text = try bench.directory.read("crontab")
        bench.pass(.seconds(1200))
        try bench.directory.remove("crontab")
        try bench.reload()
        try bench.directory.write("crontab", text)
        try bench.reload()
        bench.pass(.seconds(300))
        try bench.tick()
        #expect(try bench.slots() == [25])
        try bench.directory.remove("crontab")
        try bench.reload()
        bench.pass(.seconds(3))
        try bench.reload()
        #expect(try bench.directory.names("state/crontabs").isEmpty)
    }

    @Test func theEntriesOfAFileThatIsEmptiedByHandAreKept() throws {
        let bench = try SchedulerBench("@every 25m \(job("a"))")
        let text = try bench.directory.read("crontab")
        try bench.directory.write("crontab", "")
        try bench.reload()
        let former = "state/crontabs/crontab.previous"
        #expect(try bench.directory.read(former) == text)
        #expect(bench.reports.contains { $0.hasPrefix("crontab has no entries any more; ") })
        // It is in force of nothing, and outlives the file.
        try bench.directory.write("crontab", "# still nothing\n")
        try bench.reload()
        #expect(try bench.directory.read(former) == text)
        try bench.directory.remove("crontab")
        try bench.reload()
        bench.pass(.seconds(3))
        try bench.reload()
        #expect(try bench.directory.names("state/crontabs") == ["crontab.previous"])
    }

    /// A text that came and went before the scheduler saw it.
    @Test func theFormerTextOfAFileThatIsEmptiedOnPurposeIsLeft() throws {
        let bench = try SchedulerBench("@every 25m \(job("a"))")
        let former = "state/crontabs/crontab.previous"
        let next = "@every 30m \(job("b"))\n"
        try bench.directory.waitForTick()
        #expect(try bench.spool.installCrontab(Array(next.utf8), as: "crontab") == former)
        #expect(try bench.spool.installCrontab([], as: "crontab") == former)
        let text = try bench.directory.read("state/crontabs/crontab").split(
            separator: "\n", maxSplits: 1)[1]
        try bench.reload()
        #expect(try bench.directory.read(former) == next)
        // What was in force has a place of its own then.
        let last = "state/crontabs/crontab@last.previous"
        #expect(try bench.directory.read(last) == text)
        #expect(
            bench.reports.contains {
                $0.hasPrefix("crontab has no entries any more; ") && $0.contains(last)
            })
        // What the scheduler has read since is kept again.
        let latest = "@every 35m \(job("c"))\n"
        try bench.directory.waitForTick()
        try bench.directory.write("crontab", latest)
        try bench.reload()
        try bench.directory.write("crontab", "")
        try bench.reload()
        #expect(try bench.directory.read(former) == latest)
    }

    /// - Parameter isSeen: whether the scheduler reads the file when its text is the old one again.
    @Test(arguments: [true, false])
    func theTextInForceIsKeptThoughAnotherCameAndWent(isSeen: Bool) throws {
        let bench = try SchedulerBench("@every 25m \(job("a"))")
        let text = try bench.directory.read("crontab")
        let other = "@every 30m \(job("b"))\n"
        try bench.directory.waitForTick()
        _ = try bench.spool.installCrontab(Array(other.utf8), as: "crontab")
        _ = try bench.spool.installCrontab(Array(text.utf8), as: "crontab")
        if isSeen {
            try bench.directory.waitForTick()
            try bench.reload()
        }
        try bench.directory.write("crontab", "")
        try bench.reload()
        let place = "state/crontabs/crontab\(isSeen ? "" : "@last").previous"
        #expect(try bench.directory.read(place) == text)
        #expect(bench.reports.last?.contains(place) == true, "\(bench.reports)")
    }

    @Test func aFileThatIsMissingAsTheSchedulerStartsIsRemembered() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n@every 25m \(job("a"))")
        let text = try bench.directory.read("crontab")
        bench.pass(.seconds(1200))
        try bench.directory.remove("crontab")
        try bench.restart()
        try bench.directory.write("crontab", text)
        try bench.restart()
        bench.pass(.seconds(300))
        try bench.tick()
        #expect(try bench.slots() == [25])
        try bench.directory.remove("crontab")
        try bench.restart()
        bench.pass(.seconds(3))
        try bench.tick()
        #expect(try bench.directory.names("state/crontabs").isEmpty)
    }

    @Test func theMachinesZoneDecidesWhichEntriesAreNew() throws {
        let directory = try TemporarySpool()
        let clock = TestClock()
        clock.set(SchedulerBench.noon)
        let spool = try directory.open(clock)
        try directory.write(
            "crontab", "0 0 * * * true\nCRON_TZ=UTC\n0 0 * * * false\nCRON_TZ=\n5 0 * * * true\n")
        func sights(_ zone: String) throws -> [Instant] {
            let zone = try ZoneDatabase().zone(named: zone)
            let rules = CrontabRules(zone: zone, machine: "m")
            var surroundings = SchedulerEngine.Surroundings { _ in }
            surroundings.rules = { () throws(SpoolError) in rules }
            _ = try SchedulerEngine(spool, surroundings)
            return try spool.cronTables(rules).flatMap(\.entries).map(\.since)
        }
        let first = clock.now
        #expect(try sights("Europe/Paris") == [first, first, first])
        clock.advance(.seconds(60))
        #expect(try sights("Europe/Paris") == [first, first, first])
        #expect(try sights("Asia/Tokyo") == [clock.now, first, clock.now])
    }

    // MARK: Boots, once, delays

    @Test func rebootRunsOnceInEachBoot() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n@reboot \(job("a"))")
        #expect(try bench.jobs().count == 1)
        try bench.restart()
        // A new entry waits for the next boot.
        try bench.write("OVERLAP=allow\n@reboot \(job("a"))\n@reboot \(job("b"))")
        try bench.reload()
        #expect(try bench.jobs().map(\.name) == ["a"])
        bench.bootID = "11234567-89ab-cdef-0123-456789abcdef"
        try bench.restart()
        try bench.restart()
        #expect(try bench.jobs().compactMap(\.name).sorted() == ["a", "a", "b"])
    }

    @Test(arguments: SlotLedger.Step.allCases.filter { $0 != .replacedCancelled })
    func rebootRunsOnceWhereverItIsKilled(_ step: SlotLedger.Step) throws {
        let bench = try SchedulerBench("")
        try bench.write("OVERLAP=allow\n@reboot \(job("a"))")
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
        let bench = try SchedulerBench("@at 2030-06-01T12:05 \(job("a"))")
        try bench.run(to: 10)
        try bench.restart()
        #expect(try bench.slots() == [5])
    }

    @Test func randomDelayMovesTheStartNotTheSlot() throws {
        let bench = try SchedulerBench("RANDOM_DELAY=30m\n0 13 * * * \(job("a"))")
        try bench.run(to: 60)
        let name = try #require(try bench.directory.names("scheduled").first)
        let due = try #require(JobFileName(name)?.due)
        let delay = due - (SchedulerBench.noon + .seconds(3600))
        #expect(delay > .zero && delay <= .seconds(1800))
        #expect(try bench.slots("scheduled") == [60])
    }
}
