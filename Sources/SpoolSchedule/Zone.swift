/// A time zone: which offset from UTC holds when.
///
/// Everything follows from the offsets. Whether one is called daylight saving plays no part.
public struct Zone: Sendable {
    /// `Europe/Paris`; for the machine's own zone the name behind /etc/localtime where it shows.
    public let name: String
    /// The file it was read from; nil when it came from no file (`UTC`, a POSIX rule in `TZ`).
    public let path: String?
    /// The file as it was then.
    let identity: ZoneFileIdentity?
    private let table: ZoneTable

    /// - Throws: `.malformed` when the bytes are no zone file.
    init(name: String, contents: ZoneFileContents) throws(ZoneError) {
        let file = try TimeZoneFile(bytes: contents.bytes, path: contents.path)
        self.name = name
        path = contents.path
        identity = contents.identity
        table = ZoneTable(firstOffset: file.firstOffset, changes: file.changes, rule: file.footer)
    }

    init(name: String, rule: ZoneRule) {
        self.name = name
        path = nil
        identity = nil
        table = ZoneTable(firstOffset: rule.standardOffset, changes: [], rule: rule)
    }

    /// - Parameters:
    ///   - name: what to call it.
    ///   - bytes: a zone file's contents, as RFC 8536 lays them out.
    /// - Throws: `.malformed` when they are no zone file.
    public init(name: String, bytes: [UInt8]) throws(ZoneError) {
        let file = try TimeZoneFile(bytes: bytes, path: name)
        self.name = name
        path = nil
        identity = nil
        table = ZoneTable(firstOffset: file.firstOffset, changes: file.changes, rule: file.footer)
    }

    public static let utc = Zone(
        name: "UTC", rule: ZoneRule(standardOffset: 0, daylight: nil))

    /// Seconds east of UTC at an instant.
    public func offset(at instant: Instant) -> Int {
        span(at: Int(instant.seconds)).offset
    }

    /// What the clock on the wall shows at an instant, fractions of a second cut off.
    public func localTime(at instant: Instant) -> LocalTime {
        let seconds = Int(instant.seconds)
        return LocalTime(wallSeconds: seconds + span(at: seconds).offset)
    }

    func span(at seconds: Int) -> ZoneSpan { table.span(at: seconds) }

    /// Whether the file has been replaced or changed since it was read: resolve the zone again then.
    /// A file that has gone is a change; one that was never there isn't.
    public var hasChangedOnDisk: Bool {
        guard let path, let identity else { return false }
        return ZoneFileIdentity(path: path) != identity
    }
}

extension Zone: Hashable {
    /// The same name and the same offsets at all times, wherever they were read.
    public static func == (left: Zone, right: Zone) -> Bool {
        left.name == right.name && left.table == right.table
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
    }
}

extension Zone: CustomStringConvertible {
    public var description: String { name }
}
