/// When crontabs must be looked at again without an event: at the first of the times that were asked for. Times are
/// readings of the monotonic clock in nanoseconds.
struct NextLook {
    /// nil: no look was asked for.
    private(set) var time: Int64?
    private let clock: () -> Int64

    /// An editor that replaces a file may take it away first: its entries stay for so long.
    static let absence: Int64 = 2_000_000_000
    /// After so long it is tried again whether a path can be read: a change of its mode is no event.
    static let patience: Int64 = 60_000_000_000

    init(_ clock: @escaping () -> Int64) { self.clock = clock }

    /// A look is to come after so many nanoseconds, or before.
    mutating func ask(after nanoseconds: Int64) {
        let asked = clock() + nanoseconds
        time = min(time ?? asked, asked)
    }

    /// It is looked at now.
    mutating func forget() { time = nil }
}
