import SpoolSchedule
import SpoolTestSupport
import Testing

/// Days far apart, and schedules that never fire, against counting day by day.
@Suite struct DayTests {
    /// 2000-02-28, then every day of 400 years: after them the calendar begins again.
    private static let cycle = 11_015..<11_015 + 146_097

    @Test func theNextDay() throws {
        var generator = SeededGenerator(seed: 41)
        for _ in 0..<1500 {
            let random = RandomExpression(using: &generator)
            let text = "0 0 " + random.fields.dropFirst(2).joined(separator: " ")
            let start = Int.random(in: Self.cycle, using: &generator)
            let expected = (start + 1..<start + 15_000).first {
                random.matches(CivilDate(daysSinceEpoch: $0))
            }
            do {
                let schedule = Schedule(try CronExpression(text), in: .utc)
                let found = schedule.next(after: midnight(start))
                if let expected {
                    #expect(found == midnight(expected), "\(text) after day \(start)")
                } else {
                    #expect(try #require(found) >= midnight(start + 15_000), "\(text)")
                }
            } catch let error as ExpressionError {
                #expect(error.code == .neverFires && expected == nil, "\(text): \(error)")
            }
        }
    }

    @Test(arguments: [
        ("0 0 29 2 1", "2044-02-29"), ("0 0 29 2 2", "2028-02-29"), ("0 0 29 2 6", "2048-02-29"),
        ("0 0 29W 2 *", "2028-02-29"), ("0 0 29 2 5#5", "2036-02-29"),
        ("0 0 L 2 0L", "2027-02-28"), ("0 0 13 11 5", "2026-11-13"),
    ])
    func rareDaysThatMustBothMatch(_ text: String, _ day: String) throws {
        let options = CronExpression.Options(dayMatch: .and)
        let schedule = Schedule(try CronExpression(text, options: options), in: .utc)
        let found = schedule.next(after: try instant("2026-03-01T00:00:00Z"))
        #expect(found == (try instant("\(day)T00:00:00Z")))
    }

    @Test(arguments: [
        "0 0 31W 10 6#5", "0 0 1W * 6", "0 0 30,31 2 *", "0 0 30W 2 *", "0 0 1-7 * 1#2",
        "0 0 31 4,6,9,11 *", "0 0 LW * sun",
    ])
    func daysThatNeverCome(_ text: String) throws {
        let options = CronExpression.Options(dayMatch: .and)
        let error = #expect(throws: ExpressionError.self) {
            try CronExpression(text, options: options)
        }
        #expect(error?.code == .neverFires)
    }

    private func midnight(_ day: Int) -> Instant { Instant(seconds: Int64(day) * 86_400) }
}
