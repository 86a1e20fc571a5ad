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

    /// The values that may be written. Sunday is 0 and 7.
    var values: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .dayOfMonth: 1...31
        case .month: 1...12
        case .weekday: 0...7
        }
    }

    /// The values that `*` stands for.
    var all: ClosedRange<Int> { self == .weekday ? 0...6 : values }

    /// The values that a `~` without ends picks from. Of the days of the month, these are the days that every month
    /// has. With others, a job would skip months on one machine and not on another.
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
