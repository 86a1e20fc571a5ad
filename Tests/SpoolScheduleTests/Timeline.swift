import SpoolSchedule

/// Some days of a zone as a watcher of the wall clock would write them down, unit by unit: what it
/// showed when, what it showed again, what it skipped.
///
/// This is the slow way on purpose. It knows of the zone nothing but its offset at an instant.
struct Timeline {
    /// The clock showing a whole minute (or second).
    struct Tick {
        /// Seconds since the epoch.
        let at: Int
        let wall: Int
        let isSeenBefore: Bool
    }

    /// A jump forward.
    struct Gap {
        let at: Int
        /// The whole minutes (or seconds) that were not shown.
        let skipped: [Int]
        let length: Int
    }

    let range: Range<Int>
    private(set) var ticks: [Tick] = []
    private(set) var gaps: [Gap] = []

    /// Days to watch before the range, so that what was shown before it is known.
    private static let leadIn = 2 * 86_400

    /// - Parameters:
    ///   - zone: whose clock is watched.
    ///   - range: seconds since the epoch.
    ///   - unit: 60 or 1.
    init(_ zone: Zone, _ range: Range<Int>, unit: Int) {
        self.range = range
        var shown: Set<Int> = []
        // The highest time shown: enough while the clock only runs forward.
        var highest = Int.min
        var at = range.lowerBound - (unit == 1 ? 7200 : Timeline.leadIn)
        var offset = Timeline.offset(zone, at)
        while at < range.upperBound {
            let wall = at + offset
            let late = ((wall % unit) + unit) % unit
            if late == 0 {
                let isSeenBefore = wall <= highest && shown.contains(wall)
                highest = max(highest, wall)
                shown.insert(wall)
                if at >= range.lowerBound {
                    ticks.append(Tick(at: at, wall: wall, isSeenBefore: isSeenBefore))
                }
            }
            var next = at + unit - late
            if Timeline.offset(zone, next) != offset {
                next = at + 1
                while Timeline.offset(zone, next) == offset { next += 1 }
                let old = next + offset
                offset = Timeline.offset(zone, next)
                let skipped = old < next + offset ? Array(old..<(next + offset)) : []
                if !skipped.isEmpty, next >= range.lowerBound {
                    gaps.append(
                        Gap(
                            at: next,
                            skipped: skipped.filter { $0 % unit == 0 && !shown.contains($0) },
                            length: skipped.count))
                }
                // What was skipped has had its turn: it is not new when the clock is put back to it.
                if let last = skipped.last {
                    shown.formUnion(skipped)
                    highest = max(highest, last)
                }
            }
            at = next
        }
    }

    private static func offset(_ zone: Zone, _ seconds: Int) -> Int {
        zone.offset(at: Instant(seconds: Int64(seconds)))
    }

    /// Every slot of an expression in the range, in seconds since the epoch.
    func slots(of expression: RandomExpression) -> [Int] {
        var days: [Int: Bool] = [:]
        let hours = expression.matchingHours
        let minutes = expression.matchingMinutes
        func matches(_ wall: Int) -> Bool {
            let day = wall >= 0 ? wall / 86_400 : (wall - 86_399) / 86_400
            let second = wall - day * 86_400
            guard hours[second / 3600], minutes[second / 60 % 60] else { return false }
            if let known = days[day] {
                if !known { return false }
            } else {
                let isMatch = expression.matches(CivilDate(daysSinceEpoch: day))
                days[day] = isMatch
                if !isMatch { return false }
            }
            return expression.matches(
                hour: second / 3600, minute: second / 60 % 60, second: second % 60)
        }
        var slots: [Int] = []
        for tick in ticks {
            if tick.isSeenBefore, !expression.isWildcard { continue }
            if matches(tick.wall) { slots.append(tick.at) }
        }
        if !expression.isWildcard {
            for gap in gaps where gap.length <= 3 * 3600 && gap.at < range.upperBound {
                if !slots.contains(gap.at), gap.skipped.contains(where: matches) {
                    slots.append(gap.at)
                }
            }
        }
        return slots.sorted()
    }
}
