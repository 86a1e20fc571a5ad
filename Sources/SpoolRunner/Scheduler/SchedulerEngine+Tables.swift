import Spool
import SpoolSystem
import SpoolTime

extension SchedulerEngine {
    /// Reads what has changed in the crontabs, and queues all entries anew.
    package func loadTables() throws(SpoolError) {
        guard let all = try tables.load(isFirst: entries.isEmpty) else { return }
        entries = all
        try requeue()
        ProcessControl.giveBackMemory()
    }

    /// Rescans the zones and the files, which may have changed without an event.
    package func rescanFiles() throws(SpoolError) {
        try tables.recheckZones()
        try loadTables()
    }

    /// Where the zones lie that the entries go by.
    var zoneDirectories: Set<String> { tables.zoneDirectories }

    /// Queues every entry by its next slot.
    func requeue() throws(SpoolError) {
        try clampMarks()
        heldBack = [:]
        var due: [(due: Instant, entry: Int)] = []
        due.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated()
        where waiting.isEmpty || waiting[entry.key] == nil {
            if let next = entry.schedule.next(after: mark(of: entry)) { due.append((next, index)) }
        }
        queue = DueQueue(due)
    }

    // MARK: Marks of the future

    /// Further ahead than any change of the clock by rule.
    private static let farthest = TimeSpan.seconds(3 * 3600)

    /// A clock that was far wrong leaves marks that would keep entries from running for years. They count
    /// from now instead.
    private func clampMarks() throws(SpoolError) {
        let now = spool.storage.now()
        let horizon = now + SchedulerEngine.farthest
        let present = Instant(seconds: now.seconds)
        var clamped: Set<String> = []
        for (index, entry) in entries.enumerated()
        where mark(of: entry) > horizon && waiting[entry.key] == nil {
            surroundings.report(
                "\(entry.file): \(entry.name): its last slot, \(mark(of: entry)), lies far in the"
                    + " future, as the clock was wrong: it counts from \(present) now")
            entries[index] = entry.seen(present)
            clamped.insert(entry.file)
        }
        guard !clamped.isEmpty else { return }
        // The new first sight is on disk before the mark goes: at no time is there neither.
        for file in clamped {
            try tables.keepFirstSights(
                of: entries.filter { $0.file == file }, in: file,
                note: "marks in the future were set back to \(present)")
        }
        for entry in entries where clamped.contains(entry.file) {
            guard let mark = marks[entry.key], mark > horizon, waiting[entry.key] == nil else {
                continue
            }
            marks[entry.key] = nil
            try ledger.removeMark(key: entry.key, slot: mark)
        }
    }

    /// Removes what is left of dead schedulers and of entries that are no more.
    package func sweep() throws(SpoolError) {
        let horizon = spool.storage.now() + .seconds(-86_400)
        try ledger.sweep(except: Set(entries.map(\.key)), before: horizon)
    }
}
