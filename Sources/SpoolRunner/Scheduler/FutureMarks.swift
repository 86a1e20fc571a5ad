import Spool
import SpoolTime

/// Sets back the marks of a clock that was far wrong: they would keep entries from running for years. Their entries
/// count from now instead.
struct FutureMarks {
    private let storage: Storage
    private let tables: CrontabTables
    private let surroundings: SchedulerSurroundings

    init(_ storage: Storage, _ tables: CrontabTables, _ surroundings: SchedulerSurroundings) {
        self.storage = storage
        self.tables = tables
        self.surroundings = surroundings
    }

    func setBack(_ progress: inout SlotProgress) throws(SpoolError) {
        let now = storage.now()
        let ahead = progress.entries.ahead(of: now) { progress.isFree($0) }
        let present = Instant(seconds: now.seconds)
        for (file, meant) in Dictionary(grouping: ahead, by: { progress.entries[$0].file }).sorted(
            by: { $0.key < $1.key })
        {
            // The new first sight is on disk before the mark goes: at no time is there neither.
            let unkept = try tables.keepFirstSights(
                of: progress.entries.seen(present, meant, in: file), in: file,
                note: "marks in the future were set back to \(present)")
            for index in meant {
                let entry = progress.entries[index]
                var error = unkept
                if error == nil { error = try removeMark(of: entry, progress, at: present) }
                if let error {
                    progress.hindered.add(entry.key, entry.name, nil, error)
                    continue
                }
                surroundings.report(
                    "\(file): \(entry.name): its last slot, \(progress.entries.mark(of: entry)), lies far in the"
                        + " future, as the clock was wrong: it counts from \(present) now")
                progress.setBack(index, to: present)
            }
        }
    }

    /// - Returns: the error if the mark can't be removed. An earlier slot would be taken for one that was over before it.
    private func removeMark(
        of entry: ScheduledEntry, _ progress: SlotProgress, at present: Instant
    ) throws(SpoolError) -> SpoolError? {
        guard let slot = progress.entries.markAhead(of: entry, at: present) else { return nil }
        let removed = try ofOneFile { () throws(SpoolError) in
            try SlotMarkers(storage).remove(key: entry.key, slot: slot)
        }
        guard case .failure(let error) = removed else { return nil }
        return error
    }
}
