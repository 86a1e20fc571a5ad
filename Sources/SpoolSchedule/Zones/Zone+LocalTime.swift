extension Zone {
    /// When a clock on the wall shows a given time.
    public enum Occurrence: Hashable, Sendable {
        case once(Instant)
        /// The clock was put back: it shows the time in a first pass and again.
        case twice(Instant, Instant)
        /// The clock was put forward past it; from this instant on it shows a later time.
        case skipped(until: Instant)
    }

    /// The instants at which the clock shows this time.
    public func occurrence(of time: LocalTime) -> Occurrence {
        let wall = time.wallSeconds
        var found: [Int] = []
        // No offset is more than 26 hours from UTC, so a span that shows this time begins in here.
        var span = span(at: wall - 26 * 3600)
        var after = wall
        while span.start <= wall + 26 * 3600 {
            let seconds = wall - span.offset
            if seconds >= span.start, seconds < span.end {
                found.append(seconds)
            } else if seconds < span.start, found.isEmpty {
                after = span.start
                break
            }
            if span.end >= ZoneSpan.distantFuture { break }
            span = self.span(at: span.end)
        }
        switch found.count {
        case 0: return .skipped(until: Instant(seconds: Int64(after)))
        case 1: return .once(Instant(seconds: Int64(found[0])))
        default:
            return .twice(Instant(seconds: Int64(found[0])), Instant(seconds: Int64(found[1])))
        }
    }

    /// When the day that an instant is in began: at midnight or, if the clock skips that, at the first time it has.
    public func startOfDay(of instant: Instant) -> Instant {
        guard let midnight = LocalTime(date: localTime(at: instant).date, hour: 0, minute: 0) else {
            return instant
        }
        switch occurrence(of: midnight) {
        case .once(let start), .twice(let start, _), .skipped(let start): return start
        }
    }

    /// A change of the clock: forward over a gap, or back into a fold.
    struct ClockChange {
        /// Seconds since the epoch.
        let at: Int
        /// Wall-clock seconds skipped or shown again.
        let wall: Range<Int>
        let isForward: Bool
    }

    /// The changes of the clock after an instant and up to another, in order.
    func clockChanges(after start: Int, through end: Int) -> [ClockChange] {
        var changes: [ClockChange] = []
        var span = span(at: start)
        while span.end <= end {
            let next = self.span(at: span.end)
            let isForward = next.wallStart > next.unseenFrom
            let wall =
                isForward
                ? next.unseenFrom..<next.wallStart : next.wallStart..<next.unseenFrom
            changes.append(ClockChange(at: next.start, wall: wall, isForward: isForward))
            span = next
        }
        return changes
    }
}
