/// An instant with the offset from UTC that a zone has there, as RFC 3339 writes it.
///
/// `2026-03-08T03:00:00-04:00`. Offsets with seconds, as clocks had them before standard time, go beyond
/// RFC 3339 and are written out: `1883-11-18T12:00:00-04:56:02`. Fractions of a second are cut off.
public struct ZonedTime: Hashable, Sendable {
    public let instant: Instant
    /// Seconds east of UTC.
    public let offset: Int

    public init(_ instant: Instant, in zone: Zone) {
        self.instant = instant
        offset = zone.offset(at: instant)
    }

    /// Reads the text of `description`, RFC 3339 in full, and a time without an offset, which is one of the zone's
    /// clock. If the clock shows that time twice, the first pass is taken. If it never does, the first instant after
    /// the gap is taken.
    ///
    /// - Returns: nil if it isn't that, or names no time there is.
    public init?(_ text: some StringProtocol, in zone: Zone) {
        if let instant = Instant(rfc3339: text) {
            self.init(instant, in: zone)
        } else if let local = LocalTime(text) {
            switch zone.occurrence(of: local) {
            case .once(let instant), .twice(let instant, _), .skipped(let instant):
                self.init(instant, in: zone)
            }
        } else {
            guard let instant = ZonedTime.instantWithLongOffset(String(text)) else { return nil }
            self.init(instant, in: zone)
        }
    }

    /// `…-04:56:02`: the last three characters are taken off and counted by themselves.
    private static func instantWithLongOffset(_ text: String) -> Instant? {
        var reader = DigitReader(text.suffix(3))
        let rest = text.dropLast(3)
        guard reader.take(":"), let seconds = reader.number(2), seconds < 60,
            let sign = rest.dropLast(5).last, sign == "+" || sign == "-",
            let instant = Instant(rfc3339: rest)
        else { return nil }
        return instant + TimeSpan.seconds(Int64(sign == "+" ? -seconds : seconds))
    }
}

extension ZonedTime: CustomStringConvertible {
    public var description: String {
        let local = LocalTime(wallSeconds: Int(instant.seconds) + offset)
        let size = Int(offset.magnitude)
        let sign = offset < 0 ? "-" : "+"
        var text = "\(local)\(sign)\(digits(size / 3600, 2)):\(digits(size / 60 % 60, 2))"
        if size % 60 != 0 { text += ":\(digits(size % 60, 2))" }
        return text
    }
}
