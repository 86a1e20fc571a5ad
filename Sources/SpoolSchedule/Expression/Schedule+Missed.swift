extension Schedule {
    /// The slots after one instant and up to another, oldest first: those that downtime has left to run. No more than
    /// `limit` of them, the oldest.
    public func slots(after start: Instant, through end: Instant, limit: Int) -> [Instant] {
        var slots: [Instant] = []
        var last = start
        while slots.count < limit, let slot = next(after: last), slot <= end {
            slots.append(slot)
            last = slot
        }
        return slots
    }

    /// The next slots after an instant, at most so many.
    public func slots(after start: Instant, limit: Int) -> [Instant] {
        slots(after: start, through: Instant(seconds: Int64(Schedule.lastSecond)), limit: limit)
    }

    /// The newest slots after one instant and up to another: at most `limit` of them, oldest first.
    public func newestSlots(after start: Instant, through end: Instant, limit: Int) -> [Instant] {
        var slots: [Instant] = []
        var last = end
        while slots.count < limit, let slot = latest(atOrBefore: last), slot > start {
            slots.append(slot)
            last = Instant(microseconds: slot.microseconds - 1)
        }
        return slots.reversed()
    }

    /// The number of slots after one instant and up to another, however many there are. They are counted by months and
    /// by changes of the clock, not one by one.
    public func count(after start: Instant, through end: Instant) -> Int {
        guard start < end else { return 0 }
        switch expression.content {
        case .calendar(_, let pattern):
            let first = max(Int(start.seconds) + 1, Schedule.firstSecond)
            let last = min(Int(end.seconds), Schedule.lastSecond)
            return first <= last ? count(pattern, first, last) : 0
        case .every(let period):
            return periods(period, by: end) - periods(period, by: start)
        case .once:
            return next(after: start).map { $0 <= end ? 1 : 0 } ?? 0
        case .reboot:
            return 0
        }
    }

    private func periods(_ period: TimeSpan, by instant: Instant) -> Int {
        guard instant > firstSeen else { return 0 }
        return Int((instant - firstSeen).microseconds / period.microseconds)
    }

    /// The slots from one second since the epoch to another, both included.
    private func count(_ pattern: CalendarPattern, _ first: Int, _ last: Int) -> Int {
        var total = 0
        var from = first
        while from <= last {
            let span = zone.span(at: from)
            let end = min(span.end, last + 1)
            var wall = from + span.offset
            if !pattern.isWildcard {
                wall = max(wall, span.unseenFrom)
                if from == span.start, span.hasRunnableGap,
                    pattern.count(in: span.unseenFrom..<span.wallStart) > 0,
                    pattern.count(in: span.wallStart..<span.wallStart + 1) == 0
                {
                    total += 1
                }
            }
            let wallEnd = end + span.offset
            if wall < wallEnd { total += pattern.count(in: wall..<wallEnd) }
            from = end
        }
        return total
    }
}
