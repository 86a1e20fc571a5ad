import SpoolSchedule
import SpoolSystem

/// Reads one crontab file.
struct EntryTableReader {
    let storage: Storage
    let rules: CrontabRules
    let now: Instant

    /// - Parameter previous: the table of the file that is in force so far, if it is known.
    func table(_ file: String, _ previous: EntryTable?) throws(SpoolError) -> EntryTable? {
        let snapshot: CrontabSnapshot?
        let isKept: Bool
        switch try former(file, previous) {
        case .kept(let copy): (snapshot, isKept) = (copy, true)
        case .unkept(let former): (snapshot, isKept) = (former, false)
        case .unread(let error):
            let status = try ofOneFile { () throws(SpoolError) in try storage.status(of: file) }
            if case .success(nil) = status { return nil }
            return unreadTable(file, error)
        }
        let bytes: [UInt8]
        do {
            guard let found = try storage.contents(of: file, limit: EntryTable.sizeLimit)
            else {
                return nil
            }
            bytes = found
        } catch {
            return snapshotTable(file, snapshot, isKept, problem: EntryTable.problem(error))
        }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            return snapshotTable(
                file, snapshot, isKept, problem: "it is not UTF-8: write it as UTF-8 text")
        }
        var (entries, diagnostics) = read(bytes, file)
        if diagnostics.contains(where: { $0.severity == .error }) {
            return snapshotTable(file, snapshot, isKept, diagnostics)
        }
        let isSame = bytes == snapshot?.text
        let sights =
            isSame ? snapshot?.firstSights(of: entries) : otherSights(entries, snapshot, previous)
        let isNew = see(&entries, sights)
        return EntryTable(
            file: file, entries: entries, diagnostics: diagnostics, isFromSnapshot: false,
            problem: nil,
            text: bytes, zone: rules.zone.name, needsSnapshot: isNew || !isSame || !isKept)
    }

    /// The entries of a file that are in force so far, as its copy has them.
    func keptTable(_ file: String) throws(SpoolError) -> EntryTable {
        switch try former(file, nil) {
        case .kept(let copy): snapshotTable(file, copy, true)
        case .unkept(let copy): snapshotTable(file, copy, false)
        case .unread(let error): unreadTable(file, error)
        }
    }

    private func unreadTable(_ file: String, _ error: SpoolError) -> EntryTable {
        snapshotTable(
            file, nil, true,
            problem: "\(error.fact), the copy with what was in force: nothing of the file runs"
                + " until that can be read, or is removed")
    }

    /// Of a file, or a directory of them, of which nothing is known.
    func emptyTable(_ file: String, _ problem: SpoolError) -> EntryTable {
        snapshotTable(file, nil, true, problem: problem.message)
    }

    private func snapshotTable(
        _ file: String, _ snapshot: CrontabSnapshot?, _ isKept: Bool,
        _ diagnostics: [CrontabDiagnostic] = [], problem: String? = nil
    ) -> EntryTable {
        var entries = snapshot.map { read($0.text, file).entries } ?? []
        let isNew = see(&entries, snapshot?.firstSights(of: entries))
        return EntryTable(
            file: file, entries: entries, diagnostics: diagnostics, isFromSnapshot: true,
            problem: problem, text: snapshot?.text, zone: rules.zone.name,
            needsSnapshot: isNew || snapshot != nil && !isKept)
    }

    /// The text of a file that was in force so far, and the first sights of its entries.
    private enum Former {
        /// As its copy has it; nil: none was.
        case kept(CrontabSnapshot?)
        /// As its table has it, if there is one. The copy couldn't be written, or can't be read, or something else has its
        /// name.
        case unkept(CrontabSnapshot?)
        /// Nobody knows. If the file's entries counted as new, slots that were missed would be so for good.
        case unread(SpoolError)
    }

    private func former(
        _ file: String, _ previous: EntryTable?
    ) throws(SpoolError) -> Former {
        let known = previous.flatMap { table in
            table.text.map { CrontabSnapshot(table, $0, at: now) }
        }
        if let known, previous?.needsSnapshot == true { return .unkept(known) }
        let path = CrontabSnapshot.path(of: file)
        let bytes = try ofOneFile { () throws(SpoolError) in
            try storage.contents(of: path, limit: CrontabSnapshot.sizeLimit)
        }
        switch bytes {
        case .success(let text): return .kept(text.flatMap { CrontabSnapshot($0) })
        case .failure(let error):
            let isNoCopy = error.errno == Errno.isDirectory.rawValue
            return known != nil || isNoCopy ? .unkept(known) : .unread(error)
        }
    }

    /// The entries of a text, all of them as if seen for the first time.
    private func read(
        _ text: [UInt8], _ file: String
    ) -> (entries: [ScheduledEntry], diagnostics: [CrontabDiagnostic]) {
        let crontab = CrontabFile.parse(text, options: rules.options(now: nil))
        var diagnostics = crontab.diagnostics
        var entries: [ScheduledEntry] = []
        entries.reserveCapacity(crontab.entries.count)
        let present = Instant(seconds: now.seconds)
        var names = UniqueNames(crontab.entries.count)
        var checked: CrontabContext?
        for line in crontab.entries {
            var name = line.name
            do {
                name = try EntryTableReader.checkedName(line, &checked)
            } catch {
                diagnostics.append(line.diagnostic(of: error))
            }
            entries.append(
                ScheduledEntry(
                    name: names.unique(name), file: file, line: line, since: present,
                    machine: rules.machine))
        }
        diagnostics.sort { ($0.line, $0.column) < ($1.line, $1.column) }
        return (entries, diagnostics)
    }

    /// The first sights of entries of an edited text, if they stood in the text before as well.
    private func otherSights(
        _ entries: [ScheduledEntry], _ snapshot: CrontabSnapshot?, _ previous: EntryTable?
    ) -> [CrontabSnapshot.FirstSight?]? {
        guard let snapshot else { return nil }
        var known: [ScheduledEntry.Identity: CrontabSnapshot.FirstSight] = [:]
        if let previous, previous.text == snapshot.text {
            for entry in previous.entries {
                known[entry.identity] = CrontabSnapshot.FirstSight(
                    since: entry.since, name: entry.formerName)
            }
        } else {
            let before = read(snapshot.text, previous?.file ?? snapshot.header.file).entries
            guard let sights = snapshot.firstSights(of: before) else { return nil }
            for (entry, sight) in zip(before, sights) { known[entry.identity] = sight }
        }
        return entries.map { known[$0.identity] }
    }

    /// - Parameter sights: nil, all or one: it is seen for the first time now.
    /// - Returns: whether there is one of these.
    private func see(
        _ entries: inout [ScheduledEntry], _ sights: [CrontabSnapshot.FirstSight?]?
    ) -> Bool {
        guard let sights else { return !entries.isEmpty }
        var hasNew = false
        for (index, sight) in sights.enumerated() {
            if let sight {
                entries[index].since = sight.since
                entries[index].formerName = sight.name
                if sight.name == nil { hasNew = true }
            } else {
                hasNew = true
            }
        }
        return hasNew
    }

    /// The name of an entry: the one in its JSON, else the one made from its text.
    ///
    /// - Parameter checked: the settings that made a job last: they make one of every command.
    private static func checkedName(
        _ line: CrontabLine, _ checked: inout CrontabContext?
    ) throws(SpoolError) -> String {
        guard case .shell(let command, let input) = line.job,
            command.utf8.count + (input?.utf8.count ?? 0) < 1 << 16
        else { return try ScheduledEntry.checkedJob(of: line).name ?? line.name }
        if checked !== line.context {
            _ = try ScheduledEntry.checkedJob(of: line)
            checked = line.context
        }
        return line.name
    }
}

/// Tells entries of one name apart, in the order they come.
struct UniqueNames {
    private var used: Set<String>

    /// - Parameter count: how many there will be.
    init(_ count: Int) {
        used = Set(minimumCapacity: count)
    }

    mutating func unique(_ name: String) -> String {
        var candidate = name
        var count = 1
        while !used.insert(candidate).inserted {
            count += 1
            candidate = "\(name)-\(count)"
        }
        return candidate
    }
}
