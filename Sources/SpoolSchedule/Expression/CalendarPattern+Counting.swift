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
