import SpoolSchedule
import Testing

@Suite struct WarningTests {
    @Test func aStepLongerThanItsRange() throws {
        let warnings = try CronExpression("*/70 0-6/10,8-20/4 * * *").warnings
        #expect(warnings.map(\.code) == [.longStep, .longStep])
        #expect(warnings.map(\.offset) == [0, 5])
        #expect(warnings.map(\.length) == [4, 6])
        #expect(warnings[0].message.contains("only minute 0 is left; write `0`"))
    }

    @Test(arguments: [
        ("0 0 13 * 5", DayMatch.cron, "either will do; DAY_MATCH=and asks for both"),
        ("0 0 */2 * 5", .cron, "must match both; DAY_MATCH=or takes either"),
        ("0 0 13 * 5", .and, "must match both"),
        ("0 0 */2 * 5", .or, "either will do"),
    ])
    func bothDays(_ text: String, _ match: DayMatch, _ advice: String) throws {
        let options = CronExpression.Options(dayMatch: match)
        let warning = try #require(try CronExpression(text, options: options).warnings.first)
        #expect(warning.code == .combinedDays)
        #expect(warning.offset == 4)
        #expect(warning.length == text.count - 4)
        #expect(warning.message.contains(advice), "\(warning.message)")
    }

    @Test func nothingToWarnOf() throws {
        for text in ["* * * * *", "*/59 * * * *", "0 0 1 * *", "0 0 * * 5", "@daily", "@reboot"] {
            #expect(try CronExpression(text).warnings.isEmpty, "\(text)")
        }
    }

    @Test func aFixedTimeInAComingChange() throws {
        let now = try instant("2026-01-01T00:00:00Z")
        let paris = try zone("Europe/Paris")
        let fixed = Schedule(try CronExpression("  30 2 * * *"), in: paris)
        let warnings = fixed.warnings(after: now)
        #expect(
            warnings.map(\.message) == [
                "02:30 on 2026-03-29 doesn't exist in Europe/Paris, as the clock goes forward: the"
                    + " job runs at 03:00",
                "02:30 on 2026-10-25 comes twice in Europe/Paris, as the clock goes back: the job"
                    + " runs the first time only",
            ])
        #expect(warnings.allSatisfy { $0.offset == 2 && $0.length == 10 })
        for text in ["*/30 2 * * *", "30 3 * * *", "30 2 * * 1-5", "@every 1h"] {
            let other = Schedule(try CronExpression(text), in: paris)
            #expect(other.warnings(after: now).isEmpty, "\(text)")
        }
    }

    @Test func aDroppedDay() throws {
        let apia = Schedule(try CronExpression("0 9 * * *"), in: try zone("Pacific/Apia"))
        let warnings = apia.warnings(after: try instant("2011-12-01T00:00:00Z"))
        #expect(warnings.contains { $0.message.contains("the job doesn't run then") })
    }

    /// The second Sunday of March has no 02:00 in New York, and wildcards don't run afterwards.
    @Test func neverInThisZone() throws {
        let expression = try CronExpression(
            "*/30 2 8-14 3 0", options: CronExpression.Options(dayMatch: .and))
        let newYork = Schedule(expression, in: try zone("America/New_York"))
        let now = try instant("2026-01-01T00:00:00Z")
        #expect(newYork.next(after: now) == nil)
        #expect(newYork.warnings(after: now).last?.code == .neverInZone)
        #expect(Schedule(expression, in: .utc).next(after: now) != nil)
    }

    @Test func aTimeThatHasPassedIsOne() throws {
        let schedule = Schedule(try CronExpression("@at 2026-12-24T18:00"), in: .utc)
        let time = try #require(Instant(rfc3339: "2026-12-24T18:00:00Z"))
        #expect(schedule.warnings(after: time + .seconds(-1)).isEmpty)
        #expect(schedule.warnings(after: time).map(\.code) == [.past])
    }
}
