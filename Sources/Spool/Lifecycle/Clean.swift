import SpoolSystem
import SpoolTime

/// The records that stay when somebody removes jobs by hand, and the history.
package struct Clean: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Logs whose jobs are nowhere.
    ///
    /// - Parameter age: since their last change; a minute at least, so that no job is about to write to one.
    /// - Returns: paths below the spool, sorted.
    package func orphanLogs(olderThan age: TimeSpan) throws(SpoolError) -> [String] {
        let least = max(age, .seconds(60))
        var owners: [JobID: String] = [:]
        try storage.forEachEntry(in: "logs") { day in
            guard CivilDate(directory: day.name) != nil else { return }
            let directory = "logs/" + day.name
            // Nothing is removed of a day that can't be read.
            try? storage.forEachRawEntry(in: directory) { raw in
                let entry = raw.entry
                guard entry.nonUTF8Name == nil, entry.name.hasSuffix(".log"),
                    let id = JobFileName(entry.name.dropLast(4) + ".json")?.id,
                    JobLogs.path(of: id) == directory + "/" + entry.name
                else { return }
                owners[id] = directory + "/" + entry.name
            }
        }
        try dropOwned(&owners)
        var paths: [String] = []
        for path in owners.values.sorted() {
            let status = try storage.status(of: path)
            guard let status, status.kind == .regular else { continue }
            if storage.now() - Instant(nanoseconds: status.changed) >= least { paths.append(path) }
        }
        return paths
    }

    /// Leaves those files whose jobs are nowhere.
    private func dropOwned(_ owners: inout [JobID: String]) throws(SpoolError) {
        // A job that goes back to an earlier place while all are listed may be missed once, not again and again.
        for _ in 0..<3 where !owners.isEmpty {
            for (place, subdirectory) in try Listing(storage).directories() {
                let directory = subdirectory.map { place.directory + "/" + $0 } ?? place.directory
                for name in try Listing(storage).fileNames(in: directory) { owners[name.id] = nil }
            }
        }
    }

    /// Files in keys/ whose jobs are nowhere.
    ///
    /// - Returns: paths below the spool, sorted.
    package func orphanKeys() throws(SpoolError) -> [String] {
        var names: [String] = []
        try storage.forEachEntry(in: KeyRecord.directory) { names.append($0.name) }
        var owners: [JobID: String] = [:]
        for name in names where name.hasSuffix(".json") {
            let path = KeyRecord.directory + "/" + name
            // Nothing is removed that can't be read.
            if let record = try? KeyFiles(storage).record(at: path) { owners[record.job] = path }
        }
        try dropOwned(&owners)
        var paths: [String] = []
        for path in owners.values.sorted() where try KeyFiles(storage).isStale(path) {
            paths.append(path)
        }
        return paths
    }

    /// Removes such a file, unless somebody has taken the key meanwhile.
    package func removeKey(_ path: String) throws(SpoolError) {
        _ = try KeyFiles(storage).removeStale(path)
    }

    /// Files of the history whose day ended so long ago; never today's.
    ///
    /// - Returns: paths below the spool, sorted.
    package func oldHistory(olderThan age: TimeSpan) throws(SpoolError) -> [String] {
        let latest = storage.now() - age
        let today = storage.now().day
        var paths: [String] = []
        try storage.forEachEntry(in: "history") { entry in
            guard entry.name.hasSuffix(".ndjson"),
                let day = CivilDate(directory: entry.name.dropLast(".ndjson".utf8.count)),
                day.description < today.description, day.description < latest.day.description
            else { return }
            paths.append("history/" + entry.name)
        }
        return paths.sorted()
    }

    /// Removes the days of done/ and logs/ that hold nothing any more. Those of today and yesterday stay: jobs end
    /// there, or are about to. A process that needs an earlier one makes it again.
    package func removeEmptyDays() throws(SpoolError) {
        let yesterday = (storage.now() - TimeSpan.seconds(86_400)).day.description
        for parent in ["done", "logs"] {
            var days: [String] = []
            try storage.forEachEntry(in: parent) { entry in
                guard let day = CivilDate(directory: entry.name), day.description < yesterday,
                    entry.kind != .symlink
                else { return }
                days.append(parent + "/" + entry.name)
            }
            for day in days {
                do throws(Errno) {
                    try storage.root.removeDirectory(day)
                } catch {
                    switch error {
                    // It holds something, or somebody else has removed it.
                    case .notEmpty, .exists, .noEntry, .notDirectory: break
                    default: throw SpoolError(error, "rmdir", storage.path + "/" + day)
                    }
                }
            }
        }
    }

    /// Removes such a log or file of the history.
    package func removeRecord(_ path: String) throws(SpoolError) {
        _ = try storage.remove(path)
    }
}
