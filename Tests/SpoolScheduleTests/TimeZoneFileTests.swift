import SpoolSchedule
import SpoolTestSupport
import Testing

/// Zone files made for the purpose, where the tz database has no example.
@Suite struct TimeZoneFileTests {
    private func offset(_ zone: Zone, _ seconds: Int64) -> Int {
        zone.offset(at: Instant(seconds: seconds))
    }

    @Test func versionOne() throws {
        let file = ZoneBytes(version: nil, offsets: [100, 3600], changes: [(1000, 1)])
        let zone = try Zone(name: "One", bytes: file.bytes)
        #expect(offset(zone, 999) == 100)
        #expect(offset(zone, 1000) == 3600)
        #expect(offset(zone, 250_000_000_000) == 3600)
    }

    @Test func theWideBlockCountsAndLastsWithoutAFooter() throws {
        let file = ZoneBytes(offsets: [100, 3600], changes: [(-10_000_000_000, 1)])
        let zone = try Zone(name: "Two", bytes: file.bytes)
        #expect(offset(zone, -10_000_000_001) == 100)
        #expect(offset(zone, -10_000_000_000) == 3600)
        #expect(offset(zone, 250_000_000_000) == 3600)
    }

    @Test func theFooterHoldsAfterTheLastChange() throws {
        let file = ZoneBytes(
            version: "3", offsets: [0, 7200], changes: [(1_767_225_600, 1)],
            footer: "EET-2EEST,M3.4.4/50,M10.4.4/50")
        let zone = try Zone(name: "Three", bytes: file.bytes)
        #expect(zone.offset(at: try instant("2020-07-01T00:00:00Z")) == 0)
        #expect(zone.offset(at: try instant("2026-03-28T00:00:00Z")) == 10_800)
        #expect(zone.offset(at: try instant("2426-03-28T00:00:00Z")) == 10_800)
    }

    @Test func onlyAFooter() throws {
        let file = ZoneBytes(offsets: [0], footer: "CET-1CEST,M3.5.0,M10.5.0/3")
        let zone = try Zone(name: "Four", bytes: file.bytes)
        #expect(zone.offset(at: try instant("2026-07-01T00:00:00Z")) == 7200)
        #expect(zone.offset(at: try instant("2026-12-01T00:00:00Z")) == 3600)
        let fixed = ZoneBytes(offsets: [0], footer: "<+05>-5")
        #expect(offset(try Zone(name: "Five", bytes: fixed.bytes), 0) == 18_000)
    }

    @Test func contradictionsAreRefused() {
        let good = ZoneBytes(offsets: [0, 3600], changes: [(1000, 1), (2000, 0)])
        var backwards = good
        backwards.changes = [(2000, 1), (1000, 0)]
        var dangling = good
        dangling.changes = [(1000, 2)]
        var leaping = good
        leaping.leapSeconds = 1
        var far = good
        far.offsets = [0, 100 * 3600]
        var babble = good
        babble.footer = "later"
        var nothing = good
        nothing.offsets = []
        nothing.changes = []
        var beginning = good
        beginning.changes = [(Int.min, 1)]
        for file in [backwards, dangling, leaping, far, babble, nothing, beginning] {
            let error = #expect(throws: ZoneError.self) { try Zone(name: "Bad", bytes: file.bytes) }
            #expect(error?.code == .malformed)
            #expect(error?.message.hasPrefix("Bad: ") == true)
        }
        #expect(throws: Never.self) { try Zone(name: "Good", bytes: good.bytes) }
    }

    /// Changes that follow each other within hours, folds within folds: no zone has them, and the
    /// rules hold all the same.
    @Test func changesCloseTogether() throws {
        var generator = SeededGenerator(seed: 23)
        for _ in 0..<60 {
            let offsets = [0, 1800, 3600, 5400, 7200, 9000, 10_800]
            var at = 1_767_225_600
            var changes: [(at: Int, offset: Int)] = []
            for _ in 0..<6 {
                at += Int.random(in: 1...12, using: &generator) * 900
                changes.append((at, Int.random(in: 0..<offsets.count, using: &generator)))
            }
            let file = ZoneBytes(offsets: offsets, changes: changes)
            let zone = try Zone(name: "Restless", bytes: file.bytes)
            let timeline = Timeline(zone, 1_767_225_600 - 3600..<at + 14_400, unit: 60)
            for _ in 0..<20 {
                let random = RandomExpression(using: &generator)
                guard let expression = try? CronExpression(random.text) else { continue }
                let schedule = Schedule(expression, in: zone)
                let before = Instant(seconds: Int64(timeline.range.lowerBound - 1))
                let end = Instant(seconds: Int64(timeline.range.upperBound - 1))
                let expected = timeline.slots(of: random).map { Instant(seconds: Int64($0)) }
                let found = schedule.slots(after: before, through: end, limit: 10_000)
                #expect(found == expected, "\(random.text) \(changes)")
                #expect(schedule.count(after: before, through: end) == expected.count)
                let back = schedule.newestSlots(after: before, through: end, limit: 10_000)
                #expect(back == expected, "\(random.text) \(changes)")
            }
        }
    }
}
