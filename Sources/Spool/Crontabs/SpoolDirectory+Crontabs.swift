import SpoolSchedule
import SpoolSystem

/// Which crontab files a spool has.
package struct CrontabFiles {
    /// `crontab`, and those in cron.d/ by name, whether they can be read or not.
    package let names: [String]
    /// Why cron.d/ can't be read; the names are then those of which something is in force. nil when it can.
    package let problem: SpoolError?
    /// Names in cron.d/ that aren't read, of which nobody would think so.
    package var ignored: [String] = []
}

extension SpoolDirectory {
    /// Reads the spool's crontab and the files in cron.d/, and changes nothing.
    ///
    /// - Returns: a table for each file that is there, `crontab` first, then by name; one for cron.d/ itself where
    ///   that can't be read.
    /// - Throws: when the spool itself can't be read. What is wrong with a file stands in its table.
    public func cronTables(_ rules: CrontabRules) throws(SpoolError) -> [CronTable] {
        let reader = CronTableReader(spool: self, rules: rules, now: now())
        var tables: [CronTable] = []
        let files = try crontabFiles()
        for file in files.names {
            if let table = try reader.table(file, nil) { tables.append(table) }
        }
        if let problem = files.problem { tables.append(reader.emptyTable("cron.d", problem)) }
        SpoolDirectory.disambiguate(&tables)
        return tables
    }

    func checkCrontabName(_ file: String) throws(SpoolError) {
        guard SpoolDirectory.isCrontabFile(file) else {
            throw SpoolError(
                .cannotCreate,
                "\(file): a crontab of a spool is called crontab or cron.d/NAME; the name"
                    + " \(NameRule.advice)")
        }
        guard file.hasPrefix("cron.d/") else { return }
        try requireNoLink(onTheWayTo: "cron.d")
        try makeDirectory("cron.d")
    }

    /// The files that hold entries.
    ///
    /// - Throws: also when room or descriptors are wanting, so that cron.d/ can't be read for the moment.
    package func crontabFiles() throws(SpoolError) -> CrontabFiles {
        do throws(Errno) {
            let names = try root.names(in: "cron.d")
            let files = names.sorted().map { "cron.d/" + $0 }.filter(SpoolDirectory.isCrontabFile)
            let ignored = names.filter { name in
                !NameRule.isName(name) && !name.hasPrefix(".") && !name.hasPrefix("#")
                    && !name.hasSuffix("~")
            }
            return CrontabFiles(names: ["crontab"] + files, problem: nil, ignored: ignored.sorted())
        } catch {
            let problem = SpoolError(error, "getdents64", path + "/cron.d")
            guard !error.isExhaustion else { throw problem }
            var files: [String] = []
            for copy in try keptCopies() {
                let bytes = try contents(of: copy, limit: CrontabSnapshot.sizeLimit)
                guard let kept = bytes.flatMap({ CrontabSnapshot($0) }) else { continue }
                if kept.header.file != "crontab" { files.append(kept.header.file) }
            }
            return CrontabFiles(names: ["crontab"] + files.sorted(), problem: problem)
        }
    }

    /// Why a crontab file can't be read, and what to do about it.
    package static func crontabProblem(_ error: SpoolError) -> String {
        switch error.errno {
        case Errno.loop.rawValue:
            "\(error.fact): it is a symbolic link, and none is followed; put the file itself there"
        case Errno.isDirectory.rawValue:
            "\(error.fact): a file is wanted here; move the directory away"
        case Errno.accessDenied.rawValue:
            "\(error.fact): let the owner of the spool read it"
        default: error.message
        }
    }

    /// What package managers and editors leave behind is none.
    package static func isCrontabFile(_ file: String) -> Bool {
        if file == "crontab" { return true }
        guard file.hasPrefix("cron.d/") else { return false }
        let name = file.dropFirst("cron.d/".count)
        let leftovers = [
            ".rpmsave", ".rpmnew", ".rpmorig", ".dpkg-old", ".dpkg-new", ".dpkg-dist", ".dpkg-tmp",
            ".bak", ".orig", ".swp", CrontabSnapshot.previousSuffix,
        ]
        return NameRule.isName(name) && !leftovers.contains { name.hasSuffix($0) }
    }

    /// Entries of one name in several files are told apart by their order.
    package static func disambiguate(_ tables: inout [CronTable]) {
        guard tables.count > 1 else { return }
        var names = UniqueNames(tables.reduce(0) { $0 + $1.entries.count })
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

    // MARK: For the scheduler

    /// Whether a scheduler has entries in force here, or that can't be found out: then nobody leaves them alone.
    package var hasRecurringJobs: Bool {
        do throws(SpoolError) {
            for path in try keptCopies() {
                guard let bytes = try contents(of: path, limit: CrontabSnapshot.sizeLimit) else {
                    continue
                }
                if CrontabSnapshot(bytes).map({ $0.entryCount > 0 }) ?? true { return true }
            }
            return false
        } catch {
            return true
        }
    }

    /// Which file it is now, and since when; nil when there is none.
    package func crontabStatus(_ file: String) throws(SpoolError) -> FileStatus? {
        try onPath(path + "/" + file, "stat") { () throws(Errno) in try root.status(of: file) }
    }

    /// Whether an editor has it open for writing this very moment. Where that can't be found out, the file can't be
    /// read either, which is said.
    package func isBeingWritten(_ file: String) -> Bool {
        guard let open = try? root.openIfPresent(file) else { return false }
        return open.askLease() == .beingWritten
    }

    /// - Parameter previous: what is in force of the file so far; nil: nothing is, or it isn't known.
    package func cronTable(
        _ file: String, _ rules: CrontabRules, _ previous: CronTable?
    ) throws(SpoolError) -> CronTable? {
        try CronTableReader(spool: self, rules: rules, now: now()).table(file, previous)
    }

    /// Keeps a table: from now on it is in force whatever becomes of its file.
    ///
    /// - Parameter table: with the first sights that are to be remembered.
    /// - Returns: where the text that was in force so far lies now, below the spool, if it has entries and the table
    ///   has none; nil otherwise.
    @discardableResult
    package func keep(_ table: CronTable) throws(SpoolError) -> String? {
        guard let text = table.text else { return nil }
        let path = CrontabSnapshot.path(of: table.file)
        try makeDirectory(CrontabSnapshot.directory)
        var former: String?
        if table.entries.isEmpty,
            let kept = try contents(of: path, limit: CrontabSnapshot.sizeLimit).flatMap({
                CrontabSnapshot($0)
            })
        {
            let place = try placeOfLast(kept.text, of: table.file)
            former = try keepFormer(kept.text, as: place)
        }
        let bytes = try CrontabSnapshot(table, text, at: now()).bytes()
        try publish(bytes, as: path, .replace, sync: .full)
        return former
    }

    /// Where the text that was in force last is to be kept: never in the place of another one that an edit has kept, which
    /// lies nowhere else if nobody has read it. Times don't tell, as copies of a spool don't keep their order.
    private func placeOfLast(_ text: [UInt8], of file: String) throws(SpoolError) -> String {
        let path = CrontabSnapshot.previousPath(of: file)
        let former = try contents(of: path, limit: CronTableReader.sizeLimit)
        return former == nil || former == text ? path : CrontabSnapshot.lastPath(of: file)
    }

    /// Keeps a text of a crontab file that another one takes the place of.
    ///
    /// - Parameter place: below the spool; what lies there is replaced.
    /// - Returns: the place; nil for a text without entries, which isn't kept.
    func keepFormer(_ text: [UInt8], as place: String) throws(SpoolError) -> String? {
        let crontab = Crontab.parse(text, options: Crontab.Options(zone: .utc))
        guard !crontab.entries.isEmpty || crontab.hasErrors else { return nil }
        try makeDirectory(CrontabSnapshot.directory)
        try publish(text, as: place, .replace, sync: .full)
        return place
    }

    /// The kept copies of files that aren't among these.
    package func strayCopies(except files: [String]) throws(SpoolError) -> [String] {
        let known = Set(files.map(CrontabSnapshot.path))
        return try keptCopies().filter { !known.contains($0) }
    }

    private func keptCopies() throws(SpoolError) -> [String] {
        let names = try onListing(CrontabSnapshot.directory) {
            () throws(Errno) in try root.names(in: CrontabSnapshot.directory)
        }
        return names.filter { !CrontabSnapshot.isPrevious($0) }.map {
            "\(CrontabSnapshot.directory)/\($0)"
        }
    }

    /// Where the copy of a crontab file lies, below the spool.
    package static func copy(of file: String) -> String { CrontabSnapshot.path(of: file) }

    /// Forgets a table whose file is gone for good.
    package func forgetCopy(_ copy: String) throws(SpoolError) {
        try onPath(path + "/" + copy, "unlink") { () throws(Errno) in
            _ = try root.removeIfPresent(copy)
        }
    }
}
