/// The contents of a zone file: a binary file of the tz database, as RFC 8536 lays it out (TZif).
///
/// Versions 2 and later hold everything twice, for readers of 32 bits and of 64; the second is used.
/// Which offsets count as daylight saving is not read: no rule here depends on it, and the flag has
/// been wrong about Ireland and Morocco.
struct TimeZoneFile: Sendable {
    /// Seconds east of UTC before the first change.
    let firstOffset: Int
    /// Seconds since the epoch, ascending, and the offset from there on.
    let changes: [(at: Int, offset: Int)]
    /// The rule in force after the last change; nil if the file doesn't say.
    let footer: ZoneRule?

    /// - Parameters:
    ///   - bytes: the whole file.
    ///   - path: the file that they are from, for the error.
    /// - Throws: `.malformed` if it is no such file, is cut off or contradicts itself. Also if it counts leap seconds
    ///   (the zones under `right/`), which the system's clock doesn't.
    init(bytes: [UInt8], path: String) throws(ZoneError) {
        var reader = ByteReader(bytes: bytes, path: path)
        var header = try Header(&reader)
        var isWide = false
        if header.version >= UInt8(ascii: "2") {
            try reader.skip(header.blockLength(wide: false))
            header = try Header(&reader)
            isWide = true
        }
        guard header.leapSeconds == 0 else {
            throw reader.error(
                "counts leap seconds, which the system clock doesn't; use the zone outside right/")
        }
        guard header.types > 0 else { throw reader.error("names no offset at all") }
        let blockEnd = reader.position + header.blockLength(wide: isWide)

        var times: [Int] = []
        for _ in 0..<header.times {
            let time = isWide ? try reader.int64() : try reader.int32()
            // The tz database puts the beginning of time 2^59 seconds before 1970.
            guard abs(time.clamped) < 1 << 60, time > times.last ?? .min else {
                throw reader.error("its changes are not in order")
            }
            times.append(time)
        }
        let indices = try reader.bytes(header.times)
        var offsets: [Int] = []
        for _ in 0..<header.types {
            let offset = try reader.int32()
            guard abs(offset) < 26 * 3600 else {
                throw reader.error("has an offset of \(offset) seconds, more than a day")
            }
            offsets.append(offset)
            try reader.skip(2)
        }
        guard indices.allSatisfy({ Int($0) < offsets.count }) else {
            throw reader.error("points at an offset it doesn't have")
        }
        firstOffset = offsets[0]
        changes = zip(times, indices).map { ($0, offsets[Int($1)]) }
        reader.position = blockEnd
        footer = isWide ? try TimeZoneFile.footer(&reader) : nil
    }

    private static func footer(_ reader: inout ByteReader) throws(ZoneError) -> ZoneRule? {
        guard let line = try reader.line() else { throw reader.error("its last line is cut off") }
        if line.isEmpty { return nil }
        guard let rule = ZoneRule(line) else {
            throw reader.error("its last line is not a rule: \(line)")
        }
        return rule
    }
}

extension Int {
    /// Without the one value whose magnitude has no Int.
    fileprivate var clamped: Int { Swift.max(self, -.max) }
}

/// The 44 bytes before each data block.
private struct Header {
    let version: UInt8
    let utcFlags: Int
    let standardFlags: Int
    let leapSeconds: Int
    let times: Int
    let types: Int
    let characters: Int

    init(_ reader: inout ByteReader) throws(ZoneError) {
        guard try reader.bytes(4).elementsEqual("TZif".utf8) else {
            throw reader.error("is not a zone file")
        }
        version = try reader.byte()
        try reader.skip(15)
        utcFlags = try reader.count()
        standardFlags = try reader.count()
        leapSeconds = try reader.count()
        times = try reader.count()
        types = try reader.count()
        characters = try reader.count()
    }

    func blockLength(wide: Bool) -> Int {
        let time = wide ? 8 : 4
        return times * (time + 1) + types * 6 + characters + leapSeconds * (time + 4)
            + standardFlags + utcFlags
    }
}

/// Reads big-endian numbers, and throws if the bytes end.
private struct ByteReader {
    let bytes: [UInt8]
    let path: String
    var position = 0

    init(bytes: [UInt8], path: String) {
        self.bytes = bytes
        self.path = path
    }

    func error(_ complaint: String) -> ZoneError {
        ZoneError(
            .malformed, "\(path): \(complaint); reinstall the time zone data (package tzdata)",
            path: path)
    }

    mutating func bytes(_ count: Int) throws(ZoneError) -> ArraySlice<UInt8> {
        guard count <= bytes.count - position else { throw error("is cut off") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    mutating func byte() throws(ZoneError) -> UInt8 {
        guard let byte = try bytes(1).first else { throw error("is cut off") }
        return byte
    }

    mutating func skip(_ count: Int) throws(ZoneError) {
        _ = try bytes(count)
    }

    mutating func int32() throws(ZoneError) -> Int {
        var value: UInt32 = 0
        for byte in try bytes(4) { value = value << 8 | UInt32(byte) }
        return Int(Int32(bitPattern: value))
    }

    mutating func int64() throws(ZoneError) -> Int {
        var value: UInt64 = 0
        for byte in try bytes(8) { value = value << 8 | UInt64(byte) }
        return Int(Int64(bitPattern: value))
    }

    /// A count in a header; more than the file has bytes is refused before anything is multiplied.
    mutating func count() throws(ZoneError) -> Int {
        let value = try int32()
        guard value >= 0, value <= bytes.count else { throw error("is cut off") }
        return value
    }

    /// The text between two newlines, from here; nil if one is missing.
    mutating func line() throws(ZoneError) -> String? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\n"),
            let end = bytes[(position + 1)...].firstIndex(of: UInt8(ascii: "\n"))
        else { return nil }
        return String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
    }
}
