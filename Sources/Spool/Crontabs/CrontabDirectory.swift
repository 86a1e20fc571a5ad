import SpoolSchedule
import SpoolSystem

/// The crontab files of a spool: `crontab` and those in cron.d/.
package struct CrontabDirectory: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Reads the spool's crontab and the files in cron.d/, and changes nothing.
    ///
    /// - Returns: a table for each file that is there, `crontab` first, then by name; one for cron.d/ itself if that
    ///   can't be read.
    /// - Throws: if the spool itself can't be read. The faults of a file stand in its table.
    package func tables(_ rules: CrontabRules) throws(SpoolError) -> [EntryTable] {
        let reader = EntryTableReader(storage: storage, rules: rules, now: storage.now())
        var tables: [EntryTable] = []
        let files = try files()
        for file in files.names {
            if let table = try reader.table(file, nil) { tables.append(table) }
        }
        if let problem = files.problem { tables.append(reader.emptyTable("cron.d", problem)) }
        CrontabDirectory.disambiguate(&tables)
        return tables
    }

    func checkName(_ file: String) throws(SpoolError) {
        guard CrontabFiles.isFile(file) else {
            throw SpoolError(
                .cannotCreate,
                "\(file): a crontab of a spool is called crontab or cron.d/NAME; the name"
                    + " \(NameRule.advice)")
        }
        guard file.hasPrefix("cron.d/") else { return }
        try storage.requireNoLink(onTheWayTo: "cron.d")
        try storage.makeDirectory("cron.d")
    }

    /// The files that hold entries.
    ///
    /// - Throws: also if cron.d/ can't be read for the moment, for want of room or descriptors.
    package func files() throws(SpoolError) -> CrontabFiles {
        do throws(Errno) {
            let names = try storage.root.names(in: "cron.d")
            let files = names.sorted().map { "cron.d/" + $0 }.filter(CrontabFiles.isFile)
            let ignored = names.filter { name in
                !NameRule.isName(name) && !name.hasPrefix(".") && !name.hasPrefix("#")
                    && !name.hasSuffix("~")
            }
            return CrontabFiles(names: ["crontab"] + files, problem: nil, ignored: ignored.sorted())
        } catch {
            let problem = SpoolError(error, "getdents64", storage.path + "/cron.d")
            guard !error.isShortage else { throw problem }
            var files: [String] = []
            var unread: [String: SpoolError] = [:]
            for copy in try CrontabSnapshots(storage).all() {
                let bytes = try ofOneFile { () throws(SpoolError) in
                    try storage.contents(of: copy, limit: CrontabSnapshot.sizeLimit)
                }
                switch bytes {
                case .success(let text):
                    guard let file = text.flatMap({ CrontabSnapshot($0) })?.header.file,
                        file != "crontab"
                    else { continue }
                    files.append(file)
                case .failure(let error):
                    if copy != CrontabSnapshot.path(of: "crontab") { unread[copy] = error }
                }
            }
            return CrontabFiles(
                names: ["crontab"] + files.sorted(), problem: problem, unread: unread)
        }
    }

    /// Entries of one name in several files are told apart by their order.
    package static func disambiguate(_ tables: inout [EntryTable]) {
        guard tables.count > 1 else { return }
        let count = tables.reduce(0) { $0 + $1.entries.count }
        var names = UniqueNames(count)
        for index in tables.indices {
            for place in tables[index].entries.indices {
                let entry = tables[index].entries[place]
                let name = names.unique(entry.name)
                guard name != entry.name else { continue }
                tables[index].entries[place] = entry.renamed(name)
                tables[index].diagnostics.append(
                    CrontabDiagnostic(
                        severity: .warning, line: entry.line.line, column: 1, length: 0,
                        message: "another file has an entry \(entry.name): this one is called"
                            + " \(name)"))
            }
        }
    }

    /// The file's present status: which file it is, and since when; nil if there is none.
    package func status(_ file: String) throws(SpoolError) -> FileStatus? {
        try storage.status(of: file)
    }

    /// Whether an editor has it open for writing this very moment. If that can't be found out, the file can't be read
    /// either, which is reported.
    package func isBeingWritten(_ file: String) -> Bool {
        guard let open = try? storage.root.openIfPresent(file) else { return false }
        return open.askLease() == .beingWritten
    }

    /// The entries of a file that can't be read now, as its copy has them.
    package func keptTable(_ file: String, _ rules: CrontabRules) throws(SpoolError) -> EntryTable {
        try EntryTableReader(storage: storage, rules: rules, now: storage.now()).keptTable(file)
    }

    /// - Parameter previous: the table of the file that is in force so far; nil: none is, or it isn't known.
    package func table(
        _ file: String, _ rules: CrontabRules, _ previous: EntryTable?
    ) throws(SpoolError) -> EntryTable? {
        try EntryTableReader(storage: storage, rules: rules, now: storage.now()).table(
            file, previous)
    }
}
