/// The times of the wall clock that the fields name, as bits to search instead of minutes to step.
///
/// Everything is in wall seconds: seconds since 1970-01-01T00:00:00 as the clock shows them. `Schedule` deals with the
/// clock being put forward or back.
struct CalendarPattern: Hashable, Sendable {
    let seconds: UInt64
    let minutes: UInt64
    let hours: UInt64
    let months: UInt64
    let days: DayMasks
    /// Whether the minute or the hour field begins with `*`. Such an entry follows real time through a change of the
    /// clock; others keep their times of day.
    let isWildcard: Bool
    /// In seconds after midnight.
    let firstTime: Int
    let lastTime: Int

    /// Every day that the calendar can offer comes within its cycle.
    private static let searchedMonths = 400 * 12

    init(_ fields: CronFields, match: DayMatch, _ cache: ExpressionCache) {
        seconds = fields.second?.bits ?? 1
        minutes = fields.minute.bits
        hours = fields.hour.bits
        months = fields.month.bits
        days = cache.days(fields.dayOfMonth, fields.weekday, match)
        isWildcard = fields.minute.beginsWithStar || fields.hour.beginsWithStar
        firstTime =
            hours.lowest * 3600 + minutes.lowest * 60 + seconds.lowest
        lastTime =
            hours.highest * 3600 + minutes.highest * 60 + seconds.highest
    }

    /// Whether any day of any year matches.
    var canMatch: Bool {
        (1...12).contains { month in
            guard months.has(month) else { return false }
            let length = CivilDate.days(inMonth: month, year: 2000)
            return days.canMatch(length: length) || month == 2 && days.canMatch(length: 28)
        }
    }

    /// The first match at or after a wall second; nil if there is none in 400 years.
    func firstMatch(atOrAfter wall: Int) -> Int? {
        let day = wall.floored(by: 86_400)
        let date = CivilDate(daysSinceEpoch: day)
        var year = date.year
        var month = date.month
        if months.has(month) {
            let firstDay = day - date.day + 1
            let matching = matchingDays(year, month, firstDay)
            if matching.has(date.day), let time = firstTime(atOrAfter: wall - day * 86_400) {
                return day * 86_400 + time
            }
            let later = matching.above(date.day)
            if later != 0 { return (firstDay + later.lowest - 1) * 86_400 + firstTime }
        }
        for _ in 0..<CalendarPattern.searchedMonths {
            let later = months.above(month)
            if later == 0 { year += 1 }
            month = later == 0 ? months.lowest : later.lowest
            let firstDay = CivilDate.firstDay(of: month, year: year)
            let matching = matchingDays(year, month, firstDay)
            if matching != 0 { return (firstDay + matching.lowest - 1) * 86_400 + firstTime }
        }
        return nil
    }

    /// The last match at or before a wall second; nil if there is none in 400 years.
    func lastMatch(atOrBefore wall: Int) -> Int? {
        let day = wall.floored(by: 86_400)
        let date = CivilDate(daysSinceEpoch: day)
        var year = date.year
        var month = date.month
        if months.has(month) {
            let firstDay = day - date.day + 1
            let matching = matchingDays(year, month, firstDay)
            if matching.has(date.day), let time = lastTime(atOrBefore: wall - day * 86_400) {
                return day * 86_400 + time
            }
            let earlier = matching.below(date.day)
            if earlier != 0 { return (firstDay + earlier.highest - 1) * 86_400 + lastTime }
        }
        for _ in 0..<CalendarPattern.searchedMonths {
            let earlier = months.below(month)
            if earlier == 0 { year -= 1 }
            month = earlier == 0 ? months.highest : earlier.highest
            let firstDay = CivilDate.firstDay(of: month, year: year)
            let matching = matchingDays(year, month, firstDay)
            if matching != 0 { return (firstDay + matching.highest - 1) * 86_400 + lastTime }
        }
        return nil
    }

    @inline(__always)
    func matchingDays(_ year: Int, _ month: Int, _ firstDay: Int) -> UInt64 {
        days.days(length: CivilDate.days(inMonth: month, year: year), firstDay: firstDay)
    }
}

// MARK: - Within a day

extension CalendarPattern {
    /// - Parameter time: seconds after midnight.
    /// - Returns: nil if the rest of the day has none.
    private func firstTime(atOrAfter time: Int) -> Int? {
        let hour = time / 3600
        if hours.has(hour) {
            let minute = time / 60 % 60
            if minutes.has(minute) {
                let rest = seconds.above(time % 60 - 1)
                if rest != 0 { return hour * 3600 + minute * 60 + rest.lowest }
            }
            let later = minutes.above(minute)
            if later != 0 { return hour * 3600 + later.lowest * 60 + seconds.lowest }
        }
        let later = hours.above(hour)
        if later == 0 { return nil }
        return later.lowest * 3600 + minutes.lowest * 60 + seconds.lowest
    }

    private func lastTime(atOrBefore time: Int) -> Int? {
        let hour = time / 3600
        if hours.has(hour) {
            let minute = time / 60 % 60
            if minutes.has(minute) {
                let rest = seconds.below(time % 60 + 1)
                if rest != 0 { return hour * 3600 + minute * 60 + rest.highest }
            }
            let earlier = minutes.below(minute)
            if earlier != 0 { return hour * 3600 + earlier.highest * 60 + seconds.highest }
        }
        let earlier = hours.below(hour)
        if earlier == 0 { return nil }
        return earlier.highest * 3600 + minutes.highest * 60 + seconds.highest
    }
}
