import SpoolTime

/// Slots worked out minute by minute, without a look at how the schedules do it.
struct ReferenceSlots {
    /// Seconds east of UTC in the EU's central zone: an hour, and two from the last Sunday of March, 01:00
    /// UTC, to the last Sunday of October, 01:00 UTC.
    static func parisOffset(_ second: Int) -> Int {
        let year = CivilDate(daysSinceEpoch: second / 86_400).year
        let begin = lastSunday(year, 3) * 86_400 + 3600
        let end = lastSunday(year, 10) * 86_400 + 3600
        return (begin..<end).contains(second) ? 7200 : 3600
    }

    private static func lastSunday(_ year: Int, _ month: Int) -> Int {
        guard let date = CivilDate(year: year, month: month, day: 31) else {
            preconditionFailure("a month of 31 days is asked for")
        }
        return date.daysSinceEpoch - date.weekday
    }

    /// The minutes whose wall clock matches, in UTC.
    static func matching(
        from first: Int, to last: Int, _ matches: (CivilDate, _ hour: Int, _ minute: Int) -> Bool
    ) -> Set<Int> {
        var slots: Set<Int> = []
        for second in stride(from: (first / 60 + 1) * 60, through: last, by: 60) {
            let date = CivilDate(daysSinceEpoch: second / 86_400)
            if matches(date, second / 3600 % 24, second / 60 % 60) { slots.insert(second) }
        }
        return slots
    }

    /// A time of day in Paris, each day: in the hour that is skipped at its end, in the one that comes twice
    /// the first time only.
    static func dailyInParis(from first: Int, to last: Int, hour: Int, minute: Int) -> Set<Int> {
        var slots: Set<Int> = []
        for day in first / 86_400 - 1...last / 86_400 + 1 {
            let wall = day * 86_400 + hour * 3600 + minute * 60
            let candidates = [wall - 7200, wall - 3600].filter { $0 + parisOffset($0) == wall }
            let skipped = lastSunday(CivilDate(daysSinceEpoch: day).year, 3) * 86_400 + 3600
            let slot = candidates.first ?? skipped
            if slot > first && slot <= last { slots.insert(slot) }
        }
        return slots
    }

    static func every(_ period: Int, since: Int, to last: Int) -> Set<Int> {
        Set(stride(from: since + period, through: last, by: period))
    }
}
