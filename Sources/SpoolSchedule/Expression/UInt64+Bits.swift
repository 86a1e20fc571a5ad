/// A set of small numbers as bits; the set must not be empty if `lowest` and `highest` are asked.
extension UInt64 {
    @inline(__always)
    var lowest: Int { trailingZeroBitCount }

    @inline(__always)
    var highest: Int { 63 - leadingZeroBitCount }

    @inline(__always)
    func has(_ bit: Int) -> Bool { self &>> UInt64(truncatingIfNeeded: bit) & 1 == 1 }

    /// The bits above one; -1 to 62.
    @inline(__always)
    func above(_ bit: Int) -> UInt64 { self & (~0 &<< UInt64(truncatingIfNeeded: bit + 1)) }

    /// The bits below one; 0 to 63.
    @inline(__always)
    func below(_ bit: Int) -> UInt64 { self & (1 &<< UInt64(truncatingIfNeeded: bit) &- 1) }
}
