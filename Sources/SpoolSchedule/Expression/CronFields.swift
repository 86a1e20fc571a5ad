/// The five fields of an expression, or six.
struct CronFields: Hashable, Sendable {
    /// nil if there are five fields: then second 0.
    let second: FieldPattern?
    let minute: FieldPattern
    let hour: FieldPattern
    let dayOfMonth: FieldPattern
    let month: FieldPattern
    let weekday: FieldPattern

    var all: [FieldPattern] {
        (second.map { [$0] } ?? []) + [minute, hour, dayOfMonth, month, weekday]
    }

    /// Reads as many words as `hasSeconds` asks for, and throws the fault of the first one that can't be read.
    init(
        _ words: ArraySlice<Token>, hasSeconds: Bool, _ pick: StablePick, _ cache: ExpressionCache
    ) throws(ExpressionError) {
        var fields: [FieldPattern] = []
        for (field, word) in zip(CronFields.order(hasSeconds: hasSeconds), words) {
            let written = try cache.field(field, word) { () throws(ExpressionError) in
                try FieldParser(field: field, word: word, pick: pick).parse()
            }
            fields.append(FieldPattern(written, at: word.position.lowerBound))
        }
        let five = fields.suffix(5)
        let start = five.startIndex
        second = hasSeconds ? fields[0] : nil
        minute = five[start]
        hour = five[start + 1]
        dayOfMonth = five[start + 2]
        month = five[start + 3]
        weekday = five[start + 4]
    }

    static func order(hasSeconds: Bool) -> [CronField] {
        hasSeconds ? CronField.allCases : fiveFields
    }

    private static let fiveFields = Array(CronField.allCases.dropFirst())
}
