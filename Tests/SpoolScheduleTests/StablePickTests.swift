import SpoolSchedule
import Testing

/// `~` picks one value, the same each time, and not the same everywhere.
@Suite struct StablePickTests {
    private func minute(_ field: String, _ identity: String, _ machine: String) throws -> Int {
        let options = CronExpression.Options(identity: identity, machine: machine)
        let schedule = Schedule(
            try CronExpression("\(field) * * * *", options: options), in: .utc)
        let slot = try #require(schedule.next(after: Instant(seconds: -1)))
        #expect(schedule.count(after: Instant(seconds: -1), through: Instant(seconds: 3599)) == 1)
        return Int(slot.seconds / 60)
    }

    /// These must never change: every `~` in use would move.
    @Test func thePicksOfAllTime() throws {
        #expect(try minute("~", "backup", "machine-a") == 47)
        #expect(try minute("~", "backup", "machine-b") == 42)
        #expect(try minute("~", "report", "machine-a") == 49)
        #expect(try minute("10~20", "backup", "machine-a") == 18)
    }

    @Test func spreadsOverEntriesAndMachines() throws {
        var entries = [Int](repeating: 0, count: 60)
        var machines = entries
        for number in 0..<6000 {
            entries[try minute("~", "entry \(number)", "m")] += 1
            machines[try minute("~", "e", "machine \(number)")] += 1
        }
        // 100 each on average, with a standard deviation of 10.
        #expect(entries.allSatisfy { (55...145).contains($0) }, "\(entries)")
        #expect(machines.allSatisfy { (55...145).contains($0) }, "\(machines)")
    }

    @Test func staysInItsRange() throws {
        for number in 0..<500 {
            #expect((10...20).contains(try minute("10~20", "\(number)", "m")))
            #expect((0...5).contains(try minute("~5", "\(number)", "m")))
            #expect((55...59).contains(try minute("55~", "\(number)", "m")))
            #expect(try minute("7~7", "\(number)", "m") == 7)
        }
    }

    /// Every month has the days that a bare `~` picks from, so February has one too.
    @Test func aDayThatEveryMonthHas() throws {
        for number in 0..<300 {
            let options = CronExpression.Options(identity: "\(number)")
            let schedule = Schedule(
                try CronExpression("~ ~ ~ * *", options: options), in: .utc)
            let year = schedule.count(
                after: try instant("2026-01-01T00:00:00Z"),
                through: try instant("2027-01-01T00:00:00Z"))
            #expect(year == 12)
        }
    }

    @Test func fieldsArePickedApart() throws {
        let same = try (0..<600).filter { number in
            let options = CronExpression.Options(seconds: true, identity: "\(number)")
            let schedule = Schedule(
                try CronExpression("~ ~ * * * *", options: options), in: .utc)
            let slot = try #require(schedule.next(after: Instant(seconds: -1)))
            return slot.seconds / 60 == slot.seconds % 60
        }
        #expect(same.count < 30)
    }
}
