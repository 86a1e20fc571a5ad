import Spool
import SpoolSystem

/// The meaning of a name.
enum Subject {
    case job(JobLocation)
    /// It lies in incoming/, and nobody has admitted it yet.
    case dropIn(JobEntry)
    /// It lies in dead-letter/, and is no job.
    case rejected(JobEntry)

    /// Below the spool.
    var path: String {
        switch self {
        case .job(let location): location.path
        case .dropIn(let entry), .rejected(let entry): entry.path
        }
    }
}

/// Finds the jobs that a caller names: by ids, parts of ids, names or files.
struct JobNames {
    let context: Context
    let spool: SpoolDirectory

    init(_ context: Context, _ spool: SpoolDirectory) {
        self.context = context
        self.spool = spool
    }

    /// Until when the writer of a file may take to be done with it, by the monotonic clock.
    static var shortly: Int64 { Clock.monotonic() + 2_000_000_000 }

    // MARK: Jobs

    /// The jobs of these names. Dropped files that are named are admitted first.
    ///
    /// - Parameters:
    ///   - states: those that the command fits. If several jobs have a name, the only one in these is meant.
    ///   - deadline: until when a dropped file may become a job, by the monotonic clock; nil: for ever.
    func jobs(
        _ names: [String], preferring states: Set<JobState> = [],
        until deadline: Int64? = JobNames.shortly
    ) throws(SpoolError) -> [JobLocation] {
        try subjects(names, preferring: states).map { subject throws(SpoolError) in
            try job(subject, until: deadline)
        }
    }

    func job(
        _ subject: Subject, until deadline: Int64? = JobNames.shortly
    ) throws(SpoolError) -> JobLocation {
        switch subject {
        case .job(let location): location
        case .dropIn(let entry): try admitted(entry, until: deadline)
        case .rejected(let entry):
            throw SpoolError(
                .wrongState,
                "\(entry.path) was rejected: \(entry.message ?? "nobody knows why"); put it right there"
                    + " and 'spool retry' it, or 'spool clean' it")
        }
    }

    /// Makes a job of a dropped file, as a worker would, for a command that is about to do something to it.
    private func admitted(
        _ entry: JobEntry, until deadline: Int64?
    ) throws(SpoolError) -> JobLocation {
        let location = try Admit(spool.storage).admit(entry, until: deadline)
        context.remark("\(entry.path) is job \(location.id) now")
        return location
    }

    /// The same for all dropped files that fit a filter, for a command that is about such jobs. A file that is no job
    /// is said, and left out.
    func admitDropIns(fitting filter: JobFilter) throws(SpoolError) {
        guard filter.wants(.incoming) else { return }
        for entry in try DropIns(spool.storage).entries().entries {
            guard case .fits = filter.match(entry) else { continue }
            do throws(SpoolError) {
                _ = try admitted(entry, until: JobNames.shortly)
            } catch {
                context.remark(error.message)
            }
        }
    }

    // MARK: Names

    /// The subjects of the names, each once, in order; `-` stands for ids on standard input. No name means the newest
    /// job.
    func subjects(
        _ operands: [String], preferring states: Set<JobState> = []
    ) throws(SpoolError) -> [Subject] {
        if operands.isEmpty { return [.job(try newest())] }
        var names: [String] = []
        for operand in operands {
            guard operand == "-" else {
                names.append(operand)
                continue
            }
            let text = try context.caller.readTextInput(limit: 1 << 28)
            names += text.split(whereSeparator: \.isWhitespace).map(String.init)
        }
        // Subjects that are named by their files' names, and are no jobs of the queue. By bytes: two files may have one
        // name for Unicode.
        var files: [[UInt8]: Subject] = [:]
        for name in names where files[Array(name.utf8)] == nil {
            let dropped = try DropIn(naming: name).flatMap { dropIn throws(SpoolError) in
                try DropIns(spool.storage).search(for: dropIn)
            }
            if case .waiting(let entry)? = dropped {
                files[Array(name.utf8)] = .dropIn(entry)
            } else if let entry = RejectedFiles(spool.storage).file(naming: name) {
                files[Array(name.utf8)] = .rejected(entry)
            } else if case .admitted(let id)? = dropped {
                names = names.map { $0.isExactly(name) ? id.description : $0 }
            }
        }
        let ids = names.filter { files[Array($0.utf8)] == nil }
        var found = try resolved(ids, preferring: states)[...]
        var seen: Set<JobID> = []
        var seenPaths: Set<[UInt8]> = []
        return names.compactMap { name in
            if let file = files[Array(name.utf8)] {
                return seenPaths.insert(Array(file.path.utf8)).inserted ? file : nil
            }
            guard let location = found.popFirst(), seen.insert(location.id).inserted else {
                return nil
            }
            return .job(location)
        }
    }

    /// The jobs of names that aren't those of files.
    private func resolved(
        _ names: [String], preferring states: Set<JobState>
    ) throws(SpoolError) -> [JobLocation] {
        do throws(SpoolError) {
            return try Resolver(spool.storage).find(names, preferring: states) { name, meant in
                context.remark(
                    "of the jobs that are called \"\(name)\", \(meant.id) is the only one that fits"
                )
            }
        } catch {
            guard let name = error.missingJob, let dropIn = DropIn(naming: name + ".json"),
                case .admitted(let id)? = try DropIns(spool.storage).search(for: dropIn)
            else { throw error }
            throw SpoolError(
                .notFound, "no job \"\(name)\"; the file \(dropIn.name) was admitted as \(id)")
        }
    }

    // MARK: The newest job

    /// The job that was submitted last: in a person's spool the last one of this project, else of none.
    ///
    /// - Parameter newest: the newest of all jobs, newest first, as far as they are known.
    /// - Returns: nil if there is none.
    func newest(among newest: [JobLocation]) throws(SpoolError) -> JobLocation? {
        guard try Ownership(spool.storage).isPersonal() else {
            if let known = newest.first { return known }
            return try Resolver(spool.storage).newest()
        }
        let project = try context.project()
        for known in newest {
            if let found = try JobReader(spool.storage).follow(known), found.job.project == project
            {
                return found.location
            }
        }
        if let own = try Resolver(spool.storage).newest(where: { $0.project == project }) {
            return own
        }
        return try Resolver(spool.storage).newest { $0.project == nil }
    }

    private func newest() throws(SpoolError) -> JobLocation {
        if let newest = try newest(among: []) { return newest }
        let count = try Listing(spool.storage).locations().count
        guard count > 0 else { throw SpoolError(.notFound, "there is no job in \(spool.path)") }
        let project = try context.project()
        throw SpoolError(
            .notFound,
            "no job of \(project) in \(spool.path); \(count) more in other projects: name one")
    }
}
