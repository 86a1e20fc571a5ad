/// Reads one field: items between commas, each a `*`, a value, a range, or one of the day forms.
struct FieldParser {
    let field: CronField
    let word: Token
    let pick: StablePick

    func parse() throws(ExpressionError) -> WrittenField {
        let start = word.position.lowerBound
        var items: [(item: FieldItem, place: Range<Int>)] = []
        for (position, item) in word.split(",").enumerated() {
            if item.isEmpty {
                throw ExpressionError(
                    .emptyItem, item.position,
                    "the \(field.name) field `\(word.text)` has an empty item: a comma stands"
                        + " between two values, as in `1,5`")
            }
            let place = item.position.lowerBound - start..<item.position.upperBound - start
            items.append((try parse(item, number: position), place))
        }
        return WrittenField(field, word.text, items)
    }

    private func parse(_ item: Token, number: Int) throws(ExpressionError) -> FieldItem {
        if let special = try parseDayForm(item) { return special }
        if let spread = spread(item) { throw spread }
        let parts = item.split("/")
        let base = parts[0]
        guard parts.count <= 2 else {
            throw ExpressionError(
                .badStep, item.position, "`\(item.text)` has more than one step: write one `/`")
        }
        if base.isEmpty, parts.count == 2, !parts[1].isNumber { throw badValue(item) }
        let step = parts.count == 2 ? try parseStep(parts[1], of: item) : nil
        if base.isEmpty, step != nil {
            throw ExpressionError(
                .badStep, item.position,
                "`\(item.text)` has nothing to step through: write `*\(item.text)`")
        }
        if base.isJust("*") { return .range(field.all, step: step ?? 1) }
        if base.contains("~") {
            guard step == nil else {
                throw ExpressionError(
                    .badStep, item.position,
                    "`\(item.text)`: `~` picks one value and takes no step; write `\(base.text)`, or"
                        + " `\(stepping(base))/\(parts[1].text)` for several")
            }
            return try parsePick(base, number: number)
        }
        if base.contains("*") { throw misplacedStar(item, base) }
        let ends = base.split("-")
        if ends.count == 1 {
            let value = try parseValue(base)
            guard let step else { return .range(value...value, step: 1) }
            throw ExpressionError(
                .badStep, item.position,
                "`\(item.text)` steps from one value: write `\(stepping(from: value, base, step))`")
        }
        return .range(try parseRange(item, ends, step), step: step ?? 1)
    }

    /// From one value on to the end of the field.
    private func stepping(from value: Int, _ written: Token, _ step: Int) -> String {
        // Sunday is the first of a week as well as its last.
        let isLastSunday = field == .weekday && value == 7
        let first = isLastSunday ? 0 : value
        guard step <= field.all.upperBound - first else { return written.text }
        let low = isLastSunday ? "0" : written.text
        return "\(low)-\(spelled(field.all.upperBound, like: written))/\(step)"
    }

    /// The range that a `~` picks from.
    private func stepping(_ base: Token) -> String {
        if base.isJust("~") { return "*" }
        let ends = base.split("~")
        guard ends.count == 2 else { return "*" }
        let low = ends[0].isEmpty ? String(field.all.lowerBound) : ends[0].text
        let high = ends[1].isEmpty ? String(field.all.upperBound) : ends[1].text
        return "\(low)-\(high)"
    }

    /// The advice for the forms `H`, `H/15` and `H(0-29)` of another scheduler; nil for anything else.
    private func spread(_ item: Token) -> ExpressionError? {
        let written = item.lowercased
        guard written.hasPrefix("h") else { return nil }
        let parts = written.dropFirst().split(
            separator: "/", omittingEmptySubsequences: false)
        guard let base = parts.first, parts.count <= 2 else { return nil }
        var ends: [Substring] = []
        if !base.isEmpty {
            guard base.hasPrefix("("), base.hasSuffix(")") else { return nil }
            ends = base.dropFirst().dropLast().split(separator: "-")
            guard ends.count == 2 else { return nil }
        }
        let advice: String
        if parts.count == 2 {
            advice = "\(ends.isEmpty ? "*" : ends.joined(separator: "-"))/\(parts[1])"
        } else {
            advice = ends.isEmpty ? "~" : ends.joined(separator: "~")
        }
        return ExpressionError(
            .badValue, item.position,
            "`\(item.text)` is another scheduler's way to spread jobs: write `\(advice)`")
    }

    private func parseStep(_ text: Token, of item: Token) throws(ExpressionError) -> Int {
        guard !text.isEmpty else {
            throw ExpressionError(
                .badStep, item.position,
                "`\(item.text)` lacks its step: write a number after `/`, as in `*/5`")
        }
        guard text.isNumber else {
            throw ExpressionError(
                .badStep, text.position,
                "`\(text.text)` is not a step: write a whole number, as in `*/5`")
        }
        guard let step = text.number else {
            throw ExpressionError(
                .badStep, text.position,
                "a step of \(text.text) is too long: write one up to \(field.values.upperBound)")
        }
        guard step > 0 else {
            throw ExpressionError(
                .badStep, text.position,
                "a step of 0 goes nowhere: write `\(item.split("/")[0].text)` for every"
                    + " \(field.name), or a step from 1 on")
        }
        return step
    }

    private func misplacedStar(_ item: Token, _ base: Token) -> ExpressionError {
        if let error = lookalike(item) { return error }
        let rest = base.dropFirst()
        let advice =
            base.begins(with: "*") && rest.isNumber
            ? "write `*/\(rest.text)` for a step, or `\(rest.text)` for the value"
            : "write `*` alone, or a range such as `1-5`"
        return ExpressionError(
            .badValue, item.position,
            "`*` stands alone or before `/`, not in `\(item.text)`: \(advice)")
    }
}

// MARK: - Values

extension FieldParser {
    /// A number or a name, within the field's values.
    func parseValue(_ text: Token) throws(ExpressionError) -> Int {
        guard text.isNumber else {
            guard let index = field.names.firstIndex(of: text.lowercased) else {
                throw badValue(text)
            }
            return field.values.lowerBound + index
        }
        let range = field.values
        guard let value = text.number, range.contains(value) else {
            let most =
                field == .weekday
                ? "write 0 to 7 (0 and 7 are Sunday)"
                : "write \(range.lowerBound) to \(range.upperBound)"
                    + (field == .hour && text.number == 24 ? ", 0 for midnight" : "")
            throw ExpressionError(
                .outOfRange, text.position, "there is no \(field.name) \(text.text): \(most)")
        }
        return value
    }

    private func badValue(_ text: Token) -> ExpressionError {
        let position = text.position
        let written = text.lowercased
        if text.isEmpty {
            return ExpressionError(
                .badRange, position, "a value is missing in `\(word.text)`: write a number")
        }
        if text.text == "?" {
            return ExpressionError(
                .badValue, position, "`?` is another scheduler's way to say any: write `*`")
        }
        if let lookalike = lookalike(text) { return lookalike }
        let prefix = String(written.prefix(3))
        if field.names.contains(prefix), isBeginningOfName(written) {
            return ExpressionError(
                .badValue, position, "`\(text.text)` is not a name here: write `\(prefix)`")
        }
        for other in CronField.allCases where other.names.contains(written) {
            return ExpressionError(
                .badValue, position,
                "`\(text.text)` is a \(other.name), and this is the \(field.name) field: the order"
                    + " is minute, hour, day of month, month, weekday")
        }
        if text.begins(with: "+") || text.begins(with: "-"), text.dropFirst().isNumber {
            return ExpressionError(
                .badValue, position,
                "`\(text.text)` has a sign: write `\(text.dropFirst().text)`")
        }
        let names = field.names.isEmpty ? "" : " or a name such as `\(field.names[1])`"
        return ExpressionError(
            .badValue, position,
            "`\(text.text)` is not a \(field.name): write a whole number\(names)")
    }

    /// Whether it is a name that is written out, or cut somewhere.
    private func isBeginningOfName(_ written: String) -> Bool {
        let names = field == .month ? DayWords.monthNames : DayWords.weekdayNames
        return names.contains { $0.lowercased().hasPrefix(written) }
    }

    /// The advice for a text that was pasted from a page and looks like one that may stand here.
    private func lookalike(_ text: Token) -> ExpressionError? {
        let plain = Lookalikes.plain(text.text)
        guard plain != text.text else { return nil }
        if let unseen = Lookalikes.unseen(in: text.text) {
            return ExpressionError(
                .badValue, text.position,
                "`\(plain)` has an invisible character in it (\(unseen)): take it away")
        }
        let isBlank = plain.contains(" ")
        let advice =
            isBlank
            ? "a blank in it is another than the space bar's: write a plain one, as `\(plain)`"
            : Token(plain).isNumber
                ? "write `\(plain)`, a whole number in ASCII digits"
                : "write `\(plain)`, in ASCII characters"
        return ExpressionError(
            .badValue, text.position, "`\(text.text)` only looks right: \(advice)")
    }

    /// A value as the user would write it beside another: by name if that one is a name.
    func spelled(_ value: Int, like text: Token) -> String {
        guard !text.isNumber, !field.names.isEmpty else { return String(value) }
        let index = value - field.values.lowerBound
        return field.names[index % field.names.count]
    }
}
