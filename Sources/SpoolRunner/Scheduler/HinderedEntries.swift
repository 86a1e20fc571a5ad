import Spool
import SpoolSystem

/// Entries that can't go on, as a file or a directory is in the way of them alone. Each is tried again by itself, a
/// little later each time. People are told once, and once of its end. Times are readings of the monotonic clock in
/// nanoseconds.
struct HinderedEntries {
    private struct Hindrance {
        /// nil: its next slot is to be decided.
        var work: UnfinishedWork?
        /// When it is tried again; nil: it is tried now.
        var time: Int64?
        /// When it was hindered first.
        let since: Int64
        var failures = 0
    }

    private let surroundings: SchedulerSurroundings
    private var hindrances: [String: Hindrance] = [:]
    private var troubles: ToldTroubles<String>

    /// Stands for all entries that follow boots. No entry has such a key.
    static let boots = "@reboot"
    /// How long one may be hindered until a scheduler that is to end gives it up.
    private static let limit: Int64 = 10_000_000_000
    private static let delay = ExponentialDelay(shortest: 250_000_000, longest: 60_000_000_000)

    init(_ surroundings: SchedulerSurroundings) {
        self.surroundings = surroundings
        troubles = ToldTroubles(surroundings.monotonic, report: surroundings.report)
    }

    /// How many they are, for people.
    var summary: String {
        let boots = hindrances[HinderedEntries.boots] == nil ? [] : ["what follows boots"]
        let count = hindrances.count - boots.count
        let single = count == 0 ? [] : [MessageText.count(count, "entry", "entries")]
        return (single + boots).joined(separator: " and ")
    }

    var keys: some Collection<String> { hindrances.keys }

    /// Whether there are any, and none has been hindered for so long that a scheduler that is to end gives it up.
    var mayGoOnSoon: Bool {
        guard let since = hindrances.values.map(\.since).min() else { return false }
        return surroundings.monotonic() - since < HinderedEntries.limit
    }

    /// When the next one is to be tried again; nil: none is.
    var next: Int64? { hindrances.values.compactMap(\.time).min() }

    /// Whether an entry isn't to be tried now.
    func contains(_ key: @autoclosure () -> String) -> Bool {
        !hindrances.isEmpty && hindrances[key()]?.time != nil
    }

    /// Something is in the way of an entry.
    ///
    /// - Parameters:
    ///   - name: of the entry, for people.
    ///   - work: of its last slot; nil: its next slot is to be decided.
    mutating func add(
        _ key: String, _ name: String, _ work: UnfinishedWork?, _ error: SpoolError
    ) {
        let now = surroundings.monotonic()
        var hindrance = hindrances[key] ?? Hindrance(since: now)
        hindrance.work = work
        hindrance.time = now + HinderedEntries.delay.after(hindrance.failures)
        hindrance.failures += 1
        hindrances[key] = hindrance
        tell(key, name, error)
    }

    /// Something is in the way of an entry that waits for something else, and is looked at again with that.
    mutating func tell(_ key: String, _ name: String, _ error: SpoolError) {
        troubles.fail(
            key, for: "slots", error, text: "\(name): \(error.message); the other entries go on")
    }

    /// An entry has gone on. Its key is made if it is needed.
    mutating func overcome(_ entry: ScheduledEntry) {
        if hindrances.isEmpty && troubles.isEmpty { return }
        overcome(entry.key)
    }

    mutating func overcome(_ key: String) {
        hindrances[key] = nil
        troubles.overcome(key)
    }

    /// Forgets entries that are no more, unless a decided slot has something left to do.
    ///
    /// - Parameter keys: of the entries in force.
    mutating func forget(except keys: @autoclosure () -> Set<String>) {
        if hindrances.isEmpty { return }
        let known = keys().union([HinderedEntries.boots])
        for (key, hindrance) in hindrances where !known.contains(key) {
            switch hindrance.work {
            case .release, .recovery: continue
            case nil, .skip: break
            }
            hindrances[key] = nil
            troubles.forget(key)
        }
    }

    /// Those whose time has come: they are tried now.
    mutating func takeDue() -> [(key: String, work: UnfinishedWork?)] {
        if hindrances.isEmpty { return [] }
        let now = surroundings.monotonic()
        let due = hindrances.filter { $0.value.time.map { $0 <= now } ?? false }
        for key in due.keys { hindrances[key]?.time = nil }
        return due.map { ($0.key, $0.value.work) }
    }

    /// All are tried at once, as something has changed.
    mutating func hurry() {
        for (key, hindrance) in hindrances where hindrance.time != nil {
            hindrances[key]?.time = 0
        }
    }
}
