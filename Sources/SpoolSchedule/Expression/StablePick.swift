import SpoolTime

/// Picks a value for `~`: spread over entries and machines, and the same at every reload.
struct StablePick: Hashable, Sendable {
    private var hash = StableHash()

    /// - Parameters:
    ///   - identity: which entry this is, whatever its place in the file.
    ///   - machine: which machine this is, such as the contents of /etc/machine-id.
    init(identity: String, machine: String) {
        hash.add(identity.utf8 + [0])
        hash.add(machine.utf8 + [0])
    }

    /// One value of the range. The field and the item's place in it count too, so that minute and
    /// hour don't move together.
    func value(in range: ClosedRange<Int>, field: CronField, position: Int) -> Int {
        var own = hash
        own.add([UInt8(field.rawValue), UInt8(truncatingIfNeeded: position)])
        // The high half of the product: no modulo, and no bias that matters in 60 values.
        let (high, _) = own.number.multipliedFullWidth(by: UInt64(range.count))
        return range.lowerBound + Int(high)
    }
}
