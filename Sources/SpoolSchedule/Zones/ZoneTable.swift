import SpoolTime

/// A stretch of time over which a zone keeps one offset.
struct ZoneSpan: Hashable, Sendable {
    /// Seconds since the epoch; `ZoneSpan.distantPast` for the first span.
    var start: Int
    /// The first second after it; `ZoneSpan.distantFuture` for the last span.
    var end: Int
    /// Seconds east of UTC.
    var offset: Int
    /// The first wall-clock second that the clock had neither shown nor skipped before this span began. Times of day up
    /// to here have had their turn.
    ///
    /// Later than `start + offset`: the clock went back, and shows times again up to here. Earlier: it went forward,
    /// and the times between are skipped.
    var unseenFrom: Int

    // Far outside every date, and far enough from the ends of Int to add to.
    static let distantPast = Int.min / 4
    static let distantFuture = Int.max / 4

    /// The wall clock as the span starts.
    var wallStart: Int { start + offset }
    /// The first wall-clock second the span doesn't reach.
    var wallEnd: Int { end + offset }
}

/// All spans of a zone, in order, for ever.
///
/// The rule for the future is written out for 400 years. Then weekdays and leap years come round in the same order.
/// Later times are found by going back whole cycles.
struct ZoneTable: Hashable, Sendable {
    private var spans: [ZoneSpan] = []
    /// Seconds since the epoch from which the cycle counts; nil if the clocks stop changing.
    private let cycleStart: Int?

    /// 400 years in seconds.
    private static let cycle = 146_097 * 86_400

    /// - Parameters:
    ///   - firstOffset: in force before the first change.
    ///   - changes: ascending.
    ///   - rule: in force after the last change; or always, if there are no changes.
    init(firstOffset: Int, changes: [(at: Int, offset: Int)], rule: ZoneRule?) {
        var firstOffset = firstOffset
        var changes = changes
        if let rule, rule.daylight != nil {
            let firstYear = changes.last.map { LocalTime(wallSeconds: $0.at).date.year } ?? 1600
            let latest = changes.last?.at ?? .min
            var yearly: [(at: Int, offset: Int)] = []
            for year in firstYear - 1...firstYear + 402 {
                yearly += rule.changes(in: year)
            }
            // Stable if two fall together: daylight saving that ends as the next year's begins has no standard time
            // between.
            let ordered = yearly.enumerated().sorted {
                ($0.element.at, $0.offset) < ($1.element.at, $1.offset)
            }
            if changes.isEmpty, let first = ordered.first {
                firstOffset =
                    ordered.first { $0.element.offset != first.element.offset }?.element.offset
                    ?? first.element.offset
            }
            changes += ordered.map(\.element).filter { $0.at > latest }
            cycleStart = CivilDate.firstDay(of: 1, year: firstYear + 1) * 86_400
        } else {
            if changes.isEmpty, let rule { firstOffset = rule.standardOffset }
            cycleStart = nil
        }
        build(from: firstOffset, changes)
    }

    init(_ file: TimeZoneFile) {
        self.init(firstOffset: file.firstOffset, changes: file.changes, rule: file.footer)
    }

    private mutating func build(from firstOffset: Int, _ changes: [(at: Int, offset: Int)]) {
        var span = ZoneSpan(
            start: ZoneSpan.distantPast, end: ZoneSpan.distantFuture, offset: firstOffset,
            unseenFrom: ZoneSpan.distantPast)
        spans.reserveCapacity(changes.count + 1)
        for (position, change) in changes.enumerated() {
            if position + 1 < changes.count, changes[position + 1].at == change.at { continue }
            // A change of name or of the daylight saving flag only is no change of the clock.
            if change.offset == span.offset { continue }
            span.end = change.at
            spans.append(span)
            let unseenFrom = max(span.unseenFrom, span.wallEnd)
            span = ZoneSpan(
                start: change.at, end: ZoneSpan.distantFuture, offset: change.offset,
                unseenFrom: unseenFrom)
        }
        spans.append(span)
        // The times shown before time began are of no interest.
        spans[0].unseenFrom = spans[0].wallStart
    }

    /// The span that holds an instant, in seconds since the epoch.
    func span(at seconds: Int) -> ZoneSpan {
        guard let cycleStart, seconds >= cycleStart + ZoneTable.cycle else {
            return spans[index(of: seconds)]
        }
        let shift = (seconds - cycleStart) / ZoneTable.cycle * ZoneTable.cycle
        var span = spans[index(of: seconds - shift)]
        span.start += shift
        span.end += shift
        span.unseenFrom += shift
        return span
    }

    private func index(of seconds: Int) -> Int {
        max(0, spans.partitionIndex { $0.start <= seconds } - 1)
    }
}
