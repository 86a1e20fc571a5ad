/// Picks a value for `~`: spread over entries and machines, and the same at every reload.
///
/// The hash is FNV-1a of 64 bits, its bits mixed once more at the end. It must never change: every
/// `~` there is would move.
struct StablePick: Hashable, Sendable {
    private let state: UInt64

    fileprivate static let empty: UInt64 = 0xcbf2_9ce4_8422_2325

    /// - Parameters:
    ///   - identity: which entry this is, whatever its place in the file.
    ///   - machine: which machine this is, such as the contents of /etc/machine-id.
    init(identity: String, machine: String) {
        state = StablePick.fold(
            StablePick.fold(StablePick.empty, identity.utf8 + [0]), machine.utf8 + [0])
    }

    /// One value of the range. The field and the item's place in it count too, so that minute and
    /// hour don't move together.
    func value(in range: ClosedRange<Int>, field: CronField, position: Int) -> Int {
        let mixed = StablePick.mix(
            StablePick.fold(state, [UInt8(field.rawValue), UInt8(truncatingIfNeeded: position)]))
        // The high half of the product: no modulo, and no bias that matters in 60 values.
        let (high, _) = mixed.multipliedFullWidth(by: UInt64(range.count))
        return range.lowerBound + Int(high)
    }

    fileprivate static func fold(_ state: UInt64, _ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(state) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    fileprivate static func mix(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ value >> 32) &* 0xd6e8_feb8_6659_fd93
        mixed = (mixed ^ mixed >> 32) &* 0xd6e8_feb8_6659_fd93
        return mixed ^ mixed >> 32
    }
}

/// The same hash of a text that comes in pieces: what entries without a name are called by.
struct Fingerprint: Hashable, Sendable {
    private var state = StablePick.empty

    mutating func add(_ bytes: some Sequence<UInt8>) { state = StablePick.fold(state, bytes) }

    /// The first of its 16 hexadecimal figures.
    func figures(_ count: Int) -> String {
        let figures = String(StablePick.mix(state), radix: 16)
        return String((String(repeating: "0", count: 16 - figures.count) + figures).prefix(count))
    }
}
