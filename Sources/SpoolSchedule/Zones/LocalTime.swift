/// A date and a time of day as a clock on the wall shows them, without a time zone.
public struct LocalTime: Hashable, Sendable {
    public let date: CivilDate
    /// 0 to 23.
    public let hour: Int
    /// 0 to 59.
    public let minute: Int
    /// 0 to 59; leap seconds are not counted.
    public let second: Int

    /// nil if no clock shows that.
    public init?(date: CivilDate, hour: Int, minute: Int, second: Int = 0) {
        guard (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second) else {
            return nil
        }
        self.date = date
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// - Parameter wallSeconds: seconds since 1970-01-01T00:00:00 as this clock counts them: the
    ///   seconds since the epoch plus the offset from UTC.
    init(wallSeconds: Int) {
        let day = wallSeconds.floored(by: 86_400)
        let secondOfDay = wallSeconds - day * 86_400
        date = CivilDate(daysSinceEpoch: day)
        hour = secondOfDay / 3600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60
    }

    /// Seconds since 1970-01-01T00:00:00 as this clock counts them.
    var wallSeconds: Int {
        date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second
    }

    /// `02:30`, or `02:30:15` when there are seconds.
    var timeOfDay: String {
        let time = "\(digits(hour, 2)):\(digits(minute, 2))"
        return second == 0 ? time : "\(time):\(digits(second, 2))"
    }
}

extension LocalTime: Comparable {
    public static func < (left: LocalTime, right: LocalTime) -> Bool {
        left.wallSeconds < right.wallSeconds
    }
}

extension LocalTime: CustomStringConvertible {
    /// `2026-03-29T02:30:00`.
    public var description: String {
        "\(date)T\(digits(hour, 2)):\(digits(minute, 2)):\(digits(second, 2))"
    }
}

extension LocalTime {
    /// Reads `2026-12-24T18:00`, with seconds or without; `t` or a space may stand for the `T`.
    ///
    /// - Returns: nil for anything else, and when no clock shows that.
    public init?(_ text: some StringProtocol) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2),
            reader.take("-"), let day = reader.number(2), reader.take("T", "t", " "),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2),
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        var second = 0
        if reader.take(":") {
            guard let parsed = reader.number(2) else { return nil }
            second = parsed
        }
        guard reader.isAtEnd else { return nil }
        self.init(date: date, hour: hour, minute: minute, second: second)
    }
}
