/// How lists and numbers are said.
enum Words {
    static func values(_ bits: UInt64) -> [Int] { (0..<64).filter(bits.has) }

    /// `1, 2 and 5`.
    static func list(_ items: [String], _ last: String = "and") -> String {
        guard items.count > 1, let end = items.last else { return items.first ?? "" }
        return "\(items.dropLast().joined(separator: ", ")) \(last) \(end)"
    }

    /// `minute 5`, `minutes 0, 20 and 40`, `minutes 0 to 29`.
    static func counted(_ noun: String, _ values: [Int]) -> String {
        let bits = values.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
        return "\(noun)\(values.count == 1 ? "" : "s") \(runs(of: bits, in: 0...63) { String($0) })"
    }

    /// Values with runs of three or more said as `1 to 5`.
    static func runs(of bits: UInt64, in range: ClosedRange<Int>, name: (Int) -> String) -> String {
        var items: [String] = []
        var value = range.lowerBound
        while value <= range.upperBound {
            guard bits.has(value) else {
                value += 1
                continue
            }
            var end = value
            while end < range.upperBound, bits.has(end + 1) { end += 1 }
            if end - value >= 2 {
                items.append("\(name(value)) to \(name(end))")
            } else {
                items += (value...end).map(name)
            }
            value = end + 1
        }
        return list(items)
    }

    /// The step of values that begin at 0 and go evenly through the whole, round its end too.
    static func evenStep(_ values: [Int], of whole: Int) -> Int? {
        guard values.count > 1, values[0] == 0, whole % values.count == 0 else { return nil }
        let step = whole / values.count
        return step > 1 && values == Array(stride(from: 0, to: whole, by: step)) ? step : nil
    }

    /// `1st`, `22nd`, `13th`.
    static func ordinal(_ number: Int) -> String {
        switch (number % 10, number % 100) {
        case (_, 11...13): "\(number)th"
        case (1, _): "\(number)st"
        case (2, _): "\(number)nd"
        case (3, _): "\(number)rd"
        default: "\(number)th"
        }
    }
}
