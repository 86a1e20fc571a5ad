import Spool
import SpoolSchedule
import SpoolSystem

/// What most commands need: the spool, and the jobs that are meant.
extension Invocation {
    /// The path of the spool that is meant, absolute.
    func spoolPath() throws(CommandFailure) -> String {
        if let path = value("dir") { return try absolute(path) }
        if let path = try variable("SPOOL_DIR"), !path.isEmpty { return try absolute(path) }
        if ProcessControl.isRoot { return "/var/spool/jobs" }
        guard let home = try variable("HOME"), home.hasPrefix("/") else {
            throw .usage("no spool is named: set SPOOL_DIR, or HOME, or write --dir DIRECTORY")
        }
        return home + "/.spool"
    }

    func variable(_ name: String) throws(CommandFailure) -> String? {
        try spool { () throws(SpoolError) in try console.variable(name) }
    }

    func absolute(_ path: String) throws(CommandFailure) -> String {
        try spool { () throws(SpoolError) in try console.absolute(path) }
    }

    func openSpool(create: Bool = true) throws(CommandFailure) -> SpoolDirectory {
        let path = try spoolPath()
        return try spool { () throws(SpoolError) in try SpoolDirectory(at: path, create: create) }
    }

    /// Makes this process, which is root's, one of the spool's owner, before it opens anything there.
    ///
    /// - Returns: the same command, about the same spool.
    func asOwner() throws(CommandFailure) -> Invocation {
        let path = try spoolPath()
        try spool { () throws(SpoolError) in try SpoolDirectory.becomeOwner(of: path) }
        return with(spoolPath: path)
    }

    /// The project of the caller, that of the working directory.
    func project() throws(CommandFailure) -> String {
        Invocation.project(
            of: try spool { () throws(SpoolError) in try console.workingDirectory() })
    }

    /// The project that a directory is in: the directory with the `.git` above it, else the directory itself. Where the
    /// caller may not look for one, there is none for him, here and whenever he asks for the jobs of this place again.
    static func project(of directory: String) -> String {
        var candidate = directory[...]
        while let slash = candidate.utf8.lastIndex(of: UInt8(ascii: "/")), candidate.utf8.count > 1
        {
            let path = String(candidate)
            if ProcessControl.exists(path + "/.git") { return path }
            candidate = Substring(candidate.utf8[..<slash])
        }
        return directory
    }

    /// The jobs named by the operands, each once, in order; `-` stands for ids on standard input.
    ///
    /// - Parameter isDefaultLast: whether no operand means the job of this project that was submitted last.
    func jobs(
        in spoolDirectory: SpoolDirectory, isDefaultLast: Bool = true
    ) throws(CommandFailure) -> [JobLocation] {
        var names: [String] = []
        for operand in operands {
            guard operand == "-" else {
                names.append(operand)
                continue
            }
            let text = try spool { () throws(SpoolError) in
                try console.readTextInput(limit: 1 << 28)
            }
            names += text.split(whereSeparator: \.isWhitespace).map(String.init)
        }
        if operands.isEmpty {
            guard isDefaultLast else { return [] }
            return [try newestJob(in: spoolDirectory)]
        }
        var found: [JobLocation] = []
        var seen: Set<JobID> = []
        for name in names {
            let location = try spool { () throws(SpoolError) in try spoolDirectory.find(name) }
            if seen.insert(location.id).inserted { found.append(location) }
        }
        return found
    }

    /// The job that was submitted last: in a person's spool the last one of this project, else of none.
    ///
    /// - Parameter newest: the newest of all jobs, newest first, as far as they are known.
    /// - Returns: nil where there is none.
    func newestJob(
        in spoolDirectory: SpoolDirectory, among newest: [JobLocation]
    ) throws(CommandFailure) -> JobLocation? {
        guard try spool({ () throws(SpoolError) in try spoolDirectory.isPersonal() }) else {
            if let known = newest.first { return known }
            return try spool { () throws(SpoolError) in try spoolDirectory.newest() }
        }
        let project = try project()
        return try spool { () throws(SpoolError) in
            for known in newest where try spoolDirectory.readIfJob(known)?.project == project {
                return known
            }
            if let own = try spoolDirectory.newest(where: { $0.project == project }) { return own }
            return try spoolDirectory.newest { $0.project == nil }
        }
    }

    private func newestJob(
        in spoolDirectory: SpoolDirectory
    ) throws(CommandFailure) -> JobLocation {
        if let newest = try newestJob(in: spoolDirectory, among: []) { return newest }
        let path = spoolDirectory.path
        let count = try spool { () throws(SpoolError) in try spoolDirectory.locations().count }
        guard count > 0 else { throw .spool(SpoolError(.notFound, "there is no job in \(path)")) }
        let project = try project()
        throw .spool(
            SpoolError(
                .notFound,
                "no job of \(project) in \(path); \(count) more in other projects: name one"))
    }

    /// Says what a job is called now that was a copy of another one, made by hand.
    func tellOwnID(of location: JobLocation, _ id: JobID) {
        if id != location.id { console.say("\(location.id) was a copy; it is \(id) now") }
    }

    func refuseOperands() throws(CommandFailure) {
        if let first = operands.first { throw .usage("\"\(first)\": no operand is wanted here") }
    }

    // MARK: Times

    /// A time of the future as people write it: RFC 3339, or a length of time from now.
    func time(_ option: String, now: Instant) throws(CommandFailure) -> Instant? {
        try value(option, "a time (2026-11-21T07:30:00Z) or a length of time (10m)") { text in
            Instant(rfc3339: text) ?? TimeSpan(text).map { now + $0 }
        }
    }

    func timeSpan(_ option: String) throws(CommandFailure) -> TimeSpan? {
        try value(option, "a length of time such as 90s, 10m or 2h30m") { TimeSpan($0) }
    }
}
