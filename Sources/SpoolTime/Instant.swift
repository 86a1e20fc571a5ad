/// A point in time, in microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct Instant: Hashable, Comparable, Sendable {
    public var microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Clamped at the ends of the range that can be represented.
    public init(seconds: Int64) {
        microseconds = seconds.clampedProduct(1_000_000)
    }

    /// Clamped at the ends of the range that can be represented.
    public init(milliseconds: Int64) {
        microseconds = milliseconds.clampedProduct(1000)
    }

    public init(nanoseconds: Int64) {
        microseconds = nanoseconds.floored(by: 1000)
    }

    /// Whole milliseconds since the epoch, rounded down.
    public var milliseconds: Int64 { microseconds.floored(by: 1000) }

    /// Whole seconds since the epoch, rounded down.
    public var seconds: Int64 { microseconds.floored(by: 1_000_000) }

    /// Nanoseconds since the epoch, clamped to the range of 64 bits (the year 2262).
    public var nanoseconds: Int64 { microseconds.clampedProduct(1000) }

    /// The day in UTC.
    public var day: CivilDate {
        CivilDate(daysSinceEpoch: Int(seconds.floored(by: 86_400)))
    }

    public static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }

    /// Clamped at the ends of the range that can be represented.
    public static func + (left: Instant, right: TimeSpan) -> Instant {
        Instant(microseconds: left.microseconds.clampedSum(right.microseconds))
    }

    /// Clamped at the ends of the range that can be represented.
    public static func - (left: Instant, right: TimeSpan) -> Instant {
        Instant(microseconds: left.microseconds.clampedDifference(right.microseconds))
    }

    /// Clamped at the ends of the range that can be represented.
    public static func - (left: Instant, right: Instant) -> TimeSpan {
        TimeSpan(microseconds: left.microseconds.clampedDifference(right.microseconds))
    }
}

// MARK: - RFC 3339

extension Instant {
    /// Reads RFC 3339: `2026-11-21T07:30:00Z`, a fraction of any length, `z`, `t` or a space as RFC 3339
    /// allows them, an offset such as `+01:00`. A second of 60 (a leap second) is the next minute's 0.
    ///
    /// - Returns: nil if it isn't that, or names no time there is.
    public init?(rfc3339 text: some StringProtocol) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2),
            reader.take("-"), let day = reader.number(2), reader.take("T", "t", " "),
            let hour = reader.number(2), reader.take(":"), let minute = reader.number(2),
            reader.take(":"), let second = reader.number(2),
            let date = CivilDate(year: year, month: month, day: day),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if reader.take(".") {
            guard let parsed = reader.fraction() else { return nil }
            fraction = parsed
        }
        var offset = 0
        if !reader.take("Z", "z") {
            let isNegative = reader.take("-")
            guard isNegative || reader.take("+"), let hours = reader.number(2), reader.take(":"),
                let minutes = reader.number(2), hours < 24, minutes < 60
            else { return nil }
            offset = (hours * 3600 + minutes * 60) * (isNegative ? -1 : 1)
        }
        guard reader.isAtEnd else { return nil }
        let timeOfDay = hour * 3600 + minute * 60 + second - offset
        let seconds = Int64(date.daysSinceEpoch) * 86_400 + Int64(timeOfDay)
        microseconds = seconds * 1_000_000 + fraction
        // The offset may lead to a year that can't be written with four digits.
        guard (Instant.earliest...Instant.latest).contains(self) else { return nil }
    }

    /// The first and the last microsecond that RFC 3339 has a text for.
    public static let earliest = Instant(seconds: -62_167_219_200)
    public static let latest = Instant(microseconds: 253_402_300_799_999_999)

    /// `2026-11-21T07:30:00.000Z`: RFC 3339 in UTC with milliseconds, as job files and the history have it.
    public var rfc3339: String { text(dash: "-", colon: ":") }

    /// `20261121T073000.000Z`: the same in few characters that sort by time, as names in scheduled/ have it.
    public var compact: String { text(dash: "", colon: "") }

    private func text(dash: StaticString, colon: StaticString) -> String {
        let (date, time, millisecond) = parts
        // A job has several of them, so they are written at once, and not as texts that are put together.
        return String(unsafeUninitializedCapacity: 48) { buffer in
            var writer = DigitWriter(buffer)
            writer.write(date.year, width: 4)
            writer.write(dash)
            writer.write(date.month, width: 2)
            writer.write(dash)
            writer.write(date.day, width: 2)
            writer.write("T")
            writer.write(time / 3600, width: 2)
            writer.write(colon)
            writer.write(time / 60 % 60, width: 2)
            writer.write(colon)
            writer.write(time % 60, width: 2)
            writer.write(".")
            writer.write(millisecond, width: 3)
            writer.write("Z")
            return writer.count
        }
    }

    /// Reads the text of `compact`, and nothing else.
    public init?(compact text: some StringProtocol) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), let month = reader.number(2),
            let day = reader.number(2), reader.take("T"), let hour = reader.number(2),
            let minute = reader.number(2), let second = reader.number(2), reader.take("."),
            let millisecond = reader.number(3), reader.take("Z"), reader.isAtEnd,
            let date = CivilDate(year: year, month: month, day: day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let seconds = date.daysSinceEpoch * 86_400 + hour * 3600 + minute * 60 + second
        self.init(milliseconds: Int64(seconds) * 1000 + Int64(millisecond))
    }

    private var parts: (date: CivilDate, secondOfDay: Int, millisecond: Int) {
        let days = seconds.floored(by: 86_400)
        return (
            CivilDate(daysSinceEpoch: Int(days)), Int(seconds - days * 86_400),
            Int(milliseconds - seconds * 1000)
        )
    }
}

extension Instant: CustomStringConvertible {
    public var description: String { rfc3339 }
}

extension Instant: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let instant = Instant(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription:
                    "\"\(text)\" is not a time; write it as 2026-11-21T07:30:00Z or with an offset"
                    + " such as +01:00")
        }
        // Files hold milliseconds. Rounded up, so that nothing runs before its time.
        let milliseconds = Instant(microseconds: instant.microseconds + 999).milliseconds
        self = min(Instant(milliseconds: milliseconds), Instant.latestInFiles)
    }

    private static let latestInFiles = Instant(milliseconds: latest.milliseconds)

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rfc3339)
    }
}
