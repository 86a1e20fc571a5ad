import Spool
import SpoolSystem
import SpoolTime

/// A table, and the file it was read from.
struct VersionedTable {
    var table: EntryTable
    /// The text that was in force before, until the copy of this one is kept.
    var former: [UInt8]?
    /// Which file it was, and when that was changed last; nil: it is gone, or must be read again.
    var file: Version?
    /// Since when the file is gone, by the monotonic clock in nanoseconds.
    var goneSince: Int64?
    /// The look at all files at which it came, or was gone.
    var look = 0

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
    private var copies: CrontabCopies
    private var nextLook: NextLook
    private var errorsReported: [String: [String]] = [:]
    /// How many looks at all files there were.
    private var looks = 0

    /// When the files must be looked at again, by the monotonic clock in nanoseconds.
    var reloadAt: Int64? {
        [nextLook.time, copies.nextLook.time].compactMap(\.self).min()
    }

    /// The copies of the files whose entries aren't known, as neither the file nor its copy can be read. These entries are
    /// left out.
    var unread: Set<String> {
        copies.unread.union(
            tables.values.filter { $0.file == nil && $0.table.text == nil && $0.goneSince == nil }
                .map { CrontabSnapshots.path(of: $0.table.file) })
    }

    init(
        _ spool: SpoolDirectory, _ surroundings: SchedulerSurroundings
    ) throws(SpoolError) {
        self.spool = spool
        self.surroundings = surroundings
        copies = CrontabCopies(spool.storage, surroundings)
        nextLook = NextLook(surroundings.monotonic)
        rules = try surroundings.rules()
    }

    /// Reads what has changed, and keeps what is good. Of a broken file, the last good text stays in force.
    ///
    /// - Parameter isFirst: whether no entry is known yet.
    /// - Returns: every entry that is in force; nil where they are the same as before.
    func load(isFirst: Bool) throws(SpoolError) -> [ScheduledEntry]? {
        looks += 1
        nextLook.forget()
        copies.nextLook.forget()
        let files = try CrontabDirectory(spool.storage).files()
        if files.problem != nil { nextLook.ask(after: NextLook.patience) }
        report(files.problem.map { [$0.message] } ?? [], of: "cron.d", isEmpty: false)
        copies.note(unread: files.unread)
        var hasChanged = false
        for file in Set(files.names).union(tables.keys).sorted() {
            if try loadTable(file) { hasChanged = true }
        }
        for file in tables.keys.sorted() where hasSuccessor(file) {
            drop(file)
            hasChanged = true
        }
        try copies.forgetStrays(except: Array(tables.keys))
        let all = namedTables()
        try keepTables()
        guard hasChanged || isFirst else { return nil }
        // One file's entries are shared with its table, not held twice.
        let entries = all.count == 1 ? all[0].entries : all.flatMap(\.entries)
        var named = [rules.zone.name: rules.zone]
        for entry in entries { named[entry.line.zone.name] = entry.line.zone }
        zones = Array(named.values)
        return entries
    }

    /// All tables, in their order, with names that tell their entries apart. Names of new entries are noted in their
    /// tables.
    private func namedTables() -> [EntryTable] {
        var all = tables.values.map(\.table).sorted { $0.file < $1.file }
        if let own = all.firstIndex(where: { $0.file == "crontab" }) {
            all.insert(all.remove(at: own), at: 0)
        }
        CrontabDirectory.disambiguate(&all)
        for index in all.indices {
            let file = all[index].file
            guard all[index].hasUnnamed, var own = tables[file]?.table else { continue }
            own.name(like: &all[index])
            tables[file]?.table = own
        }
        return all
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
        guard var version = tables[file] else { return nil }
        version.table.see(own)
        if let error = try tryToKeep(&version) { return error }
        tables[file] = version
        History(spool.storage).recordCrontab(file, note: note)
        return nil
    }

    /// Keeps how far the entries of a file have come that are called otherwise than before.
    ///
    /// - Parameter own: its entries, as they are now.
    func keepNames(of own: [ScheduledEntry], in file: String) throws(SpoolError) {
        guard var version = tables[file] else { return }
        version.table.see(own)
        try keep(&version)
        tables[file] = version
    }

    /// - Returns: whether the entries of this file are other ones now.
    private func loadTable(_ file: String) throws(SpoolError) -> Bool {
        let status: FileStatus?
        do throws(SpoolError) {
            status = try CrontabDirectory(spool.storage).status(file)
        } catch {
            guard let code = error.errno, !Errno(code).isShortage else { throw error }
            guard
                let table = try CrontabDirectory(spool.storage).table(
                    file, rules, tables[file]?.table)
            else { return try loseTable(file) }
            return keepTable(table)
        }
        guard let status else { return try loseTable(file) }
        tables[file]?.goneSince = nil
        let version = VersionedTable.Version(status)
        if tables[file]?.file == version { return false }
        guard !CrontabDirectory(spool.storage).isBeingWritten(file) else {
            // Its close is an event; where there are none, this is the next look.
            nextLook.ask(after: 1_000_000_000)
            if tables[file] != nil { return false }
            let table = try CrontabDirectory(spool.storage).keptTable(file, rules)
            tables[file] = VersionedTable(table: table, file: nil, look: looks)
            return true
        }
        let last = tables[file]
        guard let table = try CrontabDirectory(spool.storage).table(file, rules, last?.table)
        else {
            return try loseTable(file)
        }
        guard table.problem == nil else { return keepTable(table) }
        // The text of a table without entries is nothing to keep: it may have come while another one waited for its copy.
        let former = last?.table.entries.isEmpty == true ? last?.former : last?.table.text
        var loaded = VersionedTable(
            table: table, former: former, file: version, look: last?.look ?? looks)
        if table.needsSnapshot {
            History(spool.storage).recordCrontab(
                file,
                note: MessageText.count(table.entries.count, "entry", "entries") + " in force")
        } else if !table.isFromSnapshot, last?.file != nil {
            // The text in force has come back: its copy is to be newer than what was kept of others meanwhile.
            loaded.table.needsSnapshot = true
        } else {
            loaded.former = nil
        }
        tables[file] = loaded
        reportErrors(table)
        return true
    }

    /// Keeps the copies that are missing.
    private func keepTables() throws(SpoolError) {
        for (file, var version) in tables where version.table.needsSnapshot {
            try keep(&version)
            tables[file] = version
        }
    }

    /// Keeps the copy of a table. One that can't be kept is told of, and tried again.
    private func keep(_ version: inout VersionedTable) throws(SpoolError) {
        if let error = try tryToKeep(&version) { copies.tell(error, of: version.table.file) }
    }

    /// Keeps the copy of a table, and says where the text is that was in force before, if this has no entries.
    ///
    /// - Returns: the error of the copy; nil if it is on the disk.
    private func tryToKeep(_ version: inout VersionedTable) throws(SpoolError) -> SpoolError? {
        switch try copies.keep(&version.table, former: version.former) {
        case .success(let former):
            version.former = nil
            if let former {
                surroundings.report(
                    "\(version.table.file) has no entries any more; \(spool.path)/\(former) holds"
                        + " those it had")
            }
            return nil
        case .failure(let error): return error
        }
    }

    /// Keeps in force what is so of a file that can't be read now, which is tried again.
    private func keepTable(_ table: EntryTable) -> Bool {
        let file = table.file
        nextLook.ask(after: NextLook.patience)
        tables[file]?.file = nil
        tables[file]?.goneSince = nil
        guard tables[file] == nil || errorsReported[file] != table.errors else { return false }
        tables[file] = VersionedTable(
            table: table, former: tables[file]?.former, file: nil, look: tables[file]?.look ?? looks
        )
        reportErrors(table)
        return true
    }

    private func loseTable(_ file: String) throws(SpoolError) -> Bool {
        guard let loaded = tables[file] else { return false }
        let now = surroundings.monotonic()
        let since = loaded.goneSince ?? now
        guard now - since >= NextLook.absence else {
            if loaded.goneSince == nil { tables[file]?.look = looks }
            tables[file]?.goneSince = since
            tables[file]?.file = nil
            nextLook.ask(after: NextLook.absence - (now - since))
            return false
        }
        drop(file)
        return true
    }

    /// Whether a file that is gone has been renamed, as another one has come with the same entries. Both together would
    /// run each of them twice.
    private func hasSuccessor(_ file: String) -> Bool {
        guard let gone = tables[file], gone.goneSince != nil, !gone.table.entries.isEmpty else {
            return false
        }
        let identities = gone.table.entries.map(\.identity)
        return tables.contains { name, other in
            name != file && other.goneSince == nil && other.look >= gone.look
                && other.table.entries.map(\.identity) == identities
        }
    }

    private func drop(_ file: String) {
        let since = tables[file]?.goneSince ?? surroundings.monotonic()
        tables[file] = nil
        copies.noteGone(file, since: since)
        errorsReported[file] = nil
        History(spool.storage).recordCrontab(file, note: "it is gone")
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
