import SpoolSystem

/// When schedulers had reasons to be late: intervals of the real clock, in seconds since 1970.
struct Disturbances {
    struct Span {
        var from: Double
        var to: Double
    }

    /// What a fault may cost after its end: others must take over, and begin anew.
    private static let recovery = 5.0
    private var spans: [Span] = []

    static var now: Double { Double(Clock.realtime()) / 1e9 }

    mutating func add(from: Double, to: Double) { spans.append(Span(from: from, to: to)) }

    /// Spans without those that touch each other.
    private static func merged(_ spans: [Span]) -> [Span] {
        var merged: [Span] = []
        for span in spans.sorted(by: { $0.from < $1.from }) {
            if let last = merged.last, span.from <= last.to + 0.5 {
                merged[merged.count - 1].to = max(last.to, span.to)
            } else {
                merged.append(span)
            }
        }
        return merged
    }

    /// When the disturbance that lasts then ends; the same instant where there is none.
    func end(at time: Double) -> Double {
        var end = time
        while let later = spans.first(where: { $0.from <= end && end < $0.to }) { end = later.to }
        return end
    }

    /// The spans in which a slot may come late. Whoever has failed for a while tries again after about as
    /// long.
    var aftermath: [Span] {
        Disturbances.merged(
            Disturbances.merged(spans).map { span in
                Span(
                    from: span.from - 1, to: 2 * span.to - span.from + Disturbances.recovery)
            })
    }
}
