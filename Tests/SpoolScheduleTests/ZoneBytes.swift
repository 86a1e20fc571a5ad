/// Builds the bytes of a zone file (RFC 8536).
struct ZoneBytes {
    /// Nil for a version 1 file, which has no wide block and no footer.
    var version: Character? = "2"
    /// Seconds east of UTC; the first holds before the first change.
    var offsets: [Int]
    /// Instants and indices of offsets.
    var changes: [(at: Int, offset: Int)] = []
    var footer = ""
    var leapSeconds = 0

    var bytes: [UInt8] {
        guard version != nil else { return header + block(width: 4) }
        // A version 2 file may leave its narrow block empty but for one offset.
        var empty = self
        empty.changes = []
        empty.offsets = [0]
        empty.leapSeconds = 0
        return empty.header + empty.block(width: 4) + header + block(width: 8)
            + Array("\n\(footer)\n".utf8)
    }

    private var header: [UInt8] {
        let version = version?.asciiValue ?? 0
        let counts = [0, 0, leapSeconds, changes.count, offsets.count, 4]
        return Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
            + counts.flatMap { Self.big($0, 4) }
    }

    private func block(width: Int) -> [UInt8] {
        changes.flatMap { Self.big($0.at, width) } + changes.map { UInt8($0.offset) }
            + offsets.flatMap { Self.big($0, 4) + [0, 0] } + Array("ABC\0".utf8)
            + [UInt8](repeating: 0, count: leapSeconds * (width + 4))
    }

    private static func big(_ number: Int, _ width: Int) -> [UInt8] {
        (0..<width).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
    }
}
