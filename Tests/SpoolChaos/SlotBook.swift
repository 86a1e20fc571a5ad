/// A slot of an entry, as a job says it was told.
struct Slot {
    let recurrence: Recurrence
    /// Since 1970.
    let seconds: Int
}

/// The judge's book of what recurs: which entries were in force when, by whose clock, and what disturbed it.
final class SlotBook {
    /// An entry that may have been in force.
    struct InForce {
        let recurrence: Recurrence
        let from: Double
        /// When it surely was gone from its file; nil: it never was.
        var to: Double?
    }

    /// A scheduler whose clock is wrong.
    private struct Clock {
        let offset: Int
        let from: Double
        var to: Double?
    }

    /// The most by which a scheduler's clock is wrong, in seconds.
    static let wrongest = 10

    private(set) var entries: [InForce] = []
    private var clocks: [Int32: Clock] = [:]
    private var pastClocks: [Clock] = []
    var disturbances = Disturbances()

    func begin(_ recurrence: Recurrence) {
        entries.append(InForce(recurrence: recurrence, from: Disturbances.now, to: nil))
    }

    /// All entries that match are gone from their file.
    func end(_ matches: (Recurrence) -> Bool) {
        for index in entries.indices
        where entries[index].to == nil && matches(entries[index].recurrence) {
            entries[index].to = Disturbances.now
        }
    }

    /// - Parameter token: `ENTRY@SLOT`.
    /// - Returns: nil where no crontab ever had such an entry.
    func slot(_ token: String) -> Slot? {
        let parts = token.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let seconds = CivilTime.seconds(parts[1]),
            let entry = entries.first(where: { $0.recurrence.isCalled(parts[0]) })
        else { return nil }
        return Slot(recurrence: entry.recurrence, seconds: seconds)
    }

    // MARK: Clocks

    func clockBegins(_ pid: Int32, _ offset: Int) {
        clocks[pid] = Clock(offset: offset, from: Disturbances.now)
    }

    func clockEnds(_ pid: Int32) {
        guard var clock = clocks.removeValue(forKey: pid) else { return }
        let now = Disturbances.now
        clock.to = now
        pastClocks.append(clock)
        // What it has decided ahead of time isn't decided again.
        disturbances.add(from: clock.from, to: now + Double(max(0, clock.offset)))
    }

    var wrongClocks: [Int32] { clocks.keys.sorted() }

    /// By how much a clock was ahead at any time of these.
    func furthestAhead(from: Double, to: Double) -> Int {
        let all = pastClocks + clocks.values
        let then = all.filter { $0.from <= to && ($0.to ?? to) >= from }
        return max(0, then.map(\.offset).max() ?? 0)
    }

    /// Whether the slot is one of an entry that was in force, as far as people's deeds say.
    func wasInForce(_ slot: Slot) -> Bool {
        entries.contains { entry in
            guard entry.recurrence.name == slot.recurrence.name,
                slot.seconds >= Int(entry.from) - SlotBook.wrongest - 1
            else { return false }
            guard let to = entry.to else { return true }
            // A file may be away for 2 s, and whoever was held up meanwhile decides what it was about to.
            let latest = disturbances.end(at: to) + 8
            let ahead = furthestAhead(from: entry.from, to: latest)
            return slot.seconds <= Int(latest) + ahead
        }
    }
}
