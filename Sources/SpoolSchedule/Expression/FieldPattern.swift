/// One item of a field, between two commas.
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
struct FieldPattern: Sendable {
    private let written: WrittenField
    /// The offset at which it begins in the expression.
    private let start: Int

    init(_ written: WrittenField, at start: Int) {
        self.written = written
        self.start = start
    }

    var field: CronField { written.field }
    var text: String { written.text }
    /// In characters of the expression: there are none but ASCII ones in a field that could be read.
    var position: Range<Int> { start..<start + text.utf8.count }
    var items: [FieldItem] { written.items.map(\.item) }
    /// In characters of the expression.
    var positionedItems: [(item: FieldItem, position: Range<Int>)] {
        written.items.map { item, place in
            (item, start + place.lowerBound..<start + place.upperBound)
        }
    }

    /// Nothing but `*`: no restriction.
    var isStar: Bool { text == "*" }
    /// Whether cron calls it a wildcard.
    var beginsWithStar: Bool { text.hasPrefix("*") }
    /// The values of the plain items as bits; Sunday is bit 0.
    var bits: UInt64 { written.bits }
}

extension FieldPattern: Hashable {
    static func == (left: FieldPattern, right: FieldPattern) -> Bool {
        left.written === right.written
            || left.field == right.field && left.text == right.text && left.items == right.items
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(field)
        hasher.combine(text)
        hasher.combine(items)
    }
}

/// A field's text and its meaning, wherever it stands: expressions share it.
final class WrittenField: Sendable {
    let field: CronField
    let text: String
    /// With their places in the text.
    let items: [(item: FieldItem, place: Range<Int>)]
    let bits: UInt64

    init(_ field: CronField, _ text: String, _ items: [(item: FieldItem, place: Range<Int>)]) {
        self.field = field
        self.text = text
        self.items = items
        var bits: UInt64 = 0
        for (item, _) in items {
            guard case .range(let range, let step) = item else { continue }
            for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
                bits |= 1 << UInt64(field == .weekday ? value % 7 : value)
            }
        }
        self.bits = bits
    }
}
