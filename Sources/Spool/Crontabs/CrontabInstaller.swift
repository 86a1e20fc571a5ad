import SpoolSystem

/// Puts a crontab in the place of another one.
package struct CrontabInstaller: Sendable {
    /// The texts that a new one takes the place of, and those that are kept of them. The paths lie below the spool.
    package struct Replaced: Sendable {
        /// The text that stood in the file; nil if there was no file.
        package fileprivate(set) var text: [UInt8]?
        /// The path at which that is kept; nil if it has no entries or is the new text.
        package fileprivate(set) var former: String?
        /// The path of the text in force, if the file held another one, or was gone.
        package fileprivate(set) var inForce: String?
    }

    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Puts a checked text in the place of a crontab file, all at once and durably. The scheduler notices.
    ///
    /// - Parameter file: `crontab` or `cron.d/NAME`.
    /// - Throws: also if the former text can't be read and so not be kept.
    @discardableResult
    package func install(_ text: [UInt8], as file: String) throws(SpoolError) -> Replaced {
        // Somebody else may come between the look at the file and its replacement.
        for _ in 0..<10 {
            do throws(SpoolError) {
                return try install(text, as: file, replacing: try present(file))
            } catch {
                guard error.code == .busy else { throw error }
            }
        }
        return try install(text, as: file, replacing: try present(file))
    }

    private func present(_ file: String) throws(SpoolError) -> [UInt8]? {
        do throws(SpoolError) {
            return try storage.contents(of: file, limit: EntryTable.sizeLimit)
        } catch {
            throw SpoolError(
                error.code,
                "\(error.message); nothing is put in its place, as its text couldn't be kept: move"
                    + " it away first", path: error.path)
        }
    }

    /// Puts a checked text in the place of a crontab file, unless somebody else has changed the file.
    ///
    /// - Parameters:
    ///   - text: the new text.
    ///   - file: `crontab` or `cron.d/NAME`.
    ///   - expected: the text that stood there when the new one was begun; nil: there was no such file.
    /// - Throws: `.busy` if the file holds something else by now; it is left as it is then.
    package func install(
        _ text: [UInt8], as file: String, replacing expected: [UInt8]?
    ) throws(SpoolError) -> Replaced {
        try CrontabDirectory(storage).checkName(file)
        guard text.count <= EntryTable.sizeLimit else {
            throw SpoolError(
                .invalidJob,
                "\(storage.path)/\(file): the text is \(text.count) bytes long;"
                    + " \(EntryTable.sizeLimit) are the limit", path: file)
        }
        var replaced = Replaced(text: expected)
        // Before it goes: at no time is it nowhere.
        if expected != text {
            let snapshots = CrontabSnapshots(storage)
            replaced.former = try expected.flatMap { former throws(SpoolError) in
                try snapshots.keepFormer(former, as: CrontabSnapshot.previousPath(of: file))
            }
            replaced.inForce = try snapshots.keepInForce(
                of: file, except: [expected, text].compactMap(\.self))
        }
        try FileWriter(storage).replace(file, with: text, expecting: expected)
        return replaced
    }
}
