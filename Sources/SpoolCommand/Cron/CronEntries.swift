import Spool

/// The entries of a spool, for commands that name one.
struct CronEntries {
    let tables: [EntryTable]

    var all: [ScheduledEntry] { tables.flatMap(\.entries) }

    init(in spool: SpoolDirectory) throws(SpoolError) {
        tables = try spool.entryTables(try CrontabRules.ofThisMachine())
    }

    /// The entries of these names; without names, all.
    func chosen(_ names: [String]) throws(SpoolError) -> [ScheduledEntry] {
        names.isEmpty ? all : try names.map { name throws(SpoolError) in try find(name) }
    }

    /// The entry of this name, or the only one whose name begins so.
    ///
    /// - Throws: `.notFound`, with the nearest name, and `.ambiguous`, with all that fit.
    func find(_ name: String) throws(SpoolError) -> ScheduledEntry {
        let entries = all
        if let entry = entries.first(where: { $0.name == name }) { return entry }
        let fitting = name.isEmpty ? [] : entries.filter { $0.name.hasPrefix(name) }
        if fitting.count > 1 {
            let names = fitting.map(\.name).joined(separator: ", ")
            throw SpoolError(.ambiguous, "\"\(name)\" fits several entries: \(names)")
        }
        if let entry = fitting.first { return entry }
        let near = FieldNames.nearest(to: name, among: entries.map(\.name))
        let advice = near.map { "did you mean \"\($0)\"?" } ?? "'spool cron list' shows them"
        throw SpoolError(.notFound, "no entry is called \"\(name)\"; \(advice)")
    }
}
