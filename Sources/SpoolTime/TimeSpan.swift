/// A length of time in microseconds, written as people do: `90s`, `10m`, `2h30m`, `1d`, `500ms`.
public struct TimeSpan: Hashable, Comparable, Sendable {
    public var microseconds: Int64

    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Rounded down to microseconds; a length that is too long for 64 bits becomes the longest that they hold.
    public init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, isOver) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        microseconds = isTooLong || isOver ? (seconds < 0 ? .min : .max) : sum
    }

    /// Clamped at the ends of the range that can be represented.
    public static func milliseconds(_ count: Int64) -> TimeSpan {
        TimeSpan(microseconds: count.clampedProduct(1000))
    }

    /// Clamped at the ends of the range that can be represented.
    public static func seconds(_ count: Int64) -> TimeSpan {
        TimeSpan(microseconds: count.clampedProduct(1_000_000))
    }

    public static let zero = TimeSpan(microseconds: 0)

    /// The longest span that may be written, a hundred years of 365 days: beyond it is a slip.
    public static let longest = TimeSpan.seconds(100 * 365 * 86_400)

    /// Clamped to 146 years to both sides, so that a reading of the clock can be added.
    public var nanoseconds: Int64 {
        min(max(microseconds, .min / 2000), .max / 2000) * 1000
    }

    /// In seconds.
    public var inSeconds: Double { Double(microseconds) / 1_000_000 }

    /// - Parameter seconds: negative or absurd ones are brought into 0...`longest`.
    public init(clampingSeconds seconds: Double) {
        let bounded = min(max(seconds, 0), TimeSpan.longest.inSeconds)
        microseconds = Int64((bounded * 1_000_000).rounded())
    }

    public static func < (left: TimeSpan, right: TimeSpan) -> Bool {
        left.microseconds < right.microseconds
    }

    private static let units: [(name: String, microseconds: Int64)] = [
        ("w", 7 * 86_400_000_000), ("d", 86_400_000_000), ("h", 3_600_000_000),
        ("m", 60_000_000), ("s", 1_000_000), ("ms", 1000), ("us", 1),
    ]

    /// Reads numbers with units, largest unit first: `2h30m`, `1.5s`; a bare number is seconds.
    ///
    /// - Returns: nil for anything else, for a negative span and for one over a hundred years.
    public init?(_ text: some StringProtocol) {
        guard let total = TimeSpan.microseconds(in: text),
            total <= Double(TimeSpan.longest.microseconds)
        else { return nil }
        self.init(microseconds: Int64(total.rounded()))
    }

    /// Why a text isn't a length of time, with the forms that may be written, to follow the text.
    public static func fault(of text: some StringProtocol) -> String {
        microseconds(in: text) == nil
            ? "is not a length of time; write it as 90s, 10m, 2h30m or 1d, the largest unit first"
            : "is too long; at most 36500d, a hundred years, may be written"
    }

    /// - Returns: however many they are; nil if the text isn't a length of time.
    private static func microseconds(in text: some StringProtocol) -> Double? {
        var rest = Substring(text)
        if let seconds = TimeSpan.decimal(rest) { return seconds * 1_000_000 }
        var total = 0.0
        var lastUnit = -1
        while !rest.isEmpty {
            let number = Substring(
                rest.utf8.prefix { (48...57).contains($0) || $0 == UInt8(ascii: ".") })
            rest = rest[number.endIndex...]
            let name = Substring(rest.utf8.prefix { (65...90).contains($0 & ~32) })
            rest = rest[name.endIndex...]
            guard let value = TimeSpan.decimal(number),
                let unit = TimeSpan.units.firstIndex(where: { $0.name == name }), unit > lastUnit
            else { return nil }
            lastUnit = unit
            total += value * Double(TimeSpan.units[unit].microseconds)
        }
        return lastUnit >= 0 ? total : nil
    }

    /// Digits with at most one decimal point; no sign, no exponent.
    private static func decimal(_ text: Substring) -> Double? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }),
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } })
        else { return nil }
        return Double(text)
    }
}

extension TimeSpan: CustomStringConvertible {
    /// Exact, in the form that is read: `2h30m`, `1.5s` as `1s500ms`.
    public var description: String {
        if microseconds == 0 { return "0s" }
        var rest = microseconds.magnitude
        var text = microseconds < 0 ? "-" : ""
        for unit in TimeSpan.units where unit.name != "w" {
            let size = UInt64(unit.microseconds)
            if rest >= size {
                text += "\(rest / size)\(unit.name)"
                rest %= size
            }
        }
        return text
    }
}

extension TimeSpan: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text: String
        do {
            text = try container.decode(String.self)
        } catch {
            guard let seconds = try? container.decode(Double.self) else { throw error }
            guard seconds >= 0, seconds <= TimeSpan.longest.inSeconds else {
                throw DecodingError.dataCorruptedError(
                    in: container, debugDescription: "\(seconds) seconds is out of range")
            }
            self.init(clampingSeconds: seconds)
            return
        }
        guard let span = TimeSpan(text) else {
            throw DecodingError.dataCorruptedError(
                in: container,
                debugDescription: "\"\(text)\" \(TimeSpan.fault(of: text))")
        }
        self = span
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
