import Spool

/// Troubles, of each of which people are told once, and once of its end.
struct ToldTroubles<Item: Hashable> {
    private var troubles = Troubles<Item>()
    /// Of the monotonic clock, in nanoseconds.
    private let clock: () -> Int64
    private let report: (String) -> Void

    /// - Parameters:
    ///   - clock: tells nanoseconds of a clock that is never set.
    ///   - report: tells people.
    init(_ clock: @escaping () -> Int64, report: @escaping (String) -> Void) {
        self.clock = clock
        self.report = report
    }

    var isEmpty: Bool { troubles.isEmpty }

    /// Something has failed.
    ///
    /// - Parameters:
    ///   - work: what it was done for.
    ///   - text: what people are told; nil: the error's message.
    mutating func fail(
        _ item: Item, for work: String, _ error: SpoolError,
        text: @autoclosure () -> String? = nil
    ) {
        if troubles.fail(item, for: work, error, at: clock()) { report(text() ?? error.message) }
    }

    /// Something has gone well.
    mutating func overcome(_ item: Item) {
        if troubles.isEmpty { return }
        if let text = troubles.overcome(item, at: clock()) { report(text) }
    }

    /// - Returns: since when something of a kind has failed over and over; nil where nothing does.
    func since(_ isMeant: (Item) -> Bool) -> Int64? { troubles.since(isMeant) }

    func has(_ item: Item) -> Bool { troubles.has(item) }

    /// It isn't to be done any more.
    mutating func forget(_ item: Item) { troubles.forget(item) }
}
