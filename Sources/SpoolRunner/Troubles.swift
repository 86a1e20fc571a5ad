import Spool
import SpoolSystem
import SpoolTime

/// Failures that come over and over. People are told once, not again while it stays the same, and once more at its end.
/// Many things that fail in the same way are one trouble, which ends when it is over for all of them.
struct Troubles<Item: Hashable> {
    private struct Kind: Hashable {
        let work: String
        /// The call and its errno, or what the message says where there is none.
        let failure: String
    }

    private struct Trouble {
        /// The thing that can be done again at its end.
        let name: String
        let since: Int64
        var failures = 0
        var isTold = false
        var items: Set<Item> = []
    }

    private var known: [Kind: Trouble] = [:]
    /// When what is over has ended. A trouble that comes back soon isn't told of again, and neither is its end. One
    /// that comes and goes with every job would fill the log.
    private var ended: [Kind: Int64] = [:]
    private static var calm: Int64 { 60_000_000_000 }
    private var kinds: [Item: Kind] = [:]
    /// The most things that are kept in mind for a trouble; those beyond are troubled by it all the same.
    private static var mostItems: Int { 1000 }

    var isEmpty: Bool { known.isEmpty }

    /// Something has failed.
    ///
    /// - Parameters:
    ///   - work: what it was done for: of equal errors in different work people are told for each.
    ///   - now: of the monotonic clock, in nanoseconds.
    /// - Returns: whether people are to be told.
    mutating func fail(_ item: Item, for work: String, _ error: SpoolError, at now: Int64) -> Bool {
        let failure = error.errno.map { "\(error.systemCall ?? "") \($0)" } ?? error.message
        let kind = Kind(work: work, failure: failure)
        // A trouble that changes with another one is told of once for each.
        if let former = kinds[item], former != kind, drop(item) != nil {
            if ended.count >= Self.mostItems { ended = ended.filter { now - $0.value < Self.calm } }
            if ended.count < Self.mostItems { ended[former] = now }
        }
        let name = [error.path, error.systemCall].compactMap(\.self).joined(separator: ": ")
        var trouble = known[kind] ?? Trouble(name: name.isEmpty ? error.message : name, since: now)
        trouble.failures += 1
        // A trouble that came back is told of once it stays.
        let last = trouble.failures == 1 ? ended[kind] : trouble.since
        let isTold = !trouble.isTold && last.map { now - $0 >= Self.calm } ?? true
        if isTold { trouble.isTold = true }
        if trouble.items.count < Self.mostItems, trouble.items.insert(item).inserted {
            kinds[item] = kind
        }
        known[kind] = trouble
        return isTold
    }

    /// Something has gone well.
    ///
    /// - Returns: what people are to be told: nil unless a trouble is over with it.
    mutating func overcome(_ item: Item, at now: Int64) -> String? {
        guard let kind = kinds[item], let trouble = drop(item) else { return nil }
        ended = ended.filter { now - $0.value < Self.calm }
        ended[kind] = now
        guard trouble.isTold else { return nil }
        let seconds = (now - trouble.since) / 1_000_000_000
        let time = seconds < 1 ? "less than a second" : "\(TimeSpan.seconds(seconds))"
        return "\(trouble.name): over, after \(MessageText.count(trouble.failures, "failure"))"
            + " in \(time)"
    }

    /// - Returns: since when something of a kind has failed over and over; nil where nothing does.
    func since(_ isMeant: (Item) -> Bool) -> Int64? {
        known.values.filter { $0.items.contains(where: isMeant) }.map(\.since).min()
    }

    func has(_ item: Item) -> Bool { kinds[item] != nil }

    /// It isn't to be done any more.
    mutating func forget(_ item: Item) { drop(item) }

    /// - Returns: the trouble that nothing has any more.
    @discardableResult
    private mutating func drop(_ item: Item) -> Trouble? {
        guard let kind = kinds.removeValue(forKey: item),
            var trouble = known.removeValue(forKey: kind)
        else { return nil }
        trouble.items.remove(item)
        if trouble.items.isEmpty { return trouble }
        known[kind] = trouble
        return nil
    }
}

/// A pause in work on one thing after the other that fails for all of them. Each is longer than the one before, until
/// something goes well.
struct BackOff {
    /// By the monotonic clock, in nanoseconds.
    private(set) var end: Int64 = 0
    private var count = 0
    private static let delay = ExponentialDelay(shortest: 50_000_000, longest: 10_000_000_000)

    var isOn: Bool { end > 0 && Clock.monotonic() < end }

    /// One has failed, and the next one would too.
    mutating func begin() {
        count += 1
        end = Clock.monotonic() + BackOff.delay.after(count)
    }

    /// Something has changed, so that it is worth another try.
    mutating func wake() { end = 0 }
}
