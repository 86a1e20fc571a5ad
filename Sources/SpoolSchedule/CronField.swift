/// One of the fields of an expression.
enum CronField: Int, Hashable, Sendable, CaseIterable {
    case second, minute, hour, dayOfMonth, month, weekday

    /// As an error calls it.
    var name: String {
        switch self {
        case .second: "second"
        case .minute: "minute"
        case .hour: "hour"
        case .dayOfMonth: "day of month"
        case .month: "month"
        case .weekday: "weekday"
        }
    }

    /// What may be written. Sunday is 0 and 7.
    var values: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .weekday: 0...7
        }
    }

    /// What `*` stands for.
    var all: ClosedRange<Int> { self == .weekday ? 0...6 : values }

    /// What a `~` without ends picks from: of the days of the month those that every month has, or a
    /// job would skip months on one machine and not on another.
    var pickable: ClosedRange<Int> { self == .dayOfMonth ? 1...28 : all }

    /// Three-letter names from `values.lowerBound` on.
    var names: [String] {
        switch self {
        case .month: CronField.monthNames
        case .weekday: CronField.weekdayNames
        default: []
        }
    }

    static let monthNames = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
    static let weekdayNames = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
}

/// What stands between two commas of a field.
enum FieldItem: Hashable, Sendable {
    /// Every so many from a value to another. Sunday at the end of a range is 7.
    case range(ClosedRange<Int>, step: Int)
    /// `L` in the day of month.
    case lastDay
    /// `LW`: the last Monday to Friday of the month.
    case lastWorkingDay
    /// `15W`: the Monday to Friday nearest to a day, in the same month.
    case workingDay(nearest: Int)
    /// `1#2`: a weekday (0 to 6) for the nth time in the month, 1 to 5.
    case nth(Int, weekday: Int)
    /// `5L`: the last such weekday (0 to 6) of the month.
    case last(weekday: Int)
}

/// A field as it was written.
struct FieldPattern: Hashable, Sendable {
    let field: CronField
    let text: String
    /// In characters of the expression.
    let position: Range<Int>
    let items: [(item: FieldItem, position: Range<Int>)]

    /// Nothing but `*`: no restriction.
    var isStar: Bool { text == "*" }
    /// What cron calls a wildcard.
    var beginsWithStar: Bool { text.hasPrefix("*") }

    /// The values of the plain items as bits; Sunday is bit 0.
    var bits: UInt64 {
        var bits: UInt64 = 0
        for (item, _) in items {
            guard case .range(let range, let step) = item else { continue }
            for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
                bits |= 1 << UInt64(field == .weekday ? value % 7 : value)
            }
        }
        return bits
    }

    static func == (left: FieldPattern, right: FieldPattern) -> Bool {
        left.field == right.field && left.text == right.text
            && left.items.map(\.item) == right.items.map(\.item)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(field)
        hasher.combine(text)
        hasher.combine(items.map(\.item))
    }
}
