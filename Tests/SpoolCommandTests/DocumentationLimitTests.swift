import Spool
import SpoolCommand
import SpoolRunner
import SpoolTime
import Testing

/// The section LIMITS of spool-format(5), against the program.
struct DocumentationLimitTests {
    @Test func everyLimitIsTheProgramsOwn() throws {
        let rules = AdmissionRules()
        let expected: [(String, Int)] = [
            ("a job that is dropped or submitted", rules.sizeLimit),
            ("the same, as the queue writes it without its record", rules.sizeLimit),
            ("a job's file with its record", rules.recordLimit),
            ("all input of one Ic spool submit", JobInput.limit),
            ("arrays and objects within one another", JSONSyntax.depthLimit),
            ("what is taken from Ev SPOOL_RESULT", rules.resultLimit),
            ("the same, as it is written", rules.sizeLimit),
            ("a message or a reason, before escapes", MessageText.longest),
            ("a piece of a log", LogFormat.longestPiece),
            ("Pa settings.json", SettingsFile.sizeLimit),
            ("the number of an attempt", Attempt.highestNumber),
            ("a length of time", Int(TimeSpan.longest.microseconds / 86_400_000_000)),
            ("the path of a spool", SpoolPath.longest),
        ]
        let rows = try limits()
        #expect(rows.map(\.what).dropLast() == expected.map(\.0)[...])
        for (row, limit) in zip(rows, expected) {
            let digits = row.limit.prefix { $0.isNumber || $0 == "," }.filter(\.isNumber)
            #expect(Int(digits) == limit.1, "\(row.what): \(row.limit)")
        }
        let years = try #require(rows.last)
        #expect(years.limit == "\(year(.earliest)) to \(year(.latest))")
    }

    @Test func theNumberOfSlotsIsTheProgramsOwn() throws {
        let range = WorkerSettings.possibleSlots
        let text = "\(range.lowerBound) to \(range.upperBound)"
        for (page, count) in [("man/spool.1", 3), ("man/spool-format.5", 2)] {
            #expect(try Package.text(page).ranges(of: text).count == count, "\(page)")
        }
    }

    private func year(_ instant: Instant) -> Substring { instant.rfc3339.prefix(4) }

    private func limits() throws -> [(what: String, limit: String)] {
        try ManualText(Package.text("man/spool-format.5")).lines("LIMITS")
            .filter { $0.macro == "It" && $0.words.first != "Em" }
            .map { line in
                let cells = line.words.split(separator: "Ta").map { $0.joined(separator: " ") }
                return (cells[0], cells.count > 1 ? cells[1] : "")
            }
    }
}
