/// Reads one field: items between commas, each a `*`, a value, a range, or one of the day forms.
struct FieldParser {
    let field: CronField
    let word: Word
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

    private func parse(_ item: Word, number: Int) throws(ExpressionError) -> FieldItem {
        if let special = try parseDayForm(item) { return special }
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
                    "`\(item.text)`: `~` picks one value and takes no step; write `\(base.text)`")
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
                "`\(item.text)` steps from one value: write"
                    + " `\(base.text)-\(spelled(field.all.upperBound, like: base))/\(step)`")
        }
        return .range(try parseRange(item, ends, step), step: step ?? 1)
    }

    private func parseStep(_ text: Word, of item: Word) throws(ExpressionError) -> Int {
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

    private func misplacedStar(_ item: Word, _ base: Word) -> ExpressionError {
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
    /// A number or a name, within what the field reaches.
    func parseValue(_ text: Word) throws(ExpressionError) -> Int {
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
            throw ExpressionError(
                .outOfRange, text.position, "there is no \(field.name) \(text.text): \(most)")
        }
        return value
    }

    private func badValue(_ text: Word) -> ExpressionError {
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
        if written == "h" {
            return ExpressionError(
                .badValue, position,
                "`\(text.text)` is another scheduler's way to spread jobs: write `~`")
        }
        let prefix = String(written.prefix(3))
        if field.names.contains(prefix), written.allSatisfy(\.isLetter) {
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

    /// A value as the user would write it beside another: by name where that one is a name.
    func spelled(_ value: Int, like text: Word) -> String {
        guard !text.isNumber, !field.names.isEmpty else { return String(value) }
        let index = value - field.values.lowerBound
        return field.names[index % field.names.count]
    }
}
