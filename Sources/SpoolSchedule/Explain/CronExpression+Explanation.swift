extension CronExpression {
    /// When it fires, in words: `at 02:30 on weekdays`.
    public var explanation: String {
        switch content {
        case .calendar(let fields, _): Explanation(fields: fields, match: dayMatch).sentence
        case .every(let period): "every \(period), counted from when it was first seen"
        case .once(.local(let time)): "once, at \(time.timeOfDay) on \(time.date)"
        case .once(.instant(let instant)): "once, at \(instant)"
        case .reboot: "once after each boot"
        }
    }
}

extension Schedule {
    /// When it fires, in words, and by whose clock if that matters: `at 02:30 on weekdays, Europe/Paris`.
    public var explanation: String {
        switch expression.content {
        case .calendar, .once(.local): "\(expression.explanation), \(zone.name)"
        default: expression.explanation
        }
    }
}
