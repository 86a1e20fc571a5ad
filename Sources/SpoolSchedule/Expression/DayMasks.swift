/// Which days of a month match, for every month there can be.
///
/// `L`, `15W`, `1#2` and the rest depend on nothing but the month's length and the weekday on which it begins. With 4
/// lengths and 7 weekdays there are 28 kinds of month, and each has its days as bits 1 to 31.
struct DayMasks: Hashable, Sendable {
    private let masks: [UInt64]

    /// - Parameters:
    ///   - dayOfMonth: the field.
    ///   - weekday: the field.
    ///   - match: how the two combine.
    init(dayOfMonth: FieldPattern, weekday: FieldPattern, match: DayMatch) {
        let isBoth = match.needsBoth(dayOfMonth, weekday)
        masks = (0..<28).map { kind in
            let month = MonthShape(length: 28 + kind / 7, firstWeekday: kind % 7)
            let days = month.days(of: dayOfMonth)
            let weekdays = month.days(of: weekday)
            return isBoth ? days & weekdays : days | weekdays
        }
    }

    /// The matching days of a month as bits 1 to 31; `firstDay` is its first, in days since 1970-01-01.
    @inline(__always)
    func days(length: Int, firstDay: Int) -> UInt64 {
        masks[(length - 28) * 7 + CivilDate.weekday(ofDay: firstDay)]
    }

    /// Whether a month of some such length has a matching day, whatever its weekdays. Over the 400
    /// years of the calendar each month, the leap February too, begins on every weekday.
    func canMatch(length: Int) -> Bool {
        (0..<7).contains { masks[(length - 28) * 7 + $0] != 0 }
    }
}

/// Whether a day must match both day fields or either.
public enum DayMatch: String, Hashable, Sendable, CaseIterable {
    /// As cron does: both if one of the fields begins with `*`, else either.
    case cron
    /// Both.
    case and
    /// Either; a field that is just `*` leaves it to the other.
    case or

    func needsBoth(_ dayOfMonth: FieldPattern, _ weekday: FieldPattern) -> Bool {
        switch self {
        case .cron: dayOfMonth.beginsWithStar || weekday.beginsWithStar
        case .and: true
        case .or: dayOfMonth.isStar || weekday.isStar
        }
    }
}

/// A month by all that matters for its days.
struct MonthShape {
    /// 28 to 31.
    let length: Int
    /// 0 for Sunday to 6 for Saturday.
    let firstWeekday: Int

    /// Bits 1 to `length`.
    private var all: UInt64 { (1 << UInt64(length) - 1) << 1 }

    func days(of pattern: FieldPattern) -> UInt64 {
        var days: UInt64 = 0
        let bits = pattern.bits
        if pattern.field == .weekday {
            for weekday in 0..<7 where bits >> UInt64(weekday) & 1 == 1 {
                days |= self.days(on: weekday)
            }
        } else {
            days = bits & all
        }
        for item in pattern.items {
            if let day = day(of: item) { days |= 1 << UInt64(day) }
        }
        return days
    }

    /// The one day that a day form names; nil if this month has none, and for plain items.
    private func day(of item: FieldItem) -> Int? {
        switch item {
        case .range: return nil
        case .lastDay: return length
        case .lastWorkingDay: return workingDay(nearest: length)
        case .workingDay(let day): return day <= length ? workingDay(nearest: day) : nil
        case .nth(let nth, let weekday):
            let day = first(weekday) + (nth - 1) * 7
            return day <= length ? day : nil
        case .last(let weekday):
            let day = first(weekday) + 28
            return day <= length ? day : day - 7
        }
    }

    /// A day, or the Friday before a Saturday and the Monday after a Sunday; at the ends of the month
    /// the other way round.
    private func workingDay(nearest day: Int) -> Int {
        switch (firstWeekday + day - 1) % 7 {
        case 6: day > 1 ? day - 1 : day + 2
        case 0: day < length ? day + 1 : day - 2
        default: day
        }
    }

    private func first(_ weekday: Int) -> Int { (weekday - firstWeekday + 7) % 7 + 1 }

    private func days(on weekday: Int) -> UInt64 {
        var days: UInt64 = 0
        for day in stride(from: first(weekday), through: length, by: 7) { days |= 1 << UInt64(day) }
        return days
    }
}
