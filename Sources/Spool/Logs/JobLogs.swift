import SpoolSystem
import SpoolTime

/// The logs of jobs, and their paths.
package struct JobLogs: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// The path of a job's log: the day is the one in its id, so that it is found without searching.
    package static func path(of id: JobID) -> String {
        "logs/\(Instant(milliseconds: id.milliseconds).day)/\(id).log"
    }

    /// Opens a job's log for writing at its end, and makes it if there is none.
    package func open(of id: JobID) throws(Errno) -> Descriptor {
        let path = JobLogs.path(of: id)
        let options: Directory.OpenOptions = [.readWrite, .create, .append]
        var failures = 0
        while true {
            do throws(Errno) {
                return try storage.root.open(path, options)
            } catch {
                // A day that holds nothing may be removed before it gets its log.
                guard error == .noEntry, failures < 3 else { throw error }
                failures += 1
                try storage.root.makeDirectory("logs")
                try storage.root.makeDirectory(SpoolLayout.directory(of: path))
            }
        }
    }
}
