extension FieldParser {
    /// `L`, `LW` and `15W` in the day of month, `1#2` and `5L` in the weekday.
    ///
    /// - Returns: nil if the item is none of these.
    func parseDayForm(_ item: Token) throws(ExpressionError) -> FieldItem? {
        switch field {
        case .dayOfMonth: return try parseDayOfMonth(item)
        case .weekday: return try parseWeekday(item)
        default:
            let written = item.lowercased
            guard item.contains("#") || written == "l" || written == "lw" else {
                return nil
            }
            throw ExpressionError(
                .badValue, item.position,
                "`\(item.text)` names a day, and this is the \(field.name) field: the order is"
                    + " minute, hour, day of month, month, weekday")
        }
    }

    private func parseDayOfMonth(_ item: Token) throws(ExpressionError) -> FieldItem? {
        let written = item.lowercased
        if written == "l" { return .lastDay }
        if written == "lw" { return .lastWorkingDay }
        if written.hasPrefix("l-") || written.hasPrefix("l/") {
            throw ExpressionError(
                .badValue, item.position,
                "`\(item.text)`: `L` is the last day and takes nothing after it but `W`; write `L`,"
                    + " `LW`, or the days themselves")
        }
        if item.contains("#") || written != "l" && isNumberWith("l", written) {
            throw ExpressionError(
                .badValue, item.position,
                "`\(item.text)` names a weekday of the month: write it in the weekday field, the"
                    + " last one")
        }
        guard written.hasSuffix("w") else { return nil }
        let day = item.dropLast()
        guard day.isNumber else {
            throw ExpressionError(
                .badValue, item.position,
                "`W` follows one day: write `15W` for the working day nearest the 15th, or `LW`")
        }
        return .workingDay(nearest: try parseValue(day))
    }

    private func parseWeekday(_ item: Token) throws(ExpressionError) -> FieldItem? {
        let written = item.lowercased
        if item.contains("#") { return try parseNth(item) }
        if written == "l" {
            throw ExpressionError(
                .badValue, item.position,
                "`L` needs its weekday here: write `5L` for the last Friday of the month")
        }
        if written == "lw" || isNumberWith("w", written) {
            throw ExpressionError(
                .badValue, item.position,
                "`\(item.text)` names a day of the month: write it in the day of month field, the"
                    + " third")
        }
        let day = item.dropLast()
        guard written.hasSuffix("l"), !day.isEmpty else { return nil }
        if day.contains("-") {
            throw ExpressionError(
                .badValue, item.position,
                "`L` follows one weekday: write a list such as `4L,5L`")
        }
        // `jul` in this field is a wrong name rather than a last weekday.
        guard day.isNumber || day.bytes.characterCount == 3 else { return nil }
        return .last(weekday: try parseValue(day) % 7)
    }

    private func parseNth(_ item: Token) throws(ExpressionError) -> FieldItem {
        let parts = item.split("#")
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw ExpressionError(
                .badValue, item.position,
                "`\(item.text)`: write the weekday, `#`, and which one of the month, as in `1#2`")
        }
        guard !parts[0].contains("-") else {
            throw ExpressionError(
                .badValue, item.position,
                "`#` follows one weekday: write a list such as `1#2,2#2`")
        }
        let weekday = try parseValue(parts[0]) % 7
        guard let nth = parts[1].number, (1...5).contains(nth) else {
            throw ExpressionError(
                parts[1].isNumber ? .outOfRange : .badValue, parts[1].position,
                "a month has no \(parts[0].text)#\(parts[1].text): write 1 to 5 after `#`, or"
                    + " `\(parts[0].text)L` for the last")
        }
        return .nth(nth, weekday: weekday)
    }

    private func isNumberWith(_ suffix: Character, _ written: String) -> Bool {
        written.last == suffix && written.count > 1
            && written.utf8.dropLast().allSatisfy(Token.isDigit)
    }
}
