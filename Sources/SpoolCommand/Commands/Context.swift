import Spool
import SpoolSystem
import SpoolTime

/// What most commands need: the spool, and the jobs that are meant.
extension Invocation {
    /// The path of the spool that is meant, absolute.
    func spoolPath() throws(SpoolError) -> String {
        if let path = value("dir") { return try absolute(path) }
        if let path = try variable("SPOOL_DIR"), !path.isEmpty { return try absolute(path) }
        if ProcessControl.isRoot { return "/var/spool/jobs" }
        guard let home = try variable("HOME"), home.hasPrefix("/") else {
            throw .usage("no spool is named: set SPOOL_DIR, or HOME, or write --dir DIRECTORY")
        }
        return home + "/.spool"
    }

    func variable(_ name: String) throws(SpoolError) -> String? {
        try console.variable(name)
    }

    func absolute(_ path: String) throws(SpoolError) -> String {
        try console.absolute(path)
    }

    /// For a command that only shows what there is: nothing is made for it.
    ///
    /// - Returns: nil where nobody has named a spool, and there is none yet in the place where one would be.
    func openSpoolIfThere() throws(SpoolError) -> SpoolDirectory? {
        do throws(SpoolError) {
            return try openSpool(create: false)
        } catch {
            guard error.code == .notFound, try !namesSpool(),
                SpoolDirectory.isAbsent(at: try spoolPath())
            else { throw error }
            return nil
        }
    }

    /// Whether the command line or the environment says which spool is meant.
    private func namesSpool() throws(SpoolError) -> Bool {
        if has("dir") { return true }
        return try variable("SPOOL_DIR")?.isEmpty == false
    }

    func openSpool(create: Bool = true) throws(SpoolError) -> SpoolDirectory {
        let path = try spoolPath()
        // The spool of a job that runs may have been moved: what is put here then, nobody may look at.
        let own = create && !has("dir") ? try ownJob : nil
        let isLost = own != nil && !ProcessControl.exists(path)
        let opened = try SpoolDirectory(at: path, create: create)
        if isLost {
            console.say(
                "\(path): there was no spool, so one was made; the one that this command's job is of"
                    + " was moved or removed, or SPOOL_DIR was changed")
        }
        return opened
    }

    /// Makes this process, which is root's, one of the spool's owner, before it opens anything there.
    ///
    /// - Returns: the same command, about the same spool.
    func asOwner() throws(SpoolError) -> Invocation {
        let path = try spoolPath()
        try SpoolDirectory.becomeOwner(of: path)
        return with(spoolPath: path)
    }

    /// The project of the caller, that of the working directory.
    func project() throws(SpoolError) -> String {
        Invocation.project(
            of: try console.workingDirectory())
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

    /// The jobs that the operands name. What was dropped and is named is admitted first.
    ///
    /// - Parameter deadline: how long what was dropped may take to become a job, by the monotonic clock; nil: for ever.
    func jobs(
        in spoolDirectory: SpoolDirectory, until deadline: Int64? = Invocation.shortly
    ) throws(SpoolError) -> [JobLocation] {
        try subjects(in: spoolDirectory).map { subject throws(SpoolError) in
            try job(subject, in: spoolDirectory, until: deadline)
        }
    }

    func job(
        _ subject: Subject, in spoolDirectory: SpoolDirectory,
        until deadline: Int64? = Invocation.shortly
    ) throws(SpoolError) -> JobLocation {
        switch subject {
        case .job(let location): location
        case .dropIn(let entry): try admitted(entry, in: spoolDirectory, until: deadline)
        case .rejected(let entry):
            throw SpoolError(
                .wrongState,
                "\(entry.path) was rejected: \(entry.message ?? "nobody knows why"); put it right there"
                    + " and 'spool retry' it, or 'spool clean' it")
        }
    }

    /// What an operand may name.
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

    /// Makes a job of what was dropped, as a worker would, for a command that is about to do something to it.
    func admitted(
        _ entry: JobEntry, in spoolDirectory: SpoolDirectory, until deadline: Int64?
    ) throws(SpoolError) -> JobLocation {
        let location = try spoolDirectory.admit(entry, until: deadline)
        console.say("\(entry.path) is job \(location.id) now")
        return location
    }

    /// The same for all that was dropped and fits a filter, for a command that is about such jobs. What is no job is
    /// said, and left out.
    func admitDropIns(
        in spoolDirectory: SpoolDirectory, fitting filter: JobFilter
    ) throws(SpoolError) {
        guard filter.wants(.incoming) else { return }
        for entry in try spoolDirectory.dropIns().entries {
            guard case .fits = filter.match(entry) else { continue }
            do throws(SpoolError) {
                _ = try admitted(entry, in: spoolDirectory, until: Invocation.shortly)
            } catch {
                console.say(error.message)
            }
        }
    }

    /// How long whoever writes a file may take to be done with it, by the monotonic clock.
    static var shortly: Int64 { Clock.monotonic() + 2_000_000_000 }

    /// What the operands name, each once, in order; `-` stands for ids on standard input.
    func subjects(
        in spoolDirectory: SpoolDirectory
    ) throws(SpoolError) -> [Subject] {
        var names: [String] = []
        for operand in operands {
            guard operand == "-" else {
                names.append(operand)
                continue
            }
            let text = try console.readTextInput(limit: 1 << 28)
            names += text.split(whereSeparator: \.isWhitespace).map(String.init)
        }
        if operands.isEmpty {
            return [.job(try newestJob(in: spoolDirectory))]
        }
        // What is named by its file's name, and is no job of the queue.
        var files: [String: Subject] = [:]
        for name in names where files[name] == nil {
            let dropped = try DropIn(naming: name).flatMap { dropIn throws(SpoolError) in
                try spoolDirectory.search(for: dropIn)
            }
            if case .waiting(let entry)? = dropped {
                files[name] = .dropIn(entry)
            } else if let entry = spoolDirectory.rejectedFile(naming: name) {
                files[name] = .rejected(entry)
            } else if case .admitted(let id)? = dropped {
                names = names.map { $0 == name ? id.description : $0 }
            }
        }
        let ids = names.filter { files[$0] == nil }
        var found = try spoolDirectory.find(ids)[...]
        var seen: Set<JobID> = []
        var seenPaths: Set<String> = []
        return names.compactMap { name in
            if let file = files[name] {
                return seenPaths.insert(file.path).inserted ? file : nil
            }
            guard let location = found.popFirst(), seen.insert(location.id).inserted else {
                return nil
            }
            return .job(location)
        }
    }

    /// The job that was submitted last: in a person's spool the last one of this project, else of none.
    ///
    /// - Parameter newest: the newest of all jobs, newest first, as far as they are known.
    /// - Returns: nil where there is none.
    func newestJob(
        in spoolDirectory: SpoolDirectory, among newest: [JobLocation]
    ) throws(SpoolError) -> JobLocation? {
        guard try spoolDirectory.isPersonal() else {
            if let known = newest.first { return known }
            return try spoolDirectory.newest()
        }
        let project = try project()
        for known in newest {
            if let found = try spoolDirectory.follow(known), found.job.project == project {
                return found.location
            }
        }
        if let own = try spoolDirectory.newest(where: { $0.project == project }) { return own }
        return try spoolDirectory.newest { $0.project == nil }
    }

    private func newestJob(
        in spoolDirectory: SpoolDirectory
    ) throws(SpoolError) -> JobLocation {
        if let newest = try newestJob(in: spoolDirectory, among: []) { return newest }
        let path = spoolDirectory.path
        let count = try spoolDirectory.locations().count
        guard count > 0 else { throw SpoolError(.notFound, "there is no job in \(path)") }
        let project = try project()
        throw SpoolError(
            .notFound,
            "no job of \(project) in \(path); \(count) more in other projects: name one")
    }

    /// Says what a job is called now that was a copy of another one, made by hand.
    func tellOwnID(of location: JobLocation, _ id: JobID) {
        if id != location.id { console.say("\(location.id) was a copy; it is \(id) now") }
    }

    func refuseOperands() throws(SpoolError) {
        if let first = operands.first { throw .usage("\"\(first)\": no operand is wanted here") }
    }

    // MARK: Times

    func timeSpan(_ option: String) throws(SpoolError) -> TimeSpan? {
        guard let text = value(option) else { return nil }
        if let span = TimeSpan(text) { return span }
        throw .usage("--\(option) \(text) \(TimeSpan.fault(of: text))")
    }
}
