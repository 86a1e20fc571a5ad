import Foundation
import Spool
import SpoolRunner
import SpoolSchedule
import SpoolTestSupport
import Testing

/// The crontabs as they change, break, go and come back under a scheduler.
struct SchedulerFilesTests {
    @Test func aBrokenEditChangesNothing() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(entryJob("a"))")
        try bench.write("*/10 * * * * \(entryJob("b"))\n61 * * * * true")
        try bench.reload()
        #expect(bench.reports.contains { $0.hasPrefix("crontab:3:1: error:") })
        try bench.run(to: 10)
        // Nor over a restart.
        try bench.restart()
        try bench.run(to: 20)
        #expect(try bench.jobs().map(\.name) == ["a", "a"])
        let table = try #require(
            try bench.spool.entryTables(CrontabRules(zone: .utc, machine: "m")).first)
        #expect(
            table.isFromSnapshot && table.entries.map(\.name) == ["a"] && table.errors.count == 1)
    }

    @Test func aJobThatIsNoneIsAnError() throws {
        let bench = try SchedulerBench("* * * * * {\"comand\": \"x\"}")
        #expect(bench.reports.contains { $0.contains("did you mean \"command\"?") })
    }

    @Test func anEditedEntryStartsAnew() throws {
        let bench = try SchedulerBench("0 0 * * * \(entryJob("a"))")
        bench.pass(.seconds(3 * 3600))
        try bench.write("*/10 * * * * \(entryJob("a"))")
        try bench.reload()
        #expect(try bench.slots().isEmpty)
        bench.pass(.seconds(600))
        try bench.tick()
        #expect(try bench.slots() == [190])
    }

    @Test func everyCountsFromTheFirstSight() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n@every 25m \(entryJob("a"))")
        try bench.run(to: 30)
        try bench.restart()
        try bench.write("# another line\nOVERLAP=allow\n@every 25m \(entryJob("a"))")
        try bench.reload()
        try bench.run(to: 100)
        #expect(try bench.slots() == [25, 50, 75, 100])
    }

    /// A hand may have written what no scheduler counts.
    @Test func figuresAtTheirEndsStayThere() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(entryJob("a"))")
        try bench.run(to: 10)
        let name = try #require(try bench.directory.names("state/slots").last)
        let marker = "state/slots/\(name)"
        var fields = try JSONText.decode(
            [String: JSONValue].self, from: Array(bench.directory.read(marker).utf8))
        for field in ["runs", "missed", "skipped"] { fields[field] = .integer(.max - 1) }
        fields["outcomes"] = .object(["completed": .integer(.max - 1)])
        try bench.directory.write(
            marker, String(decoding: try JSONText.encode(fields, pretty: false), as: UTF8.self))
        try bench.finish(try #require(try bench.jobs().first))
        try bench.run(to: 20)
        let record = try bench.record("a")
        #expect(record.runs == .max && record.missed == .max - 1 && record.skipped == .max - 1)
        #expect(record.outcomes == ["completed": .max])
        try bench.write("OVERLAP=skip\nCATCH_UP=none\n*/10 * * * * \(entryJob("a"))")
        try bench.reload()
        try bench.run(to: 30)
        bench.pass(.seconds(86_400))
        try bench.tick()
        #expect(try bench.record("a").skipped == .max)
        #expect(try bench.record("a").missed == .max)
    }

    /// The counts of a snapshot may be more than all that there is.
    @Test func aSnapshotThatCountsTooManyIsRead() throws {
        let bench = try SchedulerBench("*/10 * * * * \(entryJob("a"))")
        bench.stop()
        let snapshot = "state/crontabs/crontab"
        let lines = try bench.directory.read(snapshot).split(separator: "\n", maxSplits: 1)
        var header = try JSONText.decode([String: JSONValue].self, from: Array(lines[0].utf8))
        let sighting: (String) -> JSONValue = {
            .object(["at": .string($0), "count": .integer(.max)])
        }
        header["since"] = .array([
            sighting("0000-01-01T00:00:00.000Z"), sighting("9999-12-31T23:59:59.999Z"),
        ])
        let text = String(decoding: try JSONText.encode(header, pretty: false), as: UTF8.self)
        try bench.directory.write(snapshot, text + lines[1])
        try bench.restart()
        try bench.run(to: 10)
        #expect(try bench.slots() == [10])
    }

    @Test func entriesOfOneNameAreToldApart() throws {
        let bench = try SchedulerBench("* * * * * \(entryJob("a"))")
        try bench.directory.write("cron.d/more", "CRON_TZ=UTC\n* * * * * \(entryJob("a"))\n")
        try bench.directory.write("cron.d/more.rpmsave", "* * * * * \(entryJob("c"))\n")
        try bench.reload()
        try bench.run(to: 1)
        #expect(Set(try bench.jobs().compactMap(\.cron?.entry)) == ["a", "a-2"])
    }

    /// A directory that can't be read is no reason to forget what was read from it, nor to stop what is in force.
    @Test func aBrokenDirectoryChangesNothing() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(entryJob("a"))")
        try bench.directory.write(
            "cron.d/more", "CRON_TZ=UTC\nOVERLAP=allow\n*/10 * * * * \(entryJob("b"))\n")
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
        let tables = try bench.spool.entryTables(CrontabRules(zone: .utc, machine: "m"))
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
        let bench = try SchedulerBench("OVERLAP=allow\n@every 25m \(entryJob("a"))")
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
        let bench = try SchedulerBench("@every 25m \(entryJob("a"))")
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
        let bench = try SchedulerBench("@every 25m \(entryJob("a"))")
        let former = "state/crontabs/crontab.previous"
        let next = "@every 30m \(entryJob("b"))\n"
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
        // What the scheduler has read since is kept again, and the edit's text stays where it is.
        let latest = "@every 35m \(entryJob("c"))\n"
        try bench.directory.write("crontab", latest)
        try bench.reload()
        try bench.directory.write("crontab", "")
        try bench.reload()
        #expect(try bench.directory.read(former) == next)
        #expect(try bench.directory.read(last) == latest)
    }

    /// As a copy of the spool has them, or one that was put together again after a power cut.
    @Test func theTimesOfTheKeptTextsDoNotMatter() throws {
        let bench = try SchedulerBench("@every 25m \(entryJob("a"))")
        let text = try bench.directory.read("crontab")
        let former = "state/crontabs/crontab.previous"
        try bench.directory.write(former, "@every 30m \(entryJob("b"))\n")
        try bench.directory.waitForTick()
        let copy = bench.directory["state/crontabs/crontab"]
        try FileTree.check(chmod(copy, 0o600), "chmod")
        try bench.directory.write("crontab", "")
        try bench.reload()
        #expect(try bench.directory.read(former).contains("30m"))
        #expect(try bench.directory.read("state/crontabs/crontab@last.previous") == text)
    }

    @Test func theTextInForceIsKeptThoughAnotherCameAndWent() throws {
        let bench = try SchedulerBench("@every 25m \(entryJob("a"))")
        let text = try bench.directory.read("crontab")
        let other = "@every 30m \(entryJob("b"))\n"
        _ = try bench.spool.installCrontab(Array(other.utf8), as: "crontab")
        _ = try bench.spool.installCrontab(Array(text.utf8), as: "crontab")
        try bench.reload()
        try bench.directory.write("crontab", "")
        try bench.reload()
        let last = "state/crontabs/crontab@last.previous"
        #expect(try bench.directory.read(last) == text)
        #expect(bench.reports.last?.contains(last) == true, "\(bench.reports)")
    }

    @Test func aFileThatIsMissingAsTheSchedulerStartsIsRemembered() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n@every 25m \(entryJob("a"))")
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
            var surroundings = SchedulerSurroundings { _ in }
            surroundings.rules = { () throws(SpoolError) in rules }
            _ = try SchedulerEngine(spool, surroundings)
            return try spool.entryTables(rules).flatMap(\.entries).map(\.since)
        }
        let first = clock.now
        #expect(try sights("Europe/Paris") == [first, first, first])
        clock.advance(.seconds(60))
        #expect(try sights("Europe/Paris") == [first, first, first])
        #expect(try sights("Asia/Tokyo") == [clock.now, first, clock.now])
    }
}
