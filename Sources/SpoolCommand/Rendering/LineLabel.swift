import Spool

/// Puts a label before each line that a job writes, where the lines of several jobs come together.
struct LineLabel {
    private let label: [UInt8]
    /// What has come of a line whose end hasn't.
    private var open: [LogFormat.Stream: [UInt8]] = [:]

    init(_ label: String) {
        self.label = Array((label + " | ").utf8)
    }

    /// Labels for jobs, of one width: their names where these tell them apart, else the ends of their ids. None for one
    /// job alone, whose output is shown byte for byte.
    ///
    /// - Parameter entries: of those that could be read just now.
    static func labels(for ids: [JobID], _ entries: [JobEntry]) -> [JobID: LineLabel] {
        guard ids.count > 1 else { return [:] }
        var names: [JobID: String] = [:]
        for entry in entries {
            if let id = entry.id, let name = entry.job?.name {
                names[id] = MessageText.visible(name)
            }
        }
        let areNames = Set(names.values).count == ids.count
        let texts = areNames ? names : JobTable.shortened(ids)
        let width = texts.values.map(\.count).max() ?? 0
        return texts.mapValues { LineLabel(HelpText.padded($0, width)) }
    }

    /// The lines that are whole now, each behind the label.
    mutating func lines(_ bytes: [UInt8], of stream: LogFormat.Stream) -> [UInt8] {
        let text = (open[stream] ?? []) + bytes
        var lines: [UInt8] = []
        var start = 0
        while let end = text[start...].firstIndex(of: 10) {
            lines += label + text[start...end]
            start = end + 1
        }
        open[stream] = Array(text[start...])
        return lines
    }

    /// A last line that has no end, with one.
    mutating func lastLine(of stream: LogFormat.Stream) -> [UInt8] {
        guard let rest = open[stream], !rest.isEmpty else { return [] }
        open[stream] = nil
        return label + rest + [10]
    }
}
