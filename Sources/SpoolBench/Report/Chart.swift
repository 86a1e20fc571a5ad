/// A chart of how each subject does beside the best peer, or the limit if there is no peer. Bars to the right of the
/// line are better. Plain SVG that takes its colours from the reader's scheme.
struct Chart {
    private let results: [MeasurementResult]
    private static let width = 860
    private static let labels = 380
    private static let rowHeight = 20
    private static let headHeight = 34

    init(_ results: [MeasurementResult]) { self.results = results }

    private struct Bar {
        let label: String
        let role: BenchSubject.Role
        /// How many times as good it is as the subject it is compared with.
        let times: Double
    }

    var svg: String {
        var body = ""
        var top = 10
        for result in results {
            let bars = self.bars(of: result)
            guard bars.count > 1 else { continue }
            body += title(result, at: top)
            top += Chart.headHeight
            let widest = max(1, bars.map(\.times).max() ?? 1)
            for bar in bars {
                body += row(bar, at: top, widest: widest)
                top += Chart.rowHeight
            }
            top += 10
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Chart.width) \(top)" \
            width="\(Chart.width)" height="\(top)" role="img" \
            font-family="system-ui, sans-serif" font-size="13">
            <style>
            text { fill: #24292f } .title { font-weight: 600 } .quiet { fill: #57606a }
            .spool { fill: #0969da } .peer { fill: #8c959f } .limit { fill: #d0d7de }
            @media (prefers-color-scheme: dark) {
            text { fill: #e6edf3 } .quiet { fill: #9198a1 }
            .spool { fill: #4493f8 } .peer { fill: #656c76 } .limit { fill: #3d444d }
            }
            </style>
            \(body)</svg>

            """
    }

    private func bars(of result: MeasurementResult) -> [Bar] {
        guard let base = result.best(.peer) ?? result.best(.limit), base > 0 else { return [] }
        return result.subjects.compactMap { subject in
            guard let median = subject.statistics?.median, median > 0 else { return nil }
            let durability = subject.subject.durability
            return Bar(
                label: subject.subject.name + (durability.isEmpty ? "" : " (\(durability))"),
                role: subject.subject.role,
                times: result.measurement.isMoreBetter ? median / base : base / median)
        }
    }

    private func title(_ result: MeasurementResult, at top: Int) -> String {
        let base = result.best(.peer) == nil ? "the limit" : "the best peer"
        return """
            <text class="title" x="10" y="\(top + 20)">\(Chart.escaped(result.measurement.title))</text>
            <text class="quiet" x="\(Chart.width - 10)" y="\(top + 20)" text-anchor="end">\
            times as good as \(base)</text>

            """
    }

    private func row(_ bar: Bar, at top: Int, widest: Double) -> String {
        let room = Double(Chart.width - Chart.labels - 70)
        let length = max(1, Int(bar.times / widest * room))
        return """
            <text x="\(Chart.labels - 10)" y="\(top + 14)" text-anchor="end">\(Chart.escaped(bar.label))</text>
            <rect class="\(bar.role.rawValue)" x="\(Chart.labels)" y="\(top + 3)" \
            width="\(length)" height="14" rx="2"/>
            <text class="quiet" x="\(Chart.labels + length + 6)" y="\(top + 14)">\
            \(Figure.ratio(bar.times))</text>

            """
    }

    private static func escaped(_ text: String) -> String {
        text.map { character in
            switch character {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            default: String(character)
            }
        }.joined()
    }
}
