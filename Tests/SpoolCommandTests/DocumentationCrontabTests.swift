import Foundation
import Spool
import SpoolTestSupport
import Testing

@testable import SpoolCommand
@testable import SpoolRunner
@testable import SpoolSchedule

/// spool-crontab(5) is what crontabs are read by.
@Suite struct DocumentationCrontabTests {
    private let manual: ManualText
    private let text: String

    init() throws {
        text = try Package.text("man/spool-crontab.5")
        manual = ManualText(text)
    }

    /// What `spool cron` prints as JSON.
    static let fields: Set<String> = Set(CronRecord.CodingKeys.allCases.map(\.rawValue))
        .union(CronRecord.Last.CodingKeys.allCases.map(\.rawValue))
        .union(["utc", "expression", "warnings", "column", "length", "severity", "message"])

    @Test func theDirectoriesOfZones() throws {
        let command = ManualText(try Package.text("man/spool.1"))
        for manual in [manual, command] {
            #expect(manual.all("Pa").isSuperset(of: ZoneDatabase.usualDirectories))
        }
    }

    @Test func theSettings() throws {
        let documented = try manual.items("Ev", "SETTINGS")
        #expect(Set(documented) == CrontabSettings.names)
        #expect(documented.count == CrontabSettings.names.count)
        func isNamed(_ values: [String], at setting: String) throws {
            let lines = try manual.lines("SETTINGS")
            let begin = try #require(
                lines.firstIndex { $0.macro == "It" && $0.words.contains(setting) })
            let item = lines[(begin + 1)...].prefix { $0.macro != "It" && $0.macro != "El" }
            let named = item.filter { $0.macro == "Li" }.flatMap(\.words)
            #expect(Set(values).isSubset(of: named), "\(setting): \(named)")
        }
        try isNamed(CatchUp.allCases.map(\.rawValue), at: "CATCH_UP")
        try isNamed(Overlap.allCases.map(\.rawValue), at: "OVERLAP")
        try isNamed(DayMatch.allCases.map(\.rawValue), at: "DAY_MATCH")
        try isNamed(["yes", "no"], at: "SECONDS")
        #expect(CrontabSettings().catchUp == .last && CrontabSettings().overlap == .skip)
    }

    @Test func theWords() throws {
        let documented = try manual.items("Li", "ENTRIES", "Words").filter { $0.hasPrefix("@") }
        #expect(Set(documented) == Set(ExpressionParser.words))
        for (word, fields) in ExpressionParser.nicknames {
            #expect(text.contains(".Li \(fields)\n"))
            #expect(try CronExpression(word) != CronExpression("1 2 3 4 *"))
        }
    }

    @Test func theFields() throws {
        for field in CronField.allCases {
            let (low, high) = (field.values.lowerBound, field.values.upperBound)
            #expect(text.contains(".It \(field.name) Ta \(low) to \(high)"), "\(field)")
        }
        #expect(CronField.dayOfMonth.pickable == 1...28 && text.contains("picks from 1 to 28"))
    }

    @Test func theNumbers() {
        #expect(Schedule.longestGap == 3 * 3600 && text.contains("gap of more than three hours"))
        #expect(SlotPlan.catchUpLimit == 100 && text.contains("at most the newest 100"))
        #expect(CrontabText.limit == 64 << 20 && text.contains("at most 64 MiB"))
        #expect(
            TimeSpan.longest == .seconds(100 * 365 * 86_400) && text.contains("100 years at most"))
    }

    @Test func theExampleChecks() throws {
        let spool = try TemporarySpool()
        let example = try #require(try ManualText.displays("EXAMPLES", in: text).first)
        let result = try spool.run(
            ["cron", "check", "--strict", "--tz", "UTC", "-"], input: example)
        // 02:30 in Paris is there to be warned of.
        #expect(result.status == 1)
        let headings = result.text.split(separator: "\n").filter { !$0.hasPrefix(" ") }
        #expect(headings.allSatisfy { $0.contains("as the clock goes") }, "\(headings)")
        #expect(result.errorText.contains("6 entries, 0 errors"))
    }

    @Test func theMessageIsShownAsItIs() throws {
        let spool = try TemporarySpool()
        let shown = try #require(try ManualText.displays("DIAGNOSTICS", in: text).first)
        let line = try #require(shown.split(separator: "\n").dropFirst().first).dropFirst(2)
        try FileTree.write(spool.home + "/crontab", Array("\n\n\(line)\n".utf8))
        let result = try spool.run("cron", "check", "crontab")
        #expect(result.text == shown)
    }

    /// What the page says is so, is.
    @Test func theChoices() throws {
        func fires(_ expression: String) throws -> [String] {
            let schedule = Schedule(try CronExpression(expression), in: .utc)
            let begin = try #require(Instant(rfc3339: "2026-01-01T00:00:00Z"))
            return schedule.slots(after: begin, limit: 8).map {
                ZonedTime($0, in: .utc).description
            }
        }
        #expect(try fires("0 0 * * 0-0") == fires("0 0 * * sun"))
        #expect(try fires("0 0 * * sun-sun") == fires("0 0 * * sun"))
        #expect(try fires("0 0 * * fri-sun") == fires("0 0 * * 5,6,0"))
        #expect(throws: ExpressionError.self) { try CronExpression("~/5 * * * *") }
        #expect(throws: ExpressionError.self) { try CronExpression("0 0 ? * *") }
        #expect(throws: ExpressionError.self) { try CronExpression("@every 1500ms") }
    }
}
