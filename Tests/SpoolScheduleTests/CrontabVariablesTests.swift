import Testing

@testable import SpoolSchedule

/// Each entry sees the variables above it, however long the list.
struct CrontabVariablesTests {
    @Test func eachLengthHasItsOwnValues() {
        var variables = CrontabVariables()
        var expected: [[String: String]] = [[:]]
        for number in 0..<2000 {
            variables.set("V\(number % 700)", to: "\(number)")
            var next = expected[number]
            next["V\(number % 700)"] = "\(number)"
            expected.append(next)
        }
        #expect(variables.count == 2000)
        for (count, values) in expected.enumerated() {
            #expect(variables.values(after: count) == values)
        }
    }

    @Test func anEntrySeesWhatStandsAboveIt() {
        let lines = (0..<500).map { "A=\($0)\nB\($0)=x\n* * * * * true \($0)\n" }
        let crontab = CrontabFile.parse(lines.joined(), options: CrontabFile.Options(zone: .utc))
        #expect(crontab.entries.count == 500 && !crontab.hasErrors)
        for (number, entry) in crontab.entries.enumerated() {
            #expect(entry.environment["A"] == "\(number)")
            #expect(entry.environment.count == number + 2)
            #expect(entry.environment["B\(number)"] == "x")
        }
    }
}
