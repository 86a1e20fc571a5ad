/// The middle and the spread of a sample.
struct Statistics: Encodable {
    let count: Int
    let median: Double
    /// The quartiles: half of the sample lies between them.
    let low: Double
    let high: Double
    let p99: Double

    /// nil for an empty sample.
    init?(_ sample: [Double]) {
        guard !sample.isEmpty else { return nil }
        let sorted = sample.sorted()
        count = sorted.count
        median = Statistics.quantile(0.5, of: sorted)
        low = Statistics.quantile(0.25, of: sorted)
        high = Statistics.quantile(0.75, of: sorted)
        p99 = Statistics.quantile(0.99, of: sorted)
    }

    /// Between two values of the sample, linearly.
    static func quantile(_ part: Double, of sorted: [Double]) -> Double {
        let position = part * Double(sorted.count - 1)
        let below = Int(position)
        let above = min(below + 1, sorted.count - 1)
        let share = position - Double(below)
        return sorted[below] * (1 - share) + sorted[above] * share
    }
}
