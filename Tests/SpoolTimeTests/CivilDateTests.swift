import SpoolTime
import Testing

@Suite struct CivilDateTests {
    /// Day after day through 800 years, counted on the fingers.
    @Test func everyDayFollowsTheOneBefore() throws {
        let start = try #require(CivilDate(year: 1600, month: 1, day: 1))
        var (year, month, day) = (1600, 1, 1)
        // A Saturday.
        var weekday = 6
        for number in start.daysSinceEpoch..<start.daysSinceEpoch + 2 * 146_097 {
            let date = CivilDate(daysSinceEpoch: number)
            guard date.year == year, date.month == month, date.day == day,
                date.daysSinceEpoch == number, date.weekday == weekday
            else {
                Issue.record("day \(number) is \(date), not \(year)-\(month)-\(day)")
                return
            }
            weekday = (weekday + 1) % 7
            day += 1
            if CivilDate(year: year, month: month, day: day) == nil {
                (month, day) = (month + 1, 1)
            }
            if month == 13 { (year, month) = (year + 1, 1) }
        }
        #expect(year == 2400)
    }

    @Test func theEpochAndBefore() {
        #expect(CivilDate(daysSinceEpoch: 0).description == "1970-01-01")
        #expect(CivilDate(daysSinceEpoch: 0).weekday == 4)
        #expect(CivilDate(daysSinceEpoch: -719_529).description == "-0001-12-31")
        for days in [-1_000_000, -719_468, -1, 0, 1, 59, 60, 1_000_000] {
            #expect(CivilDate(daysSinceEpoch: days).daysSinceEpoch == days)
        }
    }

    @Test func daysThatThereAreNot() {
        for (year, month, day) in [
            (2026, 2, 29), (1900, 2, 29), (2026, 4, 31), (2026, 0, 1), (2026, 13, 1), (2026, 1, 0),
            (2026, 1, 32), (2026, 1, -1),
        ] {
            #expect(CivilDate(year: year, month: month, day: day) == nil)
        }
        #expect(CivilDate(year: 2000, month: 2, day: 29) != nil)
    }
}
