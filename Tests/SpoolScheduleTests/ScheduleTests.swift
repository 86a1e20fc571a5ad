import SpoolSchedule
import Testing

@Suite struct ScheduleTests {
    @Test func everyCountsFromTheFirstSight() throws {
        let seen = Instant(milliseconds: 1_000_500)
        let schedule = Schedule(try CronExpression("@every 90s"), in: .utc, firstSeen: seen)
        #expect(schedule.next(after: Instant(seconds: 0)) == Instant(milliseconds: 1_090_500))
        #expect(schedule.next(after: seen) == Instant(milliseconds: 1_090_500))
        #expect(
            schedule.next(after: Instant(milliseconds: 1_090_500))
                == Instant(milliseconds: 1_180_500))
        #expect(schedule.latest(atOrBefore: Instant(milliseconds: 1_090_499)) == nil)
        #expect(
            schedule.latest(atOrBefore: Instant(milliseconds: 1_190_000))
                == Instant(milliseconds: 1_180_500))
        #expect(schedule.count(after: seen, through: Instant(seconds: 10_000)) == 99)
        #expect(schedule.count(after: Instant(seconds: 1100), through: Instant(seconds: 1181)) == 1)
    }

    @Test func atFiresOnce() throws {
        let paris = try zone("Europe/Paris")
        let schedule = Schedule(try CronExpression("@at 2026-12-24T18:00"), in: paris)
        let slot = try instant("2026-12-24T17:00:00Z")
        #expect(schedule.next(after: Instant(seconds: 0)) == slot)
        #expect(schedule.next(after: slot) == nil)
        #expect(schedule.latest(atOrBefore: slot) == slot)
        #expect(schedule.latest(atOrBefore: Instant(seconds: slot.seconds - 1)) == nil)
        #expect(schedule.count(after: Instant(seconds: 0), through: slot) == 1)
        #expect(schedule.count(after: slot, through: .distantEnd) == 0)
    }

    @Test(arguments: [
        ("@at 2026-03-08T02:30", "2026-03-08T03:00:00-04:00"),
        ("@at 2026-11-01T01:30", "2026-11-01T01:30:00-04:00"),
        ("@at 2026-11-01T01:30:07", "2026-11-01T01:30:07-04:00"),
        ("@at 2026-03-08T02:30:00Z", "2026-03-08T02:30:00Z"),
    ])
    func atInAChangeOfTheClock(_ text: String, _ slot: String) throws {
        let schedule = Schedule(try CronExpression(text), in: try zone("America/New_York"))
        #expect(schedule.next(after: Instant(seconds: 0)) == (try instant(slot)))
    }

    @Test func rebootHasNoSlots() throws {
        let schedule = Schedule(try CronExpression("@reboot"), in: .utc)
        #expect(schedule.next(after: Instant(seconds: 0)) == nil)
        #expect(schedule.latest(atOrBefore: .distantEnd) == nil)
        #expect(schedule.count(after: Instant(seconds: 0), through: .distantEnd) == 0)
    }

    @Test func nicknames() throws {
        let pairs = [
            ("@yearly", "0 0 1 1 *"), ("@annually", "0 0 1 1 *"), ("@monthly", "0 0 1 * *"),
            ("@weekly", "0 0 * * 0"), ("@daily", "0 0 * * *"), ("@midnight", "0 0 * * *"),
            ("@hourly", "0 * * * *"),
        ]
        let start = try instant("2026-05-05T05:05:05Z")
        for (nickname, fields) in pairs {
            for options in [CronExpression.Options(), .init(seconds: true, dayMatch: .and)] {
                let short = Schedule(try CronExpression(nickname, options: options), in: .utc)
                let long = Schedule(try CronExpression(fields), in: .utc)
                #expect(
                    short.slots(after: start, limit: 9)
                        == long.slots(after: start, limit: 9))
            }
        }
    }

    @Test func strictlyAfterToTheMicrosecond() throws {
        let schedule = Schedule(try CronExpression("* * * * *"), in: .utc)
        let slot = Instant(seconds: 60)
        #expect(schedule.next(after: Instant(microseconds: 59_999_999)) == slot)
        #expect(schedule.next(after: slot) == Instant(seconds: 120))
        #expect(schedule.next(after: Instant(microseconds: 60_000_001)) == Instant(seconds: 120))
        #expect(schedule.latest(atOrBefore: Instant(microseconds: 60_000_001)) == slot)
        #expect(schedule.next(after: Instant(microseconds: -1)) == Instant(seconds: 0))
    }

    @Test func theEndsOfTime() throws {
        for name in ["UTC", "Europe/Paris", "America/New_York"] {
            for text in ["* * * * *", "0 0 29 2 *", "@every 1h"] {
                let schedule = Schedule(try CronExpression(text), in: try zone(name))
                #expect(schedule.next(after: Instant(microseconds: .max)) == nil)
                #expect(schedule.next(after: .distantEnd) == nil)
                #expect(schedule.next(after: Instant(microseconds: .min)) != nil)
                #expect(schedule.latest(atOrBefore: Instant(microseconds: .min)) == nil)
                #expect(schedule.latest(atOrBefore: Instant(microseconds: .max)) != nil)
                _ = schedule.warnings(after: Instant(microseconds: .max))
                _ = schedule.warnings(after: Instant(microseconds: .min))
            }
        }
    }

    @Test func slotsOfALongDowntimeAreCountedAtOnce() throws {
        let schedule = Schedule(try CronExpression("* * * * *"), in: try zone("Europe/Paris"))
        let start = try instant("2000-01-01T00:00:00Z")
        let end = try instant("3000-01-01T00:00:00Z")
        #expect(schedule.count(after: start, through: end) == (end.seconds - start.seconds) / 60)
        #expect(schedule.slots(after: start, through: end, limit: 3).count == 3)
        #expect(schedule.count(after: end, through: start) == 0)
        // A fixed entry runs once for each time of day: as often as there are days.
        let daily = Schedule(try CronExpression("30 2 * * *"), in: try zone("Europe/Paris"))
        #expect(daily.count(after: start, through: end) == (end.seconds - start.seconds) / 86_400)
    }

    @Test(arguments: [
        ("0 0 * * 1", DayMatch.or, "2026-01-05"), ("0 0 13 * *", .or, "2026-01-13"),
        ("0 0 13 * 5", .and, "2026-02-13"), ("0 0 13 * 5", .or, "2026-01-02"),
        ("0 0 */2 * 1", .or, "2026-01-03"), ("0 0 1,* * 1", .and, "2026-01-05"),
    ])
    func dayMatch(_ text: String, _ match: DayMatch, _ day: String) throws {
        let options = CronExpression.Options(dayMatch: match)
        let schedule = Schedule(try CronExpression(text, options: options), in: .utc)
        let found = schedule.next(after: try instant("2026-01-01T00:00:00Z"))
        #expect(found == (try instant("\(day)T00:00:00Z")))
    }

    @Test(arguments: [
        ("0 0 * * 0-0", [0]), ("0 0 * * sun-sun", [0]), ("0 0 * * 7-7", [0]),
        ("0 0 * * 0-7", [0, 1, 2, 3, 4, 5, 6]), ("0 0 * * 1-0", [0, 1, 2, 3, 4, 5, 6]),
        ("0 0 * * 6-0/2", [6]), ("0 0 * * 5-7/2", [0, 5]), ("0 0 * * fri-SUN", [0, 5, 6]),
        ("0 0 * * */3", [0, 3, 6]), ("0 0 * * 7,1", [0, 1]),
    ])
    func sundays(_ text: String, _ weekdays: [Int]) throws {
        let schedule = Schedule(try CronExpression(text), in: .utc)
        let start = try instant("2026-01-01T00:00:00Z")
        let week = Instant(seconds: start.seconds + 7 * 86_400)
        let slots = schedule.slots(after: start, through: week, limit: 10)
        #expect(Set(slots.map(\.day.weekday)) == Set(weekdays))
    }
}
