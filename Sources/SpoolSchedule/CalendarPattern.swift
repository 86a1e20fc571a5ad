/// The times of the wall clock that the fields name, as bits to search instead of minutes to step.
///
/// Everything is in wall seconds: seconds since 1970-01-01T00:00:00 as the clock shows them. What the
/// clock does when it is put forward or back is `Schedule`'s affair.
struct CalendarPattern: Hashable, Sendable {
    let seconds: UInt64
    let minutes: UInt64
    let hours: UInt64
    let months: UInt64
    let days: DayMasks
    /// Whether the minute or the hour field begins with `*`: such an entry follows real time through
    /// a change of the clock, others keep their times of day.
    let isWildcard: Bool
    /// In seconds after midnight.
    let firstTime: Int
    let lastTime: Int

    /// All that the calendar can offer comes within its cycle.
    private static let searchedMonths = 400 * 12

    init(_ fields: CronFields, match: DayMatch) {
        seconds = fields.second?.bits ?? 1
        minutes = fields.minute.bits
        hours = fields.hour.bits
        months = fields.month.bits
        days = DayMasks(dayOfMonth: fields.dayOfMonth, weekday: fields.weekday, match: match)
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

    /// The first match at or after a wall second; nil when there is none in 400 years.
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

    /// The last match at or before a wall second; nil when there is none in 400 years.
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
    private func matchingDays(_ year: Int, _ month: Int, _ firstDay: Int) -> UInt64 {
        days.days(length: CivilDate.days(inMonth: month, year: year), firstDay: firstDay)
    }
}

// MARK: - Within a day

extension CalendarPattern {
    /// - Parameter time: seconds after midnight.
    /// - Returns: nil when the rest of the day has none.
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

// MARK: - Counting

extension CalendarPattern {
    /// How many matches lie in a range of wall seconds: by months, not one by one.
    func count(in range: Range<Int>) -> Int {
        if range.isEmpty { return 0 }
        let firstDay = range.lowerBound.floored(by: 86_400)
        let lastDay = range.upperBound.floored(by: 86_400)
        // Of each end only the part of the day that lies before it.
        var total = dayCount(from: firstDay, to: lastDay) * timesPerDay
        if matches(day: lastDay) {
            total += timeCount(before: range.upperBound - lastDay * 86_400)
        }
        if matches(day: firstDay) {
            total -= timeCount(before: range.lowerBound - firstDay * 86_400)
        }
        return total
    }

    private var timesPerDay: Int {
        hours.nonzeroBitCount * minutes.nonzeroBitCount * seconds.nonzeroBitCount
    }

    private func matches(day: Int) -> Bool {
        let date = CivilDate(daysSinceEpoch: day)
        return months.has(date.month)
            && matchingDays(date.year, date.month, day - date.day + 1).has(date.day)
    }

    /// How many times of a day come before so many seconds after midnight.
    private func timeCount(before time: Int) -> Int {
        let hour = time / 3600
        let minute = time / 60 % 60
        let perMinute = seconds.nonzeroBitCount
        var count = hours.below(hour).nonzeroBitCount * minutes.nonzeroBitCount * perMinute
        if hours.has(hour) {
            count += minutes.below(minute).nonzeroBitCount * perMinute
            if minutes.has(minute) { count += seconds.below(time % 60).nonzeroBitCount }
        }
        return count
    }

    /// How many days match, the first included and the last not.
    private func dayCount(from first: Int, to end: Int) -> Int {
        var total = 0
        var date = CivilDate(daysSinceEpoch: first)
        var firstOfMonth = first - date.day + 1
        var year = date.year
        var month = date.month
        while firstOfMonth < end {
            let length = CivilDate.days(inMonth: month, year: year)
            if months.has(month) {
                var matching = days.days(length: length, firstDay: firstOfMonth)
                if firstOfMonth < first { matching = matching.above(date.day - 1) }
                if firstOfMonth + length > end {
                    date = CivilDate(daysSinceEpoch: end)
                    matching = matching.below(date.day)
                }
                total += matching.nonzeroBitCount
            }
            firstOfMonth += length
            month = month == 12 ? 1 : month + 1
            if month == 1 { year += 1 }
        }
        return total
    }
}

/// A set of small numbers as bits; the set is not empty where `lowest` and `highest` are asked.
extension UInt64 {
    @inline(__always)
    var lowest: Int { trailingZeroBitCount }

    @inline(__always)
    var highest: Int { 63 - leadingZeroBitCount }

    @inline(__always)
    func has(_ bit: Int) -> Bool { self &>> UInt64(truncatingIfNeeded: bit) & 1 == 1 }

    /// The bits above one; -1 to 62.
    @inline(__always)
    func above(_ bit: Int) -> UInt64 { self & (~0 &<< UInt64(truncatingIfNeeded: bit + 1)) }

    /// The bits below one; 0 to 63.
    @inline(__always)
    func below(_ bit: Int) -> UInt64 { self & (1 &<< UInt64(truncatingIfNeeded: bit) &- 1) }
}
