import SpoolSchedule
import SpoolTestSupport
import Testing

/// Every refusal says where, what, and what to write instead.
@Suite struct ExpressionErrorTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        /// The part of the text the error points at.
        let pointer: String
        let code: ExpressionError.Code
        /// What the message must hold.
        let advice: String
        var testDescription: String { text }

        init(_ text: String, _ pointer: String, _ code: ExpressionError.Code, _ advice: String) {
            self.text = text
            self.pointer = pointer
            self.code = code
            self.advice = advice
        }
    }

    static let cases: [Case] = [
        Case("0 22-2 * * *", "22-2", .reversedRange, "write `22-23,0-2`"),
        Case("10-5 * * * *", "10-5", .reversedRange, "write `10-59,0-5`"),
        Case("0 5-0 * * *", "5-0", .reversedRange, "write `5-23,0`"),
        Case("0 23-4 * * *", "23-4", .reversedRange, "write `23,0-4`"),
        Case("0 22-3/2 * * *", "22-3/2", .reversedRange, "write `22,0,2`"),
        Case("0 0 25-5 * *", "25-5", .reversedRange, "write `25-31,1-5`"),
        Case("0 0 * nov-feb *", "nov-feb", .reversedRange, "write `nov-dec,jan-feb`"),
        Case("0 0 * * 5-2", "5-2", .reversedRange, "write `5-7,1-2`"),
        Case("0 0 * * fri-mon", "fri-mon", .reversedRange, "write `fri-sun,mon`"),
        Case("0 0 * * 7-2", "7-2", .reversedRange, "write `0-2`"),
        Case("20~10 * * * *", "20~10", .reversedRange, "`10~20`"),
        Case("0 22~2 * * *", "22~2", .reversedRange, "`22~` or `~2`"),
        Case("0 0 * * 7-3/2", "7-3/2", .reversedRange, "write `0-3/2`"),
        Case("0 0 * * 5-2/2", "5-2/2", .reversedRange, "write `5,0,2`"),
        Case("5-2/2 0 * * *", "5-2/2", .reversedRange, "write `5-59/2,1-2/2`"),
        Case("0 0 * * 7/2", "7/2", .badStep, "write `0-6/2`"),
        Case("0 0 * dec/2 *", "dec/2", .badStep, "write `dec`"),
        Case("59/5 * * * *", "59/5", .badStep, "write `59`"),
        Case("~/5 * * * *", "~/5", .badStep, "`*/5` for several"),
        Case("0~29/5 * * * *", "0~29/5", .badStep, "`0-29/5` for several"),
        Case("H/15 * * * *", "H/15", .badValue, "write `*/15`"),
        Case("H(0-29)/10 * * * *", "H(0-29)/10", .badValue, "write `0-29/10`"),
        Case("0 H(0-3) * * *", "H(0-3)", .badValue, "write `0~3`"),
        Case("0 24 * * *", "24", .outOfRange, "0 for midnight"),
        Case("0 0 * * sunrise", "sunrise", .badValue, "whole number"),
        Case("0 0 * * Tues", "Tues", .badValue, "write `tue`"),
        Case("0 0 1\u{2013}5 * *", "1\u{2013}5", .badValue, "write `1-5`"),
        Case("0\u{a0}2 * * * *", "0\u{a0}2", .badValue, "as `0 2`"),
        Case("5/15 * * * *", "5/15", .badStep, "write `5-59/15`"),
        Case("0 0 * jan/2 *", "jan/2", .badStep, "write `jan-dec/2`"),
        Case("*/0 * * * *", "0", .badStep, "write `*`"),
        Case("*/ * * * *", "*/", .badStep, "`*/5`"),
        Case("*/x * * * *", "x", .badStep, "whole number"),
        Case("*/5/2 * * * *", "*/5/2", .badStep, "one `/`"),
        Case("/5 * * * *", "/5", .badStep, "write `*/5`"),
        Case("~/5 * * * *", "~/5", .badStep, "write `~`"),
        Case("5,,6 * * * *", "", .emptyItem, "empty item"),
        Case(",5 * * * *", "", .emptyItem, "empty item"),
        Case("5, * * * *", "", .emptyItem, "empty item"),
        Case("5- * * * *", "5-", .badRange, "lacks an end"),
        Case("1-2-3 * * * *", "1-2-3", .badRange, "more than two ends"),
        Case("60 * * * *", "60", .outOfRange, "write 0 to 59"),
        Case("0 24 * * *", "24", .outOfRange, "write 0 to 23"),
        Case("* * 0 * *", "0", .outOfRange, "write 1 to 31"),
        Case("* * 0W * *", "0", .outOfRange, "write 1 to 31"),
        Case("* * * 13 *", "13", .outOfRange, "write 1 to 12"),
        Case("* * * * 8", "8", .outOfRange, "0 and 7 are Sunday"),
        Case("* * * * 1#6", "6", .outOfRange, "write 1 to 5 after `#`"),
        Case("99999999999999999999 * * * *", "99999999999999999999", .outOfRange, "0 to 59"),
        Case("*5 * * * *", "*5", .badValue, "write `*/5`"),
        Case("1.5 * * * *", "1.5", .badValue, "whole number"),
        Case("0x10 * * * *", "0x10", .badValue, "whole number"),
        Case("+5 * * * *", "+5", .badValue, "write `5`"),
        Case("0 0 ? * *", "?", .badValue, "write `*`"),
        Case("H 2 * * *", "H", .badValue, "write `~`"),
        Case("0 0 * * monday", "monday", .badValue, "write `mon`"),
        Case("0 0 * mon *", "mon", .badValue, "is a weekday"),
        Case("0 0 * * jul", "jul", .badValue, "is a month"),
        Case("0 0 * * L", "L", .badValue, "write `5L`"),
        Case("0 0 L-3 * *", "L-3", .badValue, "write `L`"),
        Case("0 0 1-5W * *", "1-5W", .badValue, "write `15W`"),
        Case("0 0 * * 1-5L", "1-5L", .badValue, "`4L,5L`"),
        Case("0 0 * * 15W", "15W", .badValue, "day of month field"),
        Case("0 L * * *", "L", .badValue, "the order is"),
        Case("0 0 ５ * *", "５", .badValue, "whole number"),
        Case("0 0\u{200B} * * *", "0\u{200B}", .badValue, "`0` has an invisible character"),
        Case("\u{FEFF}0 1 * * *", "\u{FEFF}0", .badValue, "(U+FEFF): take it away"),
        Case("0 1 * * *\u{A0}true", "*\u{A0}true", .badValue, "another than the space bar's"),
        Case("0 0 é1 * *", "é1", .badValue, "whole number"),
        Case("0 0 30 2 *", "30", .neverFires, "no day `30` in February"),
        Case("0 0 31 4,6 *", "31", .neverFires, "no day `31` in April or June"),
        Case("0 0 31 2 */2", "31", .neverFires, "write `L`"),
        Case("* * * *", "", .fieldCount, "add weekday"),
        Case("", "", .fieldCount, "empty"),
        Case("0 4 * * 1 2024 --arg", "2024 --arg", .fieldCount, "take away `2024 --arg`"),
        Case("*/20 * * * * *", "*", .fieldCount, "SECONDS=yes"),
        Case("@Daily", "@Daily", .unknownNickname, "write `@daily`"),
        Case("@fortnightly", "@fortnightly", .unknownNickname, "@weekly"),
        Case("@daily 5", "5", .fieldCount, "whole schedule"),
        Case("@600", "@600", .unknownNickname, "write `@every 10m`"),
        Case("@every5m", "@every5m", .unknownNickname, "write `@every 5m`"),
        Case("@minutely", "@minutely", .unknownNickname, "write `* * * * *`"),
        Case("@every 5 minutes", "5 minutes", .badTime, "write `@every 5m`"),
        Case("@every 5min", "5min", .badTime, "write `@every 5m`"),
        Case("@every 1h 30m", "1h 30m", .badTime, "write `@every 1h30m`"),
        Case(
            "@at 2026-12-24 18:00", "2026-12-24 18:00", .badTime,
            "write `@at 2026-12-24T18:00`"),
        Case("@at 2026-12-24", "2026-12-24", .badTime, "`@at 2026-12-24T00:00`"),
        Case("30 0 2 * * *", "*", .fieldCount, "set SECONDS=yes"),
        Case("0 0 2 * * *", "*", .fieldCount, "or write `0 2 * * *`"),
        Case("@every", "@every", .badTime, "`@every 90s`"),
        Case("@every 1x", "1x", .badTime, "`90s`"),
        Case("@every 0s", "0s", .badTime, "one at least"),
        Case("@every 1500ms", "1500ms", .badTime, "write `@every 1s`"),
        Case("@at", "@at", .badTime, "`@at 2026-12-24T18:00`"),
        Case("@at 2026-02-30T00:00", "2026-02-30T00:00", .badTime, "not a time there is"),
    ]

    @Test(arguments: cases)
    func saysWhereAndWhatToWrite(_ testCase: Case) throws {
        let thrown = #expect(throws: ExpressionError.self) { try CronExpression(testCase.text) }
        let error = try #require(thrown)
        #expect(error.code == testCase.code)
        #expect(error.message.contains(testCase.advice), "\(error.message)")
        let characters = Array(testCase.text)
        let end = error.offset + error.length
        try #require(end <= characters.count)
        #expect(String(characters[error.offset..<end]) == testCase.pointer)
    }

    /// What is offered must itself be right: the suggestion of every backwards range is accepted.
    @Test func suggestionsAreAccepted() throws {
        for (index, field) in [0...59, 0...23, 1...31, 1...12, 0...7].enumerated() {
            for low in field {
                for high in field.lowerBound..<low {
                    var fields = ["0", "0", "*", "*", "*"]
                    fields[index] = "\(low)-\(high)"
                    guard case .failure(let error) = parse(fields) else {
                        // A Sunday at the end is the one after Saturday.
                        #expect(index == 4 && high == 0)
                        continue
                    }
                    let parts = error.message.split(separator: "`", omittingEmptySubsequences: true)
                    fields[index] = String(try #require(parts.last))
                    #expect(throws: Never.self) {
                        try CronExpression(fields.joined(separator: " "))
                    }
                }
            }
        }
    }

    private func parse(_ fields: [String]) -> Result<CronExpression, ExpressionError> {
        Result { () throws(ExpressionError) in
            try CronExpression(fields.joined(separator: " "))
        }
    }

    @Test func positionsCountFromTheBeginningOfTheText() {
        let error = #expect(throws: ExpressionError.self) { try CronExpression(" \t 0  25 * * *") }
        #expect(error?.offset == 6)
        #expect(error?.length == 2)
    }

    /// Whatever is given, there is an answer within it.
    @Test func anyTextIsReadOrRefused() {
        var generator = SeededGenerator(seed: 5)
        let pieces = [
            "0", "1", "5", "59", "7", "*", "/", "-", ",", "~", "#", "L", "W", "l", "w", "mon",
            "jan",
            " ", " ", " ", " ", "@every", "@at", "?", "é", "0", "12", "*", "*", "😀", "\t", "\n",
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<16, using: &generator)
            let text = (0..<count).compactMap { _ in pieces.randomElement(using: &generator) }
                .joined()
            do {
                let expression = try CronExpression(text)
                #expect(!expression.explanation.isEmpty)
                for warning in expression.warnings {
                    #expect(warning.offset + warning.length <= text.count)
                }
            } catch {
                #expect(error.offset >= 0 && error.offset + error.length <= text.count, "\(text)")
                #expect(!error.message.isEmpty)
            }
        }
    }
}
