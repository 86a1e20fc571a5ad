/// An expression in a time zone: which instants are its slots.
///
/// A slot is the instant a job is due. Slots are whole seconds, and the same question has the same
/// answer always: nothing here reads a clock or a file.
///
/// If the clock is put forward, a time of day that is skipped has its slot at the first instant after the gap. There is
/// one slot, however many times are skipped, and none if the gap is longer than three hours.
///
/// If the clock is put back, a time of day has its slot in the first pass only. Wildcard entries follow real time
/// instead: no slot in a gap, slots in both passes.
public struct Schedule: Hashable, Sendable {
    public let expression: CronExpression
    public let zone: Zone
    /// From when `@every` counts: the first slot is one period later.
    public let firstSeen: Instant

    /// The longest gap after which a skipped time still runs, in seconds.
    static let longestGap = 3 * 3600

    /// - Parameters:
    ///   - expression: when the job is due.
    ///   - zone: by whose clock.
    ///   - firstSeen: when the entry was loaded first, kept across restarts. Only `@every` needs it.
    public init(
        _ expression: CronExpression, in zone: Zone,
        firstSeen: Instant = Instant(microseconds: 0)
    ) {
        self.expression = expression
        self.zone = zone
        self.firstSeen = firstSeen
    }

    /// The first slot strictly after an instant.
    ///
    /// - Returns: nil if none comes in the 400 years after it, for `@reboot`, and past the year 9999.
    public func next(after instant: Instant) -> Instant? {
        switch expression.content {
        case .calendar(_, let pattern):
            let seconds = Int(instant.seconds)
            guard seconds < Schedule.lastSecond else { return nil }
            let first = max(seconds + 1, Schedule.firstSecond)
            return nextSlot(pattern, atOrAfter: first).map { Instant(seconds: Int64($0)) }
        case .every(let period):
            return nextPeriod(period, after: instant)
        case .once(let time):
            guard let slot = slot(of: time), slot > instant else { return nil }
            return slot
        case .reboot:
            return nil
        }
    }

    /// The last slot at or before an instant.
    ///
    /// - Returns: nil if there is none in the 400 years before it, for `@reboot`, and before the year 1.
    public func latest(atOrBefore instant: Instant) -> Instant? {
        switch expression.content {
        case .calendar(_, let pattern):
            let seconds = min(Int(instant.seconds), Schedule.lastSecond)
            guard seconds >= Schedule.firstSecond else { return nil }
            return lastSlot(pattern, atOrBefore: seconds).map { Instant(seconds: Int64($0)) }
        case .every(let period):
            let last = Instant(seconds: Int64(Schedule.lastSecond))
            return lastPeriod(period, atOrBefore: min(instant, last))
        case .once(let time):
            guard let slot = slot(of: time), slot <= instant else { return nil }
            return slot
        case .reboot:
            return nil
        }
    }

    /// 0001-01-01T00:00:00Z.
    static let firstSecond = -62_135_596_800
    /// 9999-12-31T23:59:59Z.
    static let lastSecond = 253_402_300_799
    /// The calendar and the rules for the clocks repeat after 400 years.
    private static let horizon = 146_100 * 86_400
    /// More than any two offsets differ by, twice over.
    private static let margin = 4 * 86_400
}

// MARK: - Calendar

extension Schedule {
    /// All in seconds since the epoch.
    private func nextSlot(_ pattern: CalendarPattern, atOrAfter first: Int) -> Int? {
        let limit = min(first + Schedule.horizon, Schedule.lastSecond)
        var from = first
        while from <= limit {
            let span = zone.span(at: from)
            var wall = from + span.offset
            if !pattern.isWildcard {
                let isAfterGap = from == span.start && span.hasRunnableGap
                wall = isAfterGap ? span.unseenFrom : max(wall, span.unseenFrom)
            }
            guard let match = pattern.firstMatch(atOrAfter: wall) else { return nil }
            if match < span.wallEnd {
                // A match in the gap itself runs as the gap ends.
                let slot = max(match - span.offset, from)
                return slot <= limit ? slot : nil
            }
            // Nothing matches before `match`: go there at once, unless the clock is about to be put back to times
            // before these.
            let isNear = span.end - from < Schedule.margin
            from = isNear ? span.end : max(span.end, match - Schedule.margin)
        }
        return nil
    }

    private func lastSlot(_ pattern: CalendarPattern, atOrBefore last: Int) -> Int? {
        let limit = max(last - Schedule.horizon, Schedule.firstSecond)
        var until = last
        while until >= limit {
            let span = zone.span(at: until)
            let wall = until + span.offset
            guard let match = pattern.lastMatch(atOrBefore: wall) else { return nil }
            let begin = pattern.isWildcard ? span.wallStart : max(span.wallStart, span.unseenFrom)
            if match >= begin {
                let slot = match - span.offset
                return slot >= limit ? slot : nil
            }
            if !pattern.isWildcard, span.hasRunnableGap,
                let skipped = pattern.lastMatch(atOrBefore: span.wallStart - 1),
                skipped >= span.unseenFrom
            {
                return span.start >= limit ? span.start : nil
            }
            let isNear = until - span.start < Schedule.margin
            until = isNear ? span.start - 1 : min(span.start - 1, match + Schedule.margin)
        }
        return nil
    }

    /// The slot of `@at`: a time of day like any other, except that its day is given.
    private func slot(of time: OnceTime) -> Instant? {
        switch time {
        case .instant(let instant): return instant
        case .local(let local):
            switch zone.occurrence(of: local) {
            case .once(let instant), .twice(let instant, _): return instant
            case .skipped(let instant):
                let span = zone.span(at: Int(instant.seconds))
                return span.hasRunnableGap ? instant : nil
            }
        }
    }
}

extension ZoneSpan {
    /// Whether times were skipped as it began, and not too many of them to run afterwards.
    var hasRunnableGap: Bool {
        wallStart > unseenFrom && wallStart - unseenFrom <= Schedule.longestGap
    }
}

// MARK: - @every

extension Schedule {
    private func nextPeriod(_ period: TimeSpan, after instant: Instant) -> Instant? {
        guard instant >= firstSeen else { return bounded(firstSeen + period) }
        let elapsed = (instant - firstSeen).microseconds
        let (slot, isOver) = (elapsed / period.microseconds + 1).multipliedReportingOverflow(
            by: period.microseconds)
        return isOver ? nil : bounded(firstSeen + TimeSpan(microseconds: slot))
    }

    private func lastPeriod(_ period: TimeSpan, atOrBefore instant: Instant) -> Instant? {
        guard instant >= firstSeen else { return nil }
        let elapsed = (instant - firstSeen).microseconds
        let count = elapsed / period.microseconds
        guard count > 0 else { return nil }
        return firstSeen + TimeSpan(microseconds: count * period.microseconds)
    }

    private func bounded(_ slot: Instant) -> Instant? {
        Int(slot.seconds) > Schedule.lastSecond ? nil : slot
    }
}
