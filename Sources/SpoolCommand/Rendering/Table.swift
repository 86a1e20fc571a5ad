import Spool

/// Rows of text under a heading, in columns that are as wide as they need be.
struct Table {
    private let rows: [[String]]

    init(_ heading: [String], _ rows: [[String]]) {
        self.rows = ([heading] + rows).map { row in row.map { MessageText.visible($0) } }
    }

    /// The heading first.
    ///
    /// - Parameter width: where longer lines are cut; nil: nowhere.
    func lines(width: Int?) -> [String] {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in
            rows.map { column < $0.count ? $0[column].columns : 0 }.max() ?? 0
        }
        return rows.map { row in
            let line =
                zip(row, widths).dropLast().map { HelpText.padded($0, $1) }
                .joined(separator: "  ") + "  " + (row.last ?? "")
            guard let width, line.columns > width else { return line }
            var left = max(1, width - 1)
            let shown = line.prefix { character in
                left -= character.columns
                return left >= 0
            }
            return shown + "…"
        }
    }
}
