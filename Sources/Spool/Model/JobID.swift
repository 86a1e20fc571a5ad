/// The name of a job for all time: a ULID (https://github.com/ulid/spec). It has 48 bits of milliseconds since the
/// epoch and 80 random bits, as 26 characters of Crockford's base 32 that sort by time.
public struct JobID: Hashable, Comparable, Sendable {
    private let high: UInt64
    private let low: UInt64

    /// - Parameters:
    ///   - milliseconds: since the epoch; only 48 bits count.
    ///   - random: 80 bits, the upper 16 in `random.high`.
    init(milliseconds: UInt64, random: (high: UInt16, low: UInt64)) {
        high = (milliseconds << 16) | UInt64(random.high)
        low = random.low
    }

    private init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads 26 characters; lower case is accepted, look-alikes (`I`, `L`, `O`, `U`) aren't.
    public init?(_ text: some StringProtocol) {
        self.init(bytes: text.utf8)
    }

    init?(bytes: some Sequence<UInt8>) {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var count = 0
        for byte in bytes {
            guard count < 26, let value = JobID.value(of: byte) else { return nil }
            // 26 characters hold 130 bits; the first may carry 3 only.
            if count == 0 && value > 7 { return nil }
            high = (high << 5) | (low >> 59)
            low = (low << 5) | UInt64(value)
            count += 1
        }
        guard count == 26, high >> 16 <= JobID.lastMillisecond else { return nil }
        self.high = high
        self.low = low
    }

    /// Of the year 9999, as later times can't be written (RFC 3339).
    private static let lastMillisecond: UInt64 = 253_402_300_799_999

    /// Milliseconds since the epoch when the id was made.
    public var milliseconds: Int64 { Int64(high >> 16) }

    /// The next id within the same millisecond; nil at the end of the random part.
    var successor: JobID? {
        let (next, overflow) = low.addingReportingOverflow(1)
        if !overflow { return JobID(high: high, low: next) }
        guard high & 0xffff != 0xffff else { return nil }
        return JobID(high: high + 1, low: 0)
    }

    public static func < (left: JobID, right: JobID) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }

    private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    private static let values: [UInt8] = {
        var values = [UInt8](repeating: 0xff, count: 256)
        for (value, character) in alphabet.enumerated() {
            values[Int(character)] = UInt8(value)
            if character >= 65 { values[Int(character) + 32] = UInt8(value) }
        }
        return values
    }()

    private static func value(of byte: UInt8) -> UInt8? {
        let value = values[Int(byte)]
        return value == 0xff ? nil : value
    }

    /// Whether a text could be the beginning or the end of an id as people type it.
    package static func couldBePart(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.count <= 26 && text.utf8.allSatisfy { value(of: $0) != nil }
    }
}

extension JobID: CustomStringConvertible {
    public var description: String {
        String(unsafeUninitializedCapacity: 26) { buffer in
            var high = self.high
            var low = self.low
            for position in stride(from: 25, through: 0, by: -1) {
                buffer[position] = JobID.alphabet[Int(low & 31)]
                low = (low >> 5) | (high << 59)
                high >>= 5
            }
            return 26
        }
    }
}

extension JobID: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = JobID(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "\"\(text)\" is not a job id (26 characters, ULID)"
            )
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
