import SpoolSchedule
import SpoolSystem

extension SpoolDirectory {
    /// What was decided last about each of these entries, by the entry's name, from one look at the names in
    /// state/slots/. Entries of which nothing was decided are missing.
    package func slotRecords(of entries: [CronEntry]) throws(SpoolError) -> [String: SlotRecord] {
        let markers = try markers()
        var records: [String: SlotRecord] = [:]
        for entry in entries {
            let isReboot = entry.line.expression.kind == .reboot
            guard let marker = (isReboot ? markers.boots : markers.newest)[entry.key] else {
                continue
            }
            records[entry.name] = try slotRecord(marker)
        }
        return records
    }

    /// Puts a checked text in the place of a crontab file, unless somebody else has changed the file.
    ///
    /// - Parameters:
    ///   - text: what is to stand there.
    ///   - file: `crontab` or `cron.d/NAME`.
    ///   - expected: what stood there when the text was begun; nil: there was no such file.
    /// - Throws: `.busy` when the file holds something else by now; it is left as it is then.
    package func installCrontab(
        _ text: [UInt8], as file: String, replacing expected: [UInt8]?
    ) throws(SpoolError) {
        try checkCrontabName(file)
        let draft = try writeTemporary(text, sync: .full)
        do throws(Errno) {
            try root.rename(draft.name, to: file, expected == nil ? .fresh : .exchange)
        } catch {
            if error == .exists || error == .noEntry { throw changedMeanwhile(file) }
            throw SpoolError(error, "rename", path + "/" + file)
        }
        guard let expected else {
            draft.forgetName()
            return try syncDirectory(ofPath: file)
        }
        // What stood there lies under the draft's name now. Were it compared before, another writer could
        // come between.
        // What can't be read any more isn't what was expected either.
        guard (try? contents(of: draft.name, limit: 1 << 30)) == expected else {
            try onPath(path + "/" + file, "rename") { () throws(Errno) in
                try root.rename(draft.name, to: file, .exchange)
            }
            throw changedMeanwhile(file)
        }
        try syncDirectory(ofPath: file)
    }

    private func changedMeanwhile(_ file: String) -> SpoolError {
        SpoolError(
            .busy, "\(path)/\(file): somebody else has changed it meanwhile; it is left as it is",
            path: path + "/" + file)
    }
}
