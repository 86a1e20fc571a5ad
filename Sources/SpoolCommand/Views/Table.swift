import Spool

/// Rows of text under a heading, in columns that are as wide as they need be.
struct Table {
    private let rows: [[String]]
    /// The columns that give room where there is little, the first one first.
    private let dispensable: [Int]

    /// The narrowest that a column is cut to, and the least that is left of the last one if others can give way.
    private static let narrowest = 6
    private static let leastOfLast = 16

    init(_ heading: [String], _ rows: [[String]], dispensable: [Int] = []) {
        self.rows = ([heading] + rows).map { row in row.map { MessageText.visible($0) } }
        self.dispensable = dispensable
    }

    /// The heading first.
    ///
    /// - Parameter width: the longest line in columns, beyond which lines are cut; nil: lines are never cut.
    func lines(width: Int?) -> [String] {
        let widths = fitted(natural, to: width)
        return rows.map { row in
            var cells = zip(row, widths).filter { $0.1 > 0 }
            let last = cells.popLast()?.0 ?? ""
            let head = cells.map { HelpText.padded(Table.cut($0.0, to: $0.1), $0.1) }
            let line = (head + [last]).joined(separator: "  ")
            return width.map { Table.cut(line, to: $0) } ?? line
        }
    }

    /// Whether a column is as wide as it need be.
    func isWhole(_ column: Int, width: Int?) -> Bool {
        let natural = natural
        return fitted(natural, to: width)[column] == natural[column]
    }

    private var natural: [Int] {
        (0..<(rows.map(\.count).max() ?? 0)).map { column in
            rows.map { column < $0.count ? $0[column].columns : 0 }.max() ?? 0
        }
    }

    /// The widths of columns of which dispensable ones are cut, and then left out (0), until the others have room.
    private func fitted(_ natural: [Int], to width: Int?) -> [Int] {
        guard let width, let last = natural.last else { return natural }
        var widths = natural
        let least = min(last, max(Table.leastOfLast, width / 3))
        for column in dispensable {
            let others = widths.dropLast().filter { $0 > 0 }
            let tail = widths.last.map { $0 > 0 ? least : -2 } ?? 0
            let excess = others.reduce(tail) { $0 + $1 + 2 } - width
            if excess <= 0 { break }
            let room = widths[column] - excess
            widths[column] = room >= Table.narrowest ? room : 0
        }
        return widths
    }

    private static func cut(_ text: String, to width: Int) -> String {
        guard text.columns > width else { return text }
        var left = max(1, width - 1)
        let shown = text.prefix { character in
            left -= character.columns
            return left >= 0
        }
        return shown + "…"
    }
}
