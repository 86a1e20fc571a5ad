import Spool
import SpoolSystem
import SpoolTime

/// A table, and the file it was read from.
struct VersionedTable {
    var table: EntryTable
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

/// The crontabs that are in force, as their files say them.
final class CrontabTables {
    private let spool: SpoolDirectory
    private let surroundings: SchedulerSurroundings
    private var rules: CrontabRules
    /// By the file's name, with the files they were read from.
    private var tables: [String: VersionedTable] = [:]
    /// The zones by which the entries go.
    private var zones: [Zone] = []
    /// When the files must be looked at again, by the monotonic clock in nanoseconds.
    private(set) var reloadAt: Int64?
    /// Copies of files that aren't there, and since when, by the monotonic clock in nanoseconds.
    private var strayCopies: [String: Int64] = [:]
    private var errorsReported: [String: [String]] = [:]
    /// About copies, by the name of the file or of the copy.
    private var troubles = Troubles<String>()

    /// An editor that replaces a file may take it away first: its entries stay for so long.
    private static let absence = 2_000_000_000 as Int64
    /// After so long it is tried again whether a path can be read: a change of its mode is no event.
    private static let patience = 60_000_000_000 as Int64

    init(
        _ spool: SpoolDirectory, _ surroundings: SchedulerSurroundings
    ) throws(SpoolError) {
        self.spool = spool
        self.surroundings = surroundings
        rules = try surroundings.rules()
    }

    /// Reads what has changed, and keeps what is good. Of a broken file, the last good text stays in force.
    ///
    /// - Parameter isFirst: whether no entry is known yet.
    /// - Returns: every entry that is in force; nil where they are the same as before.
    func load(isFirst: Bool) throws(SpoolError) -> [ScheduledEntry]? {
        reloadAt = nil
        let files = try CrontabDirectory(spool.storage).files()
        if files.problem != nil { reloadSoon(after: CrontabTables.patience) }
        report(files.problem.map { [$0.message] } ?? [], of: "cron.d", isEmpty: false)
        for (file, version) in tables where version.table.needsSnapshot {
            var table = version.table
            try keepCopy(of: &table)
            tables[file]?.table = table
        }
        var hasChanged = false
        for file in Set(files.names).union(tables.keys).sorted() {
            if try loadTable(file) { hasChanged = true }
        }
        try forgetCopies()
        guard hasChanged || isFirst else { return nil }
        var all = tables.values.map(\.table).sorted { $0.file < $1.file }
        if let own = all.firstIndex(where: { $0.file == "crontab" }) {
            all.insert(all.remove(at: own), at: 0)
        }
        CrontabDirectory.disambiguate(&all)
        // One file's entries are shared with its table, not held twice.
        let entries = all.count == 1 ? all[0].entries : all.flatMap(\.entries)
        var named = [rules.zone.name: rules.zone]
        for entry in entries { named[entry.line.zone.name] = entry.line.zone }
        zones = Array(named.values)
        return entries
    }

    /// Looks at zones that may have changed without an event.
    func recheckZones() throws(SpoolError) {
        guard zones.contains(where: \.hasChangedOnDisk) else { return }
        rules = try surroundings.rules()
        for file in tables.keys { tables[file]?.file = nil }
    }

    /// The directories of the zones that the entries go by.
    var zoneDirectories: Set<String> {
        zones.reduce(into: []) { $0.formUnion($1.directories) }
    }

    /// Keeps when the entries of a file count as first seen.
    ///
    /// - Parameter own: its entries, as they are to be.
    /// - Returns: the error of the copy; nil if that is on the disk. If it isn't, nothing has changed.
    func keepFirstSights(
        of own: [ScheduledEntry], in file: String, note: String
    ) throws(SpoolError) -> SpoolError? {
        guard var table = tables[file]?.table else { return nil }
        table.entries = zip(table.entries, own).map { $0.seen($1.since) }
        if case .failure(let error) = try keepCopy(of: &table) { return error }
        tables[file]?.table = table
        History(spool.storage).recordCrontab(file, note: note)
        return nil
    }

    /// Keeps a copy of a table. If that can't be written, the table is in force without it, and the copy is tried again.
    ///
    /// - Returns: the place of the text that was in force so far, if it has entries and the table has none; or the error
    ///   of the copy.
    @discardableResult
    private func keepCopy(
        of table: inout EntryTable
    ) throws(SpoolError) -> Result<String?, SpoolError> {
        let kept = try ofOneFile { () throws(SpoolError) in
            try CrontabSnapshots(spool.storage).keep(table)
        }
        switch kept {
        case .success:
            table.needsSnapshot = false
            overcome(table.file)
        case .failure(let error):
            table.needsSnapshot = true
            tell(error, of: table.file)
        }
        return kept
    }

    /// Tells people, once, about a copy that can't be written or removed, which is tried again.
    private func tell(_ error: SpoolError, of name: String) {
        reloadSoon(after: CrontabTables.patience)
        let isNew = troubles.fail(name, for: "copy", error, at: surroundings.monotonic())
        if isNew { surroundings.report(error.message) }
    }

    private func overcome(_ name: String) {
        if troubles.isEmpty { return }
        if let text = troubles.overcome(name, at: surroundings.monotonic()) {
            surroundings.report(text)
        }
    }

    /// - Returns: whether the entries of this file are other ones now.
    private func loadTable(_ file: String) throws(SpoolError) -> Bool {
        let status: FileStatus?
        do throws(SpoolError) {
            status = try CrontabDirectory(spool.storage).status(file)
        } catch {
            guard let code = error.errno, !Errno(code).isExhaustion else { throw error }
            reloadSoon(after: CrontabTables.patience)
            return try keepTable(file)
        }
        guard let status else { return try loseTable(file) }
        tables[file]?.goneSince = nil
        let version = VersionedTable.Version(status)
        if tables[file]?.file == version { return false }
        guard !CrontabDirectory(spool.storage).isBeingWritten(file) else {
            // Its close is an event; where there are none, this is the next look.
            reloadSoon(after: 1_000_000_000)
            return false
        }
        guard
            var table = try CrontabDirectory(spool.storage).table(file, rules, tables[file]?.table)
        else {
            return try loseTable(file)
        }
        if table.needsSnapshot {
            let kept = try keepCopy(of: &table)
            History(spool.storage).recordCrontab(
                file,
                note: MessageText.count(table.entries.count, "entry", "entries") + " in force")
            if case .success(let former?) = kept {
                surroundings.report(
                    "\(file) has no entries any more; \(spool.path)/\(former) holds those it had")
            }
        } else if !table.isFromSnapshot, tables[file]?.file != nil {
            // The text in force has come back: its copy is to be newer than what was kept of others meanwhile.
            try keepCopy(of: &table)
        }
        tables[file] = VersionedTable(table: table, file: version)
        reportErrors(table)
        return true
    }

    /// Keeps in force what is so of a file of which nothing can be seen now.
    private func keepTable(_ file: String) throws(SpoolError) -> Bool {
        guard
            let table = try CrontabDirectory(spool.storage).table(file, rules, tables[file]?.table)
        else {
            return try loseTable(file)
        }
        tables[file]?.file = nil
        tables[file]?.goneSince = nil
        guard tables[file] == nil || errorsReported[file] != table.errors else { return false }
        tables[file] = VersionedTable(table: table, file: nil)
        reportErrors(table)
        return true
    }

    private func loseTable(_ file: String) throws(SpoolError) -> Bool {
        guard let loaded = tables[file] else { return false }
        let now = surroundings.monotonic()
        let since = loaded.goneSince ?? now
        guard now - since >= CrontabTables.absence else {
            tables[file]?.goneSince = since
            tables[file]?.file = nil
            reloadSoon(after: CrontabTables.absence - (now - since))
            return false
        }
        tables[file] = nil
        troubles.forget(file)
        strayCopies[CrontabSnapshots.path(of: file)] = since
        errorsReported[file] = nil
        History(spool.storage).recordCrontab(file, note: "it is gone")
        return true
    }

    /// Removes the copies of files that are gone; not those of files that are missing for a moment, also as
    /// the scheduler starts.
    private func forgetCopies() throws(SpoolError) {
        let now = surroundings.monotonic()
        let strays = try CrontabSnapshots(spool.storage).strays(except: Array(tables.keys))
        strayCopies = strayCopies.filter { strays.contains($0.key) }
        for copy in strays {
            let since = strayCopies[copy] ?? now
            strayCopies[copy] = since
            guard now - since >= CrontabTables.absence else {
                reloadSoon(after: CrontabTables.absence - (now - since))
                continue
            }
            let forgotten = try ofOneFile { () throws(SpoolError) in
                try CrontabSnapshots(spool.storage).forget(copy)
            }
            switch forgotten {
            case .success:
                strayCopies[copy] = nil
                overcome(copy)
            case .failure(let error): tell(error, of: copy)
            }
        }
    }

    private func reloadSoon(after nanoseconds: Int64) {
        let time = surroundings.monotonic() + nanoseconds
        reloadAt = min(reloadAt ?? time, time)
    }

    private func reportErrors(_ table: EntryTable) {
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
            History(spool.storage).recordCrontab(file, note: "\(errors[0]); \(state)")
        }
    }
}
