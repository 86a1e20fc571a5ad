/// FNV-1a of 64 bits, its bits mixed once more at the end. It must never change: job ids, delays, the choices of `~`
/// and the identities of entries are made of it.
package struct StableHash: Hashable, Sendable {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    package init() {}

    package mutating func add(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
    }

    /// Of all that was added so far.
    package var number: UInt64 {
        var mixed = state
        for _ in 0..<2 { mixed = (mixed ^ mixed >> 32) &* 0xd6e8_feb8_6659_fd93 }
        return mixed ^ mixed >> 32
    }

    /// The first of its 16 hexadecimal figures.
    package func figures(_ count: Int = 16) -> String {
        let figures = String(number, radix: 16)
        return String((String(repeating: "0", count: 16 - figures.count) + figures).prefix(count))
    }

    package static func of(_ text: String) -> StableHash {
        var hash = StableHash()
        hash.add(text.utf8)
        return hash
    }
}
