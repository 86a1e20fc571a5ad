/// FNV-1a of 64 bits, its bits mixed once more at the end. It must never change: job ids, delays and what
/// counts as the same entry are made of it.
enum StableHash {
    static func number(_ text: String) -> UInt64 {
        var state: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }
        for _ in 0..<2 { state = (state ^ state >> 32) &* 0xd6e8_feb8_6659_fd93 }
        return state ^ state >> 32
    }

    /// 16 hexadecimal figures.
    static func text(_ text: String) -> String {
        let figures = String(number(text), radix: 16)
        return String(repeating: "0", count: 16 - figures.count) + figures
    }
}
