import Spool
import SpoolSystem
import SpoolTime

/// A table, and the file it was read from.
struct LoadedTable {
    var table: CronTable
    /// Which file it was, and when that was changed last; nil: it is gone, or must be read again.
    var file: Version?
    /// Since when the file is gone, by the monotonic clock in nanoseconds.
    var goneSince: Int64?

    struct Version: Equatable {
        let identity: FileStatus.Identity
        let changed: Int64
        let size: Int

        init(_ status: FileStatus) {
            identity = status.identity
            changed = status.changed
            size = status.size
        }
    }
}

extension SchedulerEngine {
    /// An editor that replaces a file may take it away first: its entries stay for so long.
    private static let absence = 2_000_000_000 as Int64
    /// After so long it is tried again whether a path can be read: a change of its mode is no event.
    private static let patience = 60_000_000_000 as Int64

    /// Reads what has changed, keeps what is good, and queues all entries anew. What is broken stays in force
    /// as it was.
    package func loadTables() throws(SpoolError) {
        reloadAt = nil
        let files = try spool.crontabFiles()
        if files.problem != nil { reloadSoon(after: SchedulerEngine.patience) }
        report(files.problem.map { [$0.message] } ?? [], of: "cron.d", isEmpty: false)
        var hasChanged = false
        for file in Set(files.names).union(tables.keys).sorted() {
            if try loadTable(file) { hasChanged = true }
        }
        try forgetCopies()
        guard hasChanged || entries.isEmpty else { return }
        var all = tables.values.map(\.table).sorted { $0.file < $1.file }
        if let own = all.firstIndex(where: { $0.file == "crontab" }) {
            all.insert(all.remove(at: own), at: 0)
        }
        SpoolDirectory.disambiguate(&all)
        // One file's entries are shared with its table, not held twice.
        entries = all.count == 1 ? all[0].entries : all.flatMap(\.entries)
        var named = [rules.zone.name: rules.zone]
        for entry in entries { named[entry.line.zone.name] = entry.line.zone }
        zones = Array(named.values)
        try requeue()
        ProcessControl.giveBackMemory()
    }

    /// Looks at zones and files that may have changed without an event.
    package func lookAtFiles() throws(SpoolError) {
        if zones.contains(where: \.hasChangedOnDisk) {
            rules = try surroundings.rules()
            for file in tables.keys { tables[file]?.file = nil }
        }
        try loadTables()
    }

    /// Where the zones lie that the entries go by.
    var zoneDirectories: Set<String> {
        zones.reduce(into: []) { $0.formUnion($1.directories) }
    }

    /// - Returns: whether the entries of this file are other ones now.
    private func loadTable(_ file: String) throws(SpoolError) -> Bool {
        let status: FileStatus?
        do throws(SpoolError) {
            status = try spool.crontabStatus(file)
        } catch {
            guard let code = error.errno, !Errno(code).isExhaustion else { throw error }
            reloadSoon(after: SchedulerEngine.patience)
            return try keepTable(file)
        }
        guard let status else { return try loseTable(file) }
        tables[file]?.goneSince = nil
        let version = LoadedTable.Version(status)
        if tables[file]?.file == version { return false }
        guard !spool.isBeingWritten(file) else {
            // Its close is an event; where there are none, this is the next look.
            reloadSoon(after: 1_000_000_000)
            return false
        }
        guard let table = try spool.cronTable(file, rules, tables[file]?.table) else {
            return try loseTable(file)
        }
        if table.needsKeeping {
            let former = try spool.keep(table)
            spool.recordCrontab(file, note: "\(table.entries.count) entries in force")
            if let former {
                surroundings.report(
                    "\(file) has no entries any more; \(spool.path)/\(former) holds those it had")
            }
        } else if !table.isKept, tables[file]?.file != nil {
            // The text in force has come back: its copy is to be newer than what was kept of others meanwhile.
            try spool.keep(table)
        }
        tables[file] = LoadedTable(table: table, file: version)
        reportErrors(table)
        return true
    }

    /// Keeps in force what is so of a file of which nothing can be seen now.
    private func keepTable(_ file: String) throws(SpoolError) -> Bool {
        guard let table = try spool.cronTable(file, rules, tables[file]?.table) else {
            return try loseTable(file)
        }
        tables[file]?.file = nil
        tables[file]?.goneSince = nil
        guard tables[file] == nil || errorsReported[file] != table.errors else { return false }
        tables[file] = LoadedTable(table: table, file: nil)
        reportErrors(table)
        return true
    }

    private func loseTable(_ file: String) throws(SpoolError) -> Bool {
        guard let loaded = tables[file] else { return false }
        let now = surroundings.monotonic()
        let since = loaded.goneSince ?? now
        guard now - since >= SchedulerEngine.absence else {
            tables[file]?.goneSince = since
            tables[file]?.file = nil
            reloadSoon(after: SchedulerEngine.absence - (now - since))
            return false
        }
        tables[file] = nil
        strayCopies[SpoolDirectory.copy(of: file)] = since
        errorsReported[file] = nil
        spool.recordCrontab(file, note: "it is gone")
        return true
    }

    /// Removes the copies of files that are gone; not those of files that are missing for a moment, also as
    /// the scheduler starts.
    private func forgetCopies() throws(SpoolError) {
        let now = surroundings.monotonic()
        let strays = try spool.strayCopies(except: Array(tables.keys))
        strayCopies = strayCopies.filter { strays.contains($0.key) }
        for copy in strays {
            let since = strayCopies[copy] ?? now
            let isGone = now - since >= SchedulerEngine.absence
            strayCopies[copy] = isGone ? nil : since
            if isGone {
                try spool.forgetCopy(copy)
            } else {
                reloadSoon(after: SchedulerEngine.absence - (now - since))
            }
        }
    }

    private func reloadSoon(after nanoseconds: Int64) {
        let time = surroundings.monotonic() + nanoseconds
        reloadAt = min(reloadAt ?? time, time)
    }

    private func reportErrors(_ table: CronTable) {
        report(table.errors, of: table.file, isEmpty: table.entries.isEmpty)
    }

    /// Reports errors that are other ones than before.
    private func report(_ errors: [String], of file: String, isEmpty: Bool) {
        guard errors != errorsReported[file] ?? [] else { return }
        errorsReported[file] = errors
        let state = isEmpty ? "none of it is in force" : "its last good text stays in force"
        for error in errors.prefix(10) { surroundings.report(error) }
        if errors.isEmpty {
            surroundings.report("\(file): in force again")
        } else {
            let count = errors.count == 1 ? "an error" : "\(errors.count) errors"
            surroundings.report("\(file): \(count); \(state)")
            spool.recordCrontab(file, note: "\(errors[0]); \(state)")
        }
    }

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
        let now = spool.now()
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
            guard var table = tables[file]?.table else { continue }
            let own = entries.filter { $0.file == file }
            table.entries = zip(table.entries, own).map { $0.seen($1.since) }
            tables[file]?.table = table
            try spool.keep(table)
            spool.recordCrontab(file, note: "marks in the future were set back to \(present)")
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
        let horizon = spool.now() + .seconds(-86_400)
        try ledger.sweep(except: Set(entries.map(\.key)), before: horizon)
    }
}
