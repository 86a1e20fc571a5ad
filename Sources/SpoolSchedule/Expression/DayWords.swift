/// Says which days match.
struct DayWords {
    let fields: CronFields
    let match: DayMatch

    static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]
    static let weekdayNames = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]

    var isEveryDay: Bool { fields.dayOfMonth.isStar && fields.weekday.isStar }

    /// `on the 13th of every month and on Fridays`; empty if every day matches.
    var phrase: String {
        switch (fields.dayOfMonth.isStar, fields.weekday.isStar) {
        case (true, true): inMonths
        case (false, true): onDays
        case (true, false): onWeekdays
        case (false, false):
            match.needsBoth(fields.dayOfMonth, fields.weekday)
                ? "\(onDays), when that is \(whenWeekdays)" : "\(onDays) and \(onWeekdays)"
        }
    }

    private var inMonths: String { fields.month.isStar ? "" : "in \(months)" }
    private var ofMonths: String { fields.month.isStar ? "of every month" : "of \(months)" }

    private var months: String {
        Words.runs(of: fields.month.bits, in: 1...12) { DayWords.monthNames[$0 - 1] }
    }

    // MARK: - Day of month

    private var onDays: String {
        let bits = fields.dayOfMonth.bits
        if bits.nonzeroBitCount == 31 { return "on every day \(ofMonths)" }
        var days: [String] = []
        if bits != 0 {
            let plain = Words.runs(of: bits, in: 1...31) { Words.ordinal($0) }
            days.append(stepped ?? "the \(plain)")
        }
        for item in fields.dayOfMonth.items {
            switch item {
            case .lastDay: days.append("the last day")
            case .lastWorkingDay: days.append("the last working day")
            case .workingDay(let day):
                days.append("the working day nearest the \(Words.ordinal(day))")
            default: break
            }
        }
        return "on \(Words.list(days)) \(ofMonths)"
    }

    /// `*/2` reads better as a step than as sixteen days.
    private var stepped: String? {
        guard case .range(let range, let step)? = fields.dayOfMonth.items.first, step > 1,
            range == 1...31, fields.dayOfMonth.items.count == 1
        else { return nil }
        return step == 2 ? "every odd day" : "every \(Words.ordinal(step)) day from the 1st"
    }

    // MARK: - Weekday

    private var onWeekdays: String {
        let (plain, special) = weekdays
        var parts: [String] = []
        if !plain.isEmpty {
            let days =
                switch plain {
                case [1, 2, 3, 4, 5]: "weekdays"
                case [0, 6]: "weekends"
                case [0, 1, 2, 3, 4, 5, 6]: "every day"
                default: Words.list(named(plain, plural: true))
                }
            parts.append(inMonths.isEmpty ? "on \(days)" : "on \(days) \(inMonths)")
        }
        if !special.isEmpty { parts.append("on \(Words.list(special)) \(ofMonths)") }
        return Words.list(parts)
    }

    private var whenWeekdays: String {
        let (plain, special) = weekdays
        switch plain {
        case [1, 2, 3, 4, 5] where special.isEmpty: return "a weekday"
        case [0, 6] where special.isEmpty: return "on a weekend"
        default:
            let days = named(plain, plural: false).map { $0.contains(" ") ? $0 : "a \($0)" }
            return Words.list(days + special, "or")
        }
    }

    private var weekdays: (plain: [Int], special: [String]) {
        var special: [String] = []
        for item in fields.weekday.items {
            switch item {
            case .nth(let nth, let weekday):
                special.append("the \(Words.ordinal(nth)) \(DayWords.weekdayNames[weekday])")
            case .last(let weekday):
                special.append("the last \(DayWords.weekdayNames[weekday])")
            default: break
            }
        }
        return (Words.values(fields.weekday.bits), special)
    }

    /// Weekdays from Monday on, three or more in a row as one.
    private func named(_ weekdays: [Int], plural: Bool) -> [String] {
        let fromMonday = weekdays.map { $0 == 0 ? 7 : $0 }.sorted()
        func name(_ day: Int) -> String { DayWords.weekdayNames[day % 7] + (plural ? "s" : "") }
        if let first = fromMonday.first, let last = fromMonday.last, fromMonday.count >= 3,
            last - first == fromMonday.count - 1
        {
            let (begin, end) = (DayWords.weekdayNames[first % 7], DayWords.weekdayNames[last % 7])
            return ["\(begin) to \(end)"]
        }
        return fromMonday.map(name)
    }
}
