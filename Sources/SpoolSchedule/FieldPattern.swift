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
