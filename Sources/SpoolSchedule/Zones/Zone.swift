/// A time zone: which offset from UTC holds when.
///
/// Everything follows from the offsets. Whether one is called daylight saving plays no part.
public struct Zone: Sendable {
    private final class Storage: Sendable {
        let name: String
        let path: String?
        let identity: ZoneFileIdentity?
        let table: ZoneTable

        init(_ name: String, _ path: String?, _ identity: ZoneFileIdentity?, _ table: ZoneTable) {
            self.name = name
            self.path = path
            self.identity = identity
            self.table = table
        }
    }

    private let storage: Storage

    /// `Europe/Paris`; for the machine's own zone, the name behind /etc/localtime if it shows.
    public var name: String { storage.name }
    /// The file it was read from; nil if it came from no file (`UTC`, a POSIX rule in `TZ`).
    public var path: String? { storage.path }
    /// The file as it was then.
    var identity: ZoneFileIdentity? { storage.identity }

    /// - Throws: `.malformed` if the bytes are no zone file.
    init(name: String, contents: ZoneFileContents) throws(ZoneError) {
        let file = try TimeZoneFile(bytes: contents.bytes, path: contents.path)
        storage = Storage(name, contents.path, contents.identity, ZoneTable(file))
    }

    init(name: String, rule: ZoneRule) {
        let table = ZoneTable(firstOffset: rule.standardOffset, changes: [], rule: rule)
        storage = Storage(name, nil, nil, table)
    }

    /// - Parameters:
    ///   - name: its name.
    ///   - bytes: a zone file's contents, as RFC 8536 lays them out.
    /// - Throws: `.malformed` if they are no zone file.
    public init(name: String, bytes: [UInt8]) throws(ZoneError) {
        storage = Storage(name, nil, nil, ZoneTable(try TimeZoneFile(bytes: bytes, path: name)))
    }

    /// The directories in which another file may take the place of the one it was read from, or of the link to it.
    package var directories: Set<String> {
        var directories: Set<String> = []
        var next = path
        // Links to links beyond these don't matter: the file is looked at now and then as well.
        for _ in 0..<4 {
            guard let path = next, let slash = path.lastIndex(of: "/") else { break }
            let directory = String(path[..<slash])
            directories.insert(directory.isEmpty ? "/" : directory)
            next = linkTarget(path).map { $0.hasPrefix("/") ? $0 : "\(directory)/\($0)" }
        }
        return directories
    }

    public static let utc = Zone(
        name: "UTC", rule: ZoneRule(standardOffset: 0, daylight: nil))

    /// Seconds east of UTC at an instant.
    public func offset(at instant: Instant) -> Int {
        span(at: Int(instant.seconds)).offset
    }

    /// The time that the clock on the wall shows at an instant, fractions of a second cut off.
    public func localTime(at instant: Instant) -> LocalTime {
        let seconds = Int(instant.seconds)
        return LocalTime(wallSeconds: seconds + span(at: seconds).offset)
    }

    func span(at seconds: Int) -> ZoneSpan { storage.table.span(at: seconds) }

    /// Whether the file has been replaced or changed since it was read: if so, resolve the zone again. A file that has
    /// gone is a change; one that was never there isn't.
    public var hasChangedOnDisk: Bool {
        guard let path, let identity else { return false }
        return ZoneFileIdentity(path: path) != identity
    }
}

extension Zone: Hashable {
    /// The same name and the same offsets at all times, wherever they were read.
    public static func == (left: Zone, right: Zone) -> Bool {
        left.storage === right.storage
            || left.name == right.name && left.storage.table == right.storage.table
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
    }
}

extension Zone: CustomStringConvertible {
    public var description: String { name }
}
