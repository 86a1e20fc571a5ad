import SpoolSchedule
import SpoolTestSupport

/// A random expression with its meaning beside it, so that checking it needs no parser.
struct RandomExpression {
    let fields: [String]
    private let seconds: Set<Int>
    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let months: Set<Int>
    private let isDayOfMonth: (CivilDate) -> Bool
    private let isWeekday: (CivilDate) -> Bool
    let isWildcard: Bool

    var text: String { fields.joined(separator: " ") }
    var hasSeconds: Bool { fields.count == 6 }

    init(using generator: inout SeededGenerator, hasSeconds: Bool = false) {
        let second = Self.plain(0...59, using: &generator)
        let minute =
            Self.common(Self.minutes, using: &generator)
            ?? Self.plain(0...59, using: &generator)
        let hour =
            Self.common(Self.hours, using: &generator)
            ?? Self.plain(0...23, using: &generator)
        let month =
            Int.random(in: 0..<4, using: &generator) > 0
            ? ("*", Set(1...12)) : Self.plain(1...12, using: &generator)
        let day = Self.dayOfMonth(using: &generator)
        let weekday = Self.weekday(using: &generator)
        let five = [minute.0, hour.0, day.0, month.0, weekday.0]
        fields = hasSeconds ? [second.0] + five : five
        seconds = hasSeconds ? second.1 : [0]
        minutes = minute.1
        hours = hour.1
        months = month.1
        isDayOfMonth = day.1
        isWeekday = weekday.1
        isWildcard = minute.0.hasPrefix("*") || hour.0.hasPrefix("*")
    }

    /// Rule 3, in its own words.
    func matches(_ date: CivilDate) -> Bool {
        guard months.contains(date.month) else { return false }
        let weekday = fields.suffix(1).joined()
        let day = fields.suffix(3).prefix(1).joined()
        if day.hasPrefix("*") || weekday.hasPrefix("*") {
            return isDayOfMonth(date) && isWeekday(date)
        }
        return isDayOfMonth(date) || isWeekday(date)
    }

    func matches(hour: Int, minute: Int, second: Int) -> Bool {
        hours.contains(hour) && minutes.contains(minute) && seconds.contains(second)
    }

    /// Days on which no time matches needn't be looked at, minute by minute.
    var matchingHours: [Bool] { (0..<24).map(hours.contains) }
    var matchingMinutes: [Bool] { (0..<60).map(minutes.contains) }
}

// MARK: - Fields

extension RandomExpression {
    /// What people write, and where clocks are changed: too rare among all values to be left to chance.
    private static let minutes: [(String, Set<Int>)] = [
        ("0", [0]), ("30", [30]), ("0,30", [0, 30]), ("*/30", [0, 30]), ("*", Set(0...59)),
        ("59", [59]), ("*/20", [0, 20, 40]),
    ]
    private static let hours: [(String, Set<Int>)] = [
        ("*", Set(0...23)), ("0-23", Set(0...23)), ("1", [1]), ("2", [2]), ("3", [3]), ("0", [0]),
        ("1-3", [1, 2, 3]), ("23", [23]), ("0,23", [0, 23]),
    ]

    private static func common(
        _ choices: [(String, Set<Int>)], using generator: inout SeededGenerator
    ) -> (String, Set<Int>)? {
        Bool.random(using: &generator) ? choices.randomElement(using: &generator) : nil
    }

    private static func plain(_ range: ClosedRange<Int>, using generator: inout SeededGenerator)
        -> (String, Set<Int>)
    {
        switch Int.random(in: 0..<8, using: &generator) {
        case 0: return ("*", Set(range))
        case 1:
            let step = Int.random(in: 1...range.count, using: &generator)
            return (
                "*/\(step)",
                Set(stride(from: range.lowerBound, through: range.upperBound, by: step))
            )
        case 2...4:
            let value = Int.random(in: range, using: &generator)
            return (String(value), [value])
        case 5:
            let values = (0..<3).map { _ in Int.random(in: range, using: &generator) }
            return (values.map(String.init).joined(separator: ","), Set(values))
        default:
            let low = Int.random(in: range, using: &generator)
            let high = Int.random(in: low...range.upperBound, using: &generator)
            if Bool.random(using: &generator) { return ("\(low)-\(high)", Set(low...high)) }
            let step = Int.random(in: 1...20, using: &generator)
            return ("\(low)-\(high)/\(step)", Set(stride(from: low, through: high, by: step)))
        }
    }

    private static func dayOfMonth(using generator: inout SeededGenerator)
        -> (String, (CivilDate) -> Bool)
    {
        switch Int.random(in: 0..<14, using: &generator) {
        case 0...6: return ("*", { _ in true })
        case 7: return ("L", isLastDay)
        case 8:
            return (
                "LW",
                { date in
                    isWorkingDay(date) && rest(of: date).allSatisfy { !isWorkingDay($0) }
                }
            )
        case 9:
            let day = Int.random(in: 1...31, using: &generator)
            return ("\(day)w", { isWorkingDay($0, nearest: day) })
        case 10:
            let day = Int.random(in: 1...31, using: &generator)
            return ("\(day),L", { $0.day == day || isLastDay($0) })
        default:
            let (text, days) = plain(1...31, using: &generator)
            return (text, { days.contains($0.day) })
        }
    }

    private static func weekday(using generator: inout SeededGenerator)
        -> (String, (CivilDate) -> Bool)
    {
        let names = ["sun", "Mon", "TUE", "wed", "Thu", "fri", "SAT"]
        let weekday = Int.random(in: 0...6, using: &generator)
        switch Int.random(in: 0..<14, using: &generator) {
        case 0...6: return ("*", { _ in true })
        case 7:
            let nth = Int.random(in: 1...5, using: &generator)
            return (
                "\(names[weekday])#\(nth)",
                { $0.weekday == weekday && ($0.day + 6) / 7 == nth }
            )
        case 8:
            return (
                "\(weekday == 0 ? 7 : weekday)L",
                { $0.weekday == weekday && rest(of: $0).count < 7 }
            )
        case 9:
            // To the Sunday at the end of the week.
            let low = Int.random(in: 1...6, using: &generator)
            let sunday = ["0", "7", "sun"][Int.random(in: 0..<3, using: &generator)]
            return ("\(low)-\(sunday)", { $0.weekday >= low || $0.weekday == 0 })
        case 10: return (names[weekday], { $0.weekday == weekday })
        default:
            let (text, days) = plain(0...6, using: &generator)
            return (text, { days.contains($0.weekday) })
        }
    }

    private static func rest(of date: CivilDate) -> [CivilDate] {
        (date.day + 1..<32).compactMap { CivilDate(year: date.year, month: date.month, day: $0) }
    }

    private static func isLastDay(_ date: CivilDate) -> Bool { rest(of: date).isEmpty }

    private static func isWorkingDay(_ date: CivilDate) -> Bool { (1...5).contains(date.weekday) }

    /// The working day of the month with the least distance; there is never a tie.
    private static func isWorkingDay(_ date: CivilDate, nearest day: Int) -> Bool {
        guard isWorkingDay(date), CivilDate(year: date.year, month: date.month, day: day) != nil
        else { return false }
        let others = (1...31).compactMap { CivilDate(year: date.year, month: date.month, day: $0) }
        return others.filter(isWorkingDay).allSatisfy {
            abs($0.day - day) >= abs(date.day - day)
        }
    }
}
