/// When the clocks change, year after year: the footer of a zone file, or a `TZ` of the POSIX kind.
///
/// The grammar is POSIX's (Base Definitions 8.3) with the extension of RFC 8536, section 3.3.1. The time of a change
/// may run from -167 to 167 hours, as `EET-2EEST,M3.4.4/50,M10.4.4/50` uses it.
struct ZoneRule: Hashable, Sendable {
    /// A day of the year on which the clocks change.
    enum Day: Hashable, Sendable {
        /// `Jn`: 1 to 365, 29 February never counted.
        case ordinal(Int)
        /// `n`: 0 to 365, 29 February counted.
        case zeroBased(Int)
        /// `Mm.w.d`: weekday d (0 is Sunday) for the w-th time in month m; 5 is the last.
        case weekday(month: Int, week: Int, weekday: Int)
    }

    /// A change: the day, and the time in seconds after that day's midnight by the clock before it.
    struct Change: Hashable, Sendable {
        let day: Day
        let time: Int
    }

    struct Daylight: Hashable, Sendable {
        /// Seconds east of UTC.
        let offset: Int
        let begin: Change
        let end: Change
    }

    /// Seconds east of UTC when no daylight saving is in force.
    let standardOffset: Int
    let daylight: Daylight?

    /// The instants at which the clocks change in a year, in seconds since the epoch, and the offset from each on.
    /// Daylight saving comes first, though it may begin later in the year than it ends.
    func changes(in year: Int) -> [(at: Int, offset: Int)] {
        guard let daylight else { return [] }
        let begin = daylight.begin.wallSeconds(in: year) - standardOffset
        let end = daylight.end.wallSeconds(in: year) - daylight.offset
        return [(begin, daylight.offset), (end, standardOffset)]
    }
}

extension ZoneRule.Change {
    fileprivate func wallSeconds(in year: Int) -> Int {
        day.daysSinceEpoch(in: year) * 86_400 + time
    }
}

extension ZoneRule.Day {
    fileprivate func daysSinceEpoch(in year: Int) -> Int {
        switch self {
        case .ordinal(let day):
            let leapDay = day >= 60 && CivilDate.isLeap(year) ? 1 : 0
            return CivilDate.firstDay(of: 1, year: year) + day - 1 + leapDay
        case .zeroBased(let day):
            return CivilDate.firstDay(of: 1, year: year) + day
        case .weekday(let month, let week, let weekday):
            let first = CivilDate.firstDay(of: month, year: year)
            let firstWeekday = CivilDate.weekday(ofDay: first)
            let ahead = (weekday - firstWeekday + 7) % 7 + (week - 1) * 7
            let length = CivilDate.days(inMonth: month, year: year)
            return first + (ahead >= length ? ahead - 7 : ahead)
        }
    }
}
