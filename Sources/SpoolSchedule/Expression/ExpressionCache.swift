/// The fields and expressions that have been read, so that a large crontab reads and holds each of them once. None with
/// a `~` is in here: a `~` means something else in each entry.
final class ExpressionCache {
    private struct FieldKey: Hashable {
        let field: CronField
        let text: String
    }

    private struct DaysKey: Hashable {
        let dayOfMonth: String
        let weekday: String
        let match: DayMatch
    }

    private struct ExpressionKey: Hashable {
        let text: String
        let hasSeconds: Bool
        let match: DayMatch
    }

    private var fields: [FieldKey: WrittenField] = [:]
    private var days: [DaysKey: DayMasks] = [:]
    private var expressions: [ExpressionKey: CronExpression] = [:]

    func field(
        _ field: CronField, _ word: Token, _ read: () throws(ExpressionError) -> WrittenField
    ) throws(ExpressionError) -> WrittenField {
        if word.contains("~") { return try read() }
        let key = FieldKey(field: field, text: word.text)
        if let known = fields[key] { return known }
        let new = try read()
        fields[key] = new
        return new
    }

    func days(
        _ dayOfMonth: FieldPattern, _ weekday: FieldPattern, _ match: DayMatch
    ) -> DayMasks {
        func new() -> DayMasks {
            DayMasks(dayOfMonth: dayOfMonth, weekday: weekday, match: match)
        }
        if (dayOfMonth.text + weekday.text).utf8.contains(UInt8(ascii: "~")) { return new() }
        let key = DaysKey(dayOfMonth: dayOfMonth.text, weekday: weekday.text, match: match)
        if let known = days[key] { return known }
        let masks = new()
        days[key] = masks
        return masks
    }

    /// - Parameter identity: which entry it is of; asked for only if that matters.
    func expression(
        _ bytes: ArraySlice<UInt8>, hasSeconds: Bool, _ match: DayMatch, machine: String,
        identity: () -> String
    ) throws(ExpressionError) -> CronExpression {
        let isPicked = Token(bytes).contains("~")
        let key = ExpressionKey(text: Token(bytes).text, hasSeconds: hasSeconds, match: match)
        if !isPicked, let known = expressions[key] { return known }
        let options = CronExpression.Options(
            seconds: hasSeconds, dayMatch: match, identity: isPicked ? identity() : "",
            machine: machine)
        let expression = try CronExpression(bytes, options, self)
        if !isPicked { expressions[key] = expression }
        return expression
    }
}
