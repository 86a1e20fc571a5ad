import Spool
import SpoolSystem
import SpoolTime

/// Logs: each lies under the day of its job's id, and its job is somewhere.
struct LogCheck: CheckArea {
    let name = "logs"
    private let context: CheckContext
    private var storage: Storage { context.storage }

    init(_ context: CheckContext) {
        self.context = context
    }

    func check(_ report: CheckReport) throws(SpoolError) {
        var days: [String] = []
        try context.walk("logs", report) { entry in
            if CivilDate(directory: entry.name) != nil, entry.kind != .symlink {
                days.append(entry.name)
            }
        } faults: { entry throws(SpoolError) in
            let path = "logs/" + entry.name
            guard !entry.name.hasPrefix("."), let status = try context.status(of: path) else {
                return []
            }
            let kind: FileStatus.Kind =
                CivilDate(directory: entry.name) == nil ? .regular : .directory
            if status.kind == kind,
                kind == .directory || ["daemon.log", "daemon.log.1"].contains(entry.name)
            {
                return []
            }
            if kind == .directory, status.kind == .symlink { return [Fault.link(path)] }
            return [Fault(.strayFile, path, "no log has this name")]
        }
        var orphans: [JobID] = []
        for day in days.sorted() {
            let directory = "logs/" + day
            try context.walk(directory, report) { entry in
                if let id = LogCheck.owner(ofLog: entry.name), !context.ids.contains(id) {
                    orphans.append(id)
                }
            } faults: { entry throws(SpoolError) in
                let path = directory + "/" + entry.name
                if entry.name.hasPrefix(".") { return [] }
                if let id = LogCheck.owner(ofLog: entry.name),
                    JobLogs.path(of: id) == path
                {
                    return []
                }
                guard try context.status(of: path) != nil else { return [] }
                return [Fault(.strayFile, path, "no log has this name on this day")]
            }
        }
        for id in try withoutJob(orphans) {
            let path = JobLogs.path(of: id)
            guard try context.status(of: path) != nil else { continue }
            try context.found(Fault(.orphanLog, path, "its job is nowhere", job: id), report)
        }
    }

    private static func owner(ofLog name: String) -> JobID? {
        guard name.hasSuffix(".log") else { return nil }
        return JobFileName(name.dropLast(".log".utf8.count) + ".json")?.id
    }

    /// Those that are still in no place when all places are listed again: jobs that were on their way, or came
    /// later, are there now.
    private func withoutJob(_ orphans: [JobID]) throws(SpoolError) -> [JobID] {
        guard !orphans.isEmpty else { return [] }
        let sorted = orphans.sorted()
        var hasJob = [Bool](repeating: false, count: sorted.count)
        for (place, subdirectory) in try Listing(storage).directories() + [(.done, nil)] {
            let directory = subdirectory.map { place.directory + "/" + $0 } ?? place.directory
            try storage.forEachEntry(in: directory) { entry in
                guard let id = JobFileName(entry.name)?.id else { return }
                let index = sorted.firstIndexSorted(notBefore: id)
                if index < sorted.count, sorted[index] == id { hasJob[index] = true }
            }
        }
        return zip(sorted, hasJob).filter { !$0.1 }.map(\.0)
    }
}
