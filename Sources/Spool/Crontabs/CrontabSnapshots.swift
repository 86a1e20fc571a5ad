import SpoolSchedule
import SpoolSystem

/// The texts of crontabs that are in force, and those that were.
package struct CrontabSnapshots: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    // MARK: For the scheduler

    /// Whether a scheduler has entries in force here. If that can't be found out, it is true, so that nobody leaves
    /// them alone.
    package var hasRecurringJobs: Bool {
        do throws(SpoolError) {
            for path in try all() {
                guard let bytes = try storage.contents(of: path, limit: CrontabSnapshot.sizeLimit)
                else {
                    continue
                }
                if CrontabSnapshot(bytes).map({ $0.entryCount > 0 }) ?? true { return true }
            }
            return false
        } catch {
            return true
        }
    }

    /// Keeps a table: from now on it is in force whatever becomes of its file.
    ///
    /// - Parameters:
    ///   - table: with the first sights that are to be remembered.
    ///   - former: the text that was in force so far; nil: the copy tells.
    /// - Returns: the place of the text that was in force so far, below the spool, if that has entries and the table
    ///   has none. nil in all other cases.
    @discardableResult
    package func keep(
        _ table: EntryTable, former: [UInt8]? = nil
    ) throws(SpoolError) -> String? {
        guard let text = table.text else { return nil }
        let path = CrontabSnapshot.path(of: table.file)
        try storage.makeDirectory(CrontabSnapshot.directory)
        var former = former
        // A copy that can't be read may hold a text that lies nowhere else: then it stays.
        if table.entries.isEmpty, former == nil { former = try snapshot(of: table.file)?.text }
        var place: String?
        if table.entries.isEmpty, let former {
            place = try keepFormer(former, as: placeOfLast(former, of: table.file))
        }
        let bytes = try CrontabSnapshot(table, text, at: storage.now()).bytes()
        try FileWriter(storage).publish(bytes, as: path, .replace, sync: .full)
        return place
    }

    private func snapshot(of file: String) throws(SpoolError) -> CrontabSnapshot? {
        let bytes = try storage.contents(
            of: CrontabSnapshot.path(of: file), limit: CrontabSnapshot.sizeLimit)
        return bytes.flatMap { CrontabSnapshot($0) }
    }

    /// Keeps the text of a crontab file that is in force, which the scheduler will replace, if nobody else has it.
    ///
    /// - Parameter texts: those that lie elsewhere.
    /// - Returns: the place, below the spool; nil if the text is one of those, or has no entries, or if there is none.
    func keepInForce(of file: String, except texts: [[UInt8]]) throws(SpoolError) -> String? {
        guard let kept = try snapshot(of: file), !texts.contains(kept.text) else { return nil }
        return try keepFormer(kept.text, as: CrontabSnapshot.lastPath(of: file))
    }

    /// The place for the text that was in force last. This is never the place of another text that an edit has kept: if
    /// nobody has read that one, it lies nowhere else.
    ///
    /// Times don't tell the two apart, as copies of a spool don't keep their order.
    private func placeOfLast(_ text: [UInt8], of file: String) throws(SpoolError) -> String {
        let path = CrontabSnapshot.previousPath(of: file)
        let former = try storage.contents(of: path, limit: EntryTable.sizeLimit)
        return former == nil || former == text ? path : CrontabSnapshot.lastPath(of: file)
    }

    /// Keeps a text of a crontab file that another one takes the place of.
    ///
    /// - Parameter place: below the spool; a file that lies there is replaced.
    /// - Returns: the place; nil for a text without entries, which isn't kept.
    func keepFormer(_ text: [UInt8], as place: String) throws(SpoolError) -> String? {
        let crontab = CrontabFile.parse(text, options: CrontabFile.Options(zone: .utc))
        guard !crontab.entries.isEmpty || crontab.hasErrors else { return nil }
        try storage.makeDirectory(CrontabSnapshot.directory)
        try FileWriter(storage).publish(text, as: place, .replace, sync: .full)
        return place
    }

    /// The kept copies of files that aren't among these.
    package func strays(except files: [String]) throws(SpoolError) -> [String] {
        let known = Set(files.map(CrontabSnapshot.path))
        return try all().filter { !known.contains($0) }
    }

    func all() throws(SpoolError) -> [String] {
        let names = try storage.onListing(CrontabSnapshot.directory) {
            () throws(Errno) in try storage.root.names(in: CrontabSnapshot.directory)
        }
        return names.filter { !CrontabSnapshot.isPrevious($0) }.map {
            "\(CrontabSnapshot.directory)/\($0)"
        }
    }

    /// The path of the copy of a crontab file, below the spool.
    package static func path(of file: String) -> String { CrontabSnapshot.path(of: file) }

    /// Forgets a table whose file is gone for good.
    package func forget(_ copy: String) throws(SpoolError) {
        try storage.remove(copy)
    }
}
