import Spool
import SpoolSchedule
import SpoolTestSupport
import Testing

/// examples/maintenance.crontab: clean, and due as often as its comments say.
struct MaintenanceExampleTests {
    @Test func checksStrictly() throws {
        let spool = try TemporarySpool()
        let path = Package.path("examples/maintenance.crontab")
        for zone in ["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"] {
            let result = try spool.run("cron", "check", "--strict", "--tz", zone, path)
            #expect(result.status == 0, "\(zone): \(result.text)")
        }
        #expect(try spool.run("cron", "edit", "maintenance", "--strict", "-f", path).status == 0)
        #expect(try spool.run("cron", "list", "--json").text.split(separator: "\n").count == 6)
    }

    /// A year of a clock that is never looked at, in zones whose clocks change.
    @Test(arguments: ["UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe"])
    func isDueAsOftenAsItSays(_ name: String) throws {
        let zone = try ZoneDatabase.fromEnvironment().zone(named: name)
        let text = try Package.text("examples/maintenance.crontab")
        let crontab = CrontabFile.parse(text, options: CrontabFile.Options(zone: zone))
        #expect(crontab.diagnostics.isEmpty)
        let begin = try #require(ZonedTime("2027-01-01T00:00", in: zone)).instant
        let end = try #require(ZonedTime("2028-01-01T00:00", in: zone)).instant
        let before = begin + TimeSpan(microseconds: -1_000_000)
        let last = end + TimeSpan(microseconds: -1_000_000)
        let counts = crontab.entries.map { entry in
            let schedule = entry.schedule(firstSeen: begin)
            let slots = schedule.slots(after: before, through: last, limit: 100_000)
            #expect(slots.count == schedule.count(after: before, through: last))
            #expect(zip(slots, slots.dropFirst()).allSatisfy { $0 < $1 })
            return slots.count
        }
        // The year has 8,760 hours of real time wherever the clocks go forward and back once. On Lord
        // Howe they go by half an hour: two slots are skipped, and one comes twice.
        let isHalf = name == "Australia/Lord_Howe"
        #expect(counts == [365, 365, 730, 12, 12, isHalf ? 26_279 : 26_280])
    }

    @Test func everyEntryIsAJob() throws {
        let spool = try TemporarySpool()
        let path = Package.path("examples/maintenance.crontab")
        #expect(try spool.run("cron", "edit", "-f", path).status == 0)
        let directory = try spool.open()
        let entries = try directory.entryTables(CrontabRules(zone: .utc)).flatMap(\.entries)
        let jobs = try entries.map { try $0.job(for: nil) }
        #expect(jobs.map(\.queue) == Array(repeating: "maintenance", count: 6))
        #expect(jobs.map(\.maxAttempts) == [3, 3, 1, 3, 3, 1])
        #expect(jobs[3].timeout == .seconds(6 * 3600) && jobs[0].timeout == .seconds(7200))
        #expect(jobs.allSatisfy { $0.mail?.to == "root" })
    }
}
