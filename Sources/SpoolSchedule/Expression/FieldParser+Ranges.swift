extension FieldParser {
    /// A range from one value to another, both included.
    ///
    /// In the weekday field, a Sunday at the end is the one after Saturday, unless the range begins with Sunday. `5-0`
    /// is Friday to Sunday, `sun-sun` is Sunday.
    func parseRange(_ item: Token, _ ends: [Token], _ step: Int?) throws(ExpressionError)
        -> ClosedRange<Int>
    {
        guard ends.count == 2, !ends[0].isEmpty, !ends[1].isEmpty else {
            throw ExpressionError(
                .badRange, item.position,
                ends.count > 2
                    ? "`\(item.text)` has more than two ends: write a range as `1-5`"
                    : "the range `\(item.text)` lacks an end: write both, as in `1-5`")
        }
        let low = try parseValue(ends[0])
        var high = try parseValue(ends[1])
        if field == .weekday, high == 0, low > 0 { high = 7 }
        guard low <= high else { throw reversed(item, ends, low, high, step) }
        return low...high
    }

    private func reversed(_ item: Token, _ ends: [Token], _ low: Int, _ high: Int, _ step: Int?)
        -> ExpressionError
    {
        ExpressionError(
            .reversedRange, item.position,
            "`\(item.text)` runs backwards: write `\(unwound(ends, low, high, step))`")
    }

    /// The range that was meant: on to the end of the field, and from its beginning.
    private func unwound(_ ends: [Token], _ low: Int, _ high: Int, _ step: Int?) -> String {
        let first = field.values.lowerBound
        let last = field.values.upperBound
        if field == .weekday, low == 7 {
            return "0-\(ends[1].text)" + (step.map { "/\($0)" } ?? "")
        }
        if let step, step > 1 {
            let count = field.all.count
            let values = Array(stride(from: low, through: high + count, by: step))
            if values.count > 6, let next = values.first(where: { $0 >= first + count }) {
                let end = spelled(field.all.upperBound, like: ends[0])
                let begin = spelled(next - count, like: ends[1])
                return "\(ends[0].text)-\(end)/\(step),\(begin)-\(ends[1].text)/\(step)"
            }
            return values.map { value in
                spelled((value - first) % count + first, like: ends[0])
            }.joined(separator: ",")
        }
        let end = spelled(last, like: ends[0])
        // Weekdays begin again on Monday: Sunday is the 7 before.
        let begin = field == .weekday ? 1 : first
        let before = low == last ? end : "\(ends[0].text)-\(end)"
        let after =
            high == begin ? ends[1].text : "\(spelled(begin, like: ends[1]))-\(ends[1].text)"
        return "\(before),\(after)"
    }

    /// `~`, `5~`, `~20`, `5~20`: one value of the range, the same at every reload.
    func parsePick(_ base: Token, number: Int) throws(ExpressionError) -> FieldItem {
        let ends = base.split("~")
        guard ends.count == 2 else {
            throw ExpressionError(
                .badRange, base.position,
                "`\(base.text)` has more than two ends: write `~` or `10~20`")
        }
        let low = ends[0].isEmpty ? field.pickable.lowerBound : try parseValue(ends[0])
        var high: Int
        if ends[1].isEmpty {
            // A beginning past the days that every month has leaves the rest of the field to pick from.
            high = max(low, field.pickable.upperBound)
            if low > field.pickable.upperBound { high = field.values.upperBound }
        } else {
            high = try parseValue(ends[1])
        }
        if field == .weekday, high == 0, low > 0, !ends[1].isEmpty { high = 7 }
        guard low <= high else {
            throw ExpressionError(
                .reversedRange, base.position,
                "`\(base.text)` runs backwards: write `\(ends[1].text)~\(ends[0].text)`, or, as it"
                    + " can't pick over the end, `\(ends[0].text)~` or `~\(ends[1].text)`")
        }
        let value = pick.value(in: low...high, field: field, position: number)
        return .range(value...value, step: 1)
    }
}
