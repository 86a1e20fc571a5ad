import Spool
import SpoolSystem

/// The surroundings of a command: who calls it, which spool is meant, and who hears of what happens on the way.
/// It prints nothing: each front has its own.
package struct Context {
    let caller: Caller
    /// The spool's path if the request names it; nil: the caller's environment does.
    private(set) var directory: String?
    /// The word that messages have for a field of a request. The callers of one front know
    /// options, those of another the fields.
    let word: (RequestField) -> String
    /// Takes a line for a person, at the moment it is about.
    let remark: (String) -> Void

    /// - Parameters:
    ///   - directory: the spool's path if the request names it; nil: the caller's environment does.
    ///   - remark: takes a line for a person, at the moment it is about.
    ///   - word: what messages call a field of a request.
    package init(
        caller: Caller, directory: String? = nil,
        remark: @escaping (String) -> Void = { _ in },
        word: @escaping (RequestField) -> String = { "\"\($0.rawValue)\"" }
    ) {
        self.caller = caller
        self.directory = directory
        self.word = word
        self.remark = remark
    }

    // MARK: Values that don't fit

    /// - Throws: `.invalidRequest` if the number of a field isn't within the range.
    func require(
        _ number: Int, _ range: ClosedRange<Int>, _ field: RequestField
    ) throws(SpoolError) {
        guard !range.contains(number) else { return }
        throw .usage(
            "\(word(field)) \(number): a number from \(range.lowerBound) to \(range.upperBound)"
                + " is wanted")
    }

    // MARK: The spool

    /// The path of the spool that is meant, absolute.
    package func spoolPath() throws(SpoolError) -> String {
        if let directory { return try caller.absolute(directory) }
        if let path = try caller.variable("SPOOL_DIR"), !path.isEmpty {
            return try caller.absolute(path)
        }
        if ProcessControl.isRoot { return "/var/spool/jobs" }
        guard let home = try caller.variable("HOME"), home.hasPrefix("/") else {
            throw .usage(
                "no spool is named: set SPOOL_DIR, or HOME, or write \(word(.directory)) DIRECTORY")
        }
        return home + "/.spool"
    }

    /// Opens the spool for a command that only shows what there is: nothing is made for it.
    ///
    /// - Returns: nil if nobody has named a spool, and there is none yet in the place of the default one.
    func openSpoolIfThere() throws(SpoolError) -> SpoolDirectory? {
        do throws(SpoolError) {
            return try openSpool(create: false)
        } catch {
            guard error.code == .notFound, try !namesSpool(),
                SpoolPath.isAbsent(at: try spoolPath())
            else { throw error }
            return nil
        }
    }

    /// Whether the request or the environment says which spool is meant.
    private func namesSpool() throws(SpoolError) -> Bool {
        if directory != nil { return true }
        return try caller.variable("SPOOL_DIR")?.isEmpty == false
    }

    func openSpool(create: Bool = true) throws(SpoolError) -> SpoolDirectory {
        let path = try spoolPath()
        // The spool of a running job may have been moved: nobody may look at what is put here then.
        let own = create && directory == nil ? try ownJob : nil
        let isLost = own != nil && !FilePath(path).exists
        let opened = try open(path, create: create)
        if isLost {
            remark(
                "\(path): there was no spool, so one was made; the one that this command's job is of"
                    + " was moved or removed, or SPOOL_DIR was changed")
        }
        return opened
    }

    /// Opens a spool. If its place can't be used, and nobody has named that, the error says where the place comes from.
    private func open(_ path: String, create: Bool) throws(SpoolError) -> SpoolDirectory {
        do throws(SpoolError) {
            return try SpoolDirectory(at: path, create: create)
        } catch {
            guard error.systemCall == "mkdir", try !namesSpool(), !ProcessControl.isRoot else {
                throw error
            }
            throw SpoolError(
                error.code,
                "\(error.message) (the spool's place comes from HOME; SPOOL_DIR names another)",
                path: error.path)
        }
    }

    /// Makes this process, which is root's, one of the spool's owner.
    ///
    /// - Returns: the same context, with the path of the spool that was looked at.
    func asOwner() throws(SpoolError) -> Context {
        var owned = self
        let path = try spoolPath()
        try SpoolPath.becomeOwner(of: path)
        owned.directory = path
        return owned
    }

    // MARK: The caller's project and job

    /// The project of the caller, that of the working directory.
    func project() throws(SpoolError) -> String {
        Context.project(of: try caller.workingDirectory())
    }

    /// The project that a directory is in: the nearest directory with a `.git`, from it upwards; else the directory
    /// itself. If the caller may not look for one, there is none for him, now and whenever he asks for these jobs.
    static func project(of directory: String) -> String {
        var candidate = directory[...]
        while let slash = candidate.utf8.lastIndex(of: UInt8(ascii: "/")), candidate.utf8.count > 1
        {
            let path = String(candidate)
            if FilePath(path + "/.git").exists { return path }
            candidate = Substring(candidate.utf8[..<slash])
        }
        return directory
    }

    /// The job whose command the program was started by; nil outside of jobs.
    var ownJob: JobID? {
        get throws(SpoolError) { try caller.variable("SPOOL_JOB_ID").flatMap { JobID($0) } }
    }

    /// The own job, the one that submitted it, the one that submitted that, and so on. As long as this command waits,
    /// the own job can't end, nor can the others if they wait for it.
    func ownJobs(in spool: SpoolDirectory) throws(SpoolError) -> Set<JobID> {
        var found: Set<JobID> = []
        var next = try ownJob
        // A job may name any parent, also in a circle.
        while let id = next, found.insert(id).inserted {
            next = (try? spool.entry(of: id))?.job?.parent
        }
        return found
    }

    /// A job that waits for its own end has none.
    func refuseOwnJob(among ids: [JobID]) throws(SpoolError) {
        guard let ownJob = try ownJob, ids.contains(ownJob) else { return }
        throw .usage(
            "\(ownJob) is the job that this command runs in ($SPOOL_JOB_ID): it can't end while it waits for itself"
        )
    }

    // MARK: Several things, one after the other

    /// Does something to one of several things. If that fails, it is said, and the command goes on with the others.
    ///
    /// - Parameter failures: takes the error.
    /// - Returns: whether it was done.
    @discardableResult
    func attempt(_ failures: inout [SpoolError], _ body: () throws(SpoolError) -> Void) -> Bool {
        do throws(SpoolError) {
            try body()
            return true
        } catch {
            remark(error.message)
            failures.append(error)
            return false
        }
    }

    /// Says what a job is called now that was a copy of another one, made by hand.
    func remarkOwnID(of location: JobLocation, _ id: JobID) {
        if id != location.id { remark("\(location.id) was a copy; it is \(id) now") }
    }
}
