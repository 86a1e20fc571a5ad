import FoundationEssentials
import Glibc
import SpoolTestSupport

/// A job's file as the judge reads it: with nothing of the program's own code.
struct FoundJob: Decodable {
    struct Process: Decodable {
        let pid: Int32
        let start_time: UInt64
    }
    struct Log: Decodable {
        let start: Int
        let end: Int
        let dropped: Int?
    }
    struct Attempt: Decodable {
        let number: Int
        let runner: Process
        let command: Process?
        let outcome: String?
        let exit_code: Int?
        let signal: String?
        let log: Log?
    }

    struct Recurring: Decodable {
        let entry: String
        let slot: String?
        let missed: Int?
    }

    let id: String?
    let tags: [String: String]?
    let cron: Recurring?
    let max_attempts: Int?
    private(set) var state: String?
    let attempts: [Attempt]?
    let earlier_attempts: Int?

    /// That of its submission, or `ENTRY@SLOT`.
    var token: String? { tags?["chaos"] ?? cron.map { "\($0.entry)@\($0.slot ?? "")" } }

    /// What a recurring job is told of slots before its own.
    var missed: Int? { cron.map { $0.missed ?? 0 } }

    var withoutRecord: FoundJob {
        FoundJob(
            id: nil, tags: tags, cron: cron, max_attempts: max_attempts, state: nil, attempts: nil,
            earlier_attempts: nil)
    }

    /// What lies in failed/ without an end of its own on record was withdrawn.
    func ended(in place: Substring) -> FoundJob {
        var job = self
        if place == "failed", !["failed", "timed_out", "interrupted"].contains(state) {
            job.state = "cancelled"
        }
        return job
    }

    static func read(_ path: String) -> FoundJob? {
        guard let bytes = try? FileTree.read(path) else { return nil }
        return try? JSONDecoder().decode(FoundJob.self, from: Data(bytes))
    }
}

/// A file that lies where jobs lie.
struct FoundFile {
    /// Below the spool.
    let directory: String
    let name: String
    var path: String { directory + "/" + name }
    var place: Substring { directory.split(separator: "/")[0] }
    /// The id in its name, whatever is around it.
    let id: String?

    init(directory: String, name: String) {
        self.directory = directory
        self.name = name
        var stem = name.dropLast(5)
        if let dot = stem.lastIndex(of: "."),
            stem[stem.index(after: dot)...].allSatisfy(\.isNumber),
            directory == "running"
        {
            stem = stem[..<dot]
        }
        let tail = stem.suffix(26)
        let isID =
            tail.utf8.count == 26 && tail.allSatisfy { $0.isNumber || ("A"..."Z").contains($0) }
        id = isID ? String(tail) : nil
    }
}

/// Looks at the spool's directories, as ls(1) does.
struct Tree {
    let spool: String

    /// Empty where there is none, or it can't be read.
    func names(_ directory: String) -> [String] {
        guard let stream = opendir(spool + "/" + directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    func files(_ place: String) -> [FoundFile] {
        var found: [FoundFile] = []
        for name in names(place) {
            if name.hasSuffix(".json") {
                found.append(FoundFile(directory: place, name: name))
            } else if place == "incoming" || place == "done", !name.contains(".") {
                let directory = place + "/" + name
                for inner in names(directory) where inner.hasSuffix(".json") {
                    found.append(FoundFile(directory: directory, name: inner))
                }
            }
        }
        return found
    }

    static let waiting = ["incoming", "scheduled", "held", "blocked"]
    static let ended = ["done", "failed", "dead-letter"]
    static let all = waiting + ["running"] + ended

    func files(_ places: [String]) -> [FoundFile] { places.flatMap { files($0) } }

    /// A copy that hasn't run yet carries the record of another job, which isn't its own.
    func read(_ file: FoundFile) -> FoundJob? {
        guard let job = FoundJob.read(spool + "/" + file.path) else { return nil }
        let isOwn = job.id == nil || job.id == file.id
        return (isOwn ? job : job.withoutRecord).ended(in: file.place)
    }
}
