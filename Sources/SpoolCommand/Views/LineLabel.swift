import Spool

/// Puts a label before each line that a job writes, if the lines of several jobs come together.
struct LineLabel {
    private let label: [UInt8]
    /// The beginnings of lines whose ends haven't come yet, each no longer than `longestLine`.
    private var open: [LogFormat.Stream: [UInt8]] = [:]

    /// In bytes. Without it, output that never ends a line would be held for ever.
    static let longestLine = 1 << 16

    init(_ label: String) {
        self.label = Array((label + " | ").utf8)
    }

    /// Labels for jobs, of one width: their names if these tell them apart, else the ends of their ids. None for one
    /// job alone, whose output is shown byte for byte.
    ///
    /// - Parameter names: of those that have one.
    static func labels(of ids: [JobID], _ names: [JobID: String]) -> [JobID: LineLabel] {
        guard ids.count > 1 else { return [:] }
        let names = names.mapValues { MessageText.visible($0) }
        let areNames = Set(names.values).count == ids.count
        let texts = areNames ? names : JobTable.shortened(ids)
        let width = texts.values.map(\.columns).max() ?? 0
        return texts.mapValues { LineLabel(HelpText.padded($0, width)) }
    }

    /// The lines that are whole now, each behind the label. A line that is too long is cut into several.
    mutating func lines(_ bytes: [UInt8], of stream: LogFormat.Stream) -> [UInt8] {
        // Taken out, so that nothing is copied when it grows.
        var rest = open.removeValue(forKey: stream) ?? []
        var lines: [UInt8] = []
        var start = 0
        while start < bytes.count {
            let room = LineLabel.longestLine - rest.count
            // The line break may stand right behind the longest line.
            if let end = bytes[start...].prefix(room + 1).firstIndex(of: 10) {
                lines += label
                lines += rest
                lines += bytes[start...end]
                rest.removeAll(keepingCapacity: true)
                start = end + 1
                continue
            }
            let end = min(bytes.count, start + room)
            rest += bytes[start..<end]
            start = end
            guard start < bytes.count else { break }
            lines += label
            lines += rest
            lines.append(10)
            rest.removeAll(keepingCapacity: true)
        }
        open[stream] = rest
        return lines
    }

    /// A last line that has no end, with one.
    mutating func lastLine(of stream: LogFormat.Stream) -> [UInt8] {
        guard let rest = open[stream], !rest.isEmpty else { return [] }
        open[stream] = nil
        return label + rest + [10]
    }
}
