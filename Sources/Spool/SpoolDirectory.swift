import SpoolSystem
import SpoolTime

/// A spool: a directory whose files are the whole state of a queue. Layout and rules: spool-format(5).
///
/// Any number of processes may use one spool at once; whoever renames first wins. The object holds nothing
/// but the open directory, and today's history.
public final class SpoolDirectory: Sendable {
    /// The version of the layout that this code reads and writes.
    package static let formatVersion = 1
    /// What this version writes into its format file.
    private static var formatText: String { "spool \(formatVersion)\n" }
    package static let formatFile = "format"

    package let root: Directory
    package let ids: JobIDGenerator
    /// For what was dropped: each gets the time of its dropping, also one that is found late.
    let dropIDs = JobIDGenerator(tolerance: .milliseconds(1))
    /// Now, in microseconds since the epoch.
    package let now: @Sendable () -> Instant
    package let rules: AdmissionRules
    /// Whether `now` is somebody's own reckoning, which the dates of files have to be compared with, too.
    let hasOwnClock: Bool
    let history = HistoryFile()
    private let facts = Facts()
    /// The directory itself, as it was when it was opened.
    let opened: FileStatus
    /// The user whose spool it is, and who has opened it.
    var owner: UInt32 { opened.owner }
    /// What has been found out, and holds as long as the spool is open.
    private final class Facts: @unchecked Sendable {
        let lock = Lock()
        var commitsInOrder: Bool?
        var isOfOneHost: Bool?
        /// Directories whose own names are known to be durable.
        var durableDirectories: [String: FileStatus.Identity] = [:]
    }

    /// Whether the file system commits what it has been told in that order (`Directory.commitsInOrder`). Asked
    /// once.
    package var commitsInOrder: Bool {
        facts.lock.held {
            let answer = facts.commitsInOrder ?? root.commitsInOrder()
            facts.commitsInOrder = answer
            return answer
        }
    }

    /// Whether no other host can use the spool at the same time (`Directory.isOfOneHost`). Asked once.
    package var isOfOneHost: Bool {
        facts.lock.held {
            let answer = facts.isOfOneHost ?? root.isOfOneHost()
            facts.isOfOneHost = answer
            return answer
        }
    }

    /// What a forked process that goes on with this object must keep open.
    package var descriptors: [CInt] { [root.number] + (history.number.map { [$0] } ?? []) }

    /// The path by which the spool was opened.
    public var path: String { root.path }

    /// Where the spool lies now: the path by which it was opened, unless it has been moved since.
    package func presentPath() -> String {
        // Through links too, as it was opened.
        let there = (try? root.statusOfTarget(path)) ?? nil
        return there?.identity == opened.identity ? path : root.presentPath() ?? path
    }

    /// Opens a spool.
    ///
    /// - Parameters:
    ///   - path: absolute, or relative to the working directory.
    ///   - create: whether a directory that isn't there, or is empty, is made a spool.
    /// - Throws: `.notASpool`; `.notFound` where there is none, and none is to be made; `.cannotCreate`, also where the
    ///   directory is another user's, others may write to it, or it would be made inside of another spool;
    ///   `.inputOutput`.
    public convenience init(at path: String, create: Bool = true) throws(SpoolError) {
        try self.init(at: path, create: create, rules: AdmissionRules())
    }

    package init(
        at path: String, create: Bool = true, rules: AdmissionRules,
        ids: JobIDGenerator = JobIDGenerator(),
        now: (@Sendable () -> Instant)? = nil
    ) throws(SpoolError) {
        root = try SpoolDirectory.openRoot(path, create: create)
        opened = try SpoolDirectory.requireOwn(root, isNew: create)
        self.ids = ids
        self.now = now ?? { Instant(nanoseconds: Clock.realtime()) }
        hasOwnClock = now != nil
        self.rules = rules
        try checkFormat(create: create)
    }

    /// In bytes. With the longest names that jobs are given of their files (`running/ID.ATTEMPT.progress`), a path stays
    /// below the limit of the kernel.
    package static let longestPath = 4_040

    private static func openRoot(_ path: String, create: Bool) throws(SpoolError) -> Directory {
        guard path.utf8.count <= longestPath else {
            throw SpoolError(
                .cannotCreate,
                "\(path): the path is \(path.utf8.count) bytes long; a spool's may be \(longestPath), as the paths"
                    + " of its files are longer: give it a shorter one, by a bind mount or a symbolic link"
                    + " to it")
        }
        do throws(Errno) {
            return try Directory(path: path)
        } catch {
            if !create, error == .notDirectory { throw noSpool(at: path, "it is no directory") }
            guard error == .noEntry else { throw SpoolError(error, "open", path) }
            guard create else { throw noSpool(at: path) }
        }
        try requireOwnPlace(path)
        try makeParents(of: path)
        return try onPath(path, "open") { () throws(Errno) in try Directory(path: path) }
    }

    private static func makeParents(of path: String) throws(SpoolError) {
        var prefix = path.hasPrefix("/") ? "/" : ""
        // The working directory may be one that can't be opened.
        let start = prefix.isEmpty ? "." : "/"
        let current = try onPath(start, "open") { () throws(Errno) in
            try Directory(path: start)
        }
        for component in path.split(separator: "/") {
            if !prefix.isEmpty, !prefix.hasSuffix("/") { prefix += "/" }
            prefix += component
            // mkdir(2) on what exists may be refused for other reasons first, so ask before.
            let exists = (try? current.status(of: prefix)) ?? nil
            if exists != nil { continue }
            try onPath(prefix, "mkdir") { () throws(Errno) in
                try current.makeDirectory(prefix)
                try Directory(path: prefix + "/..").sync()
            }
        }
    }
}

// MARK: - Layout and format

extension SpoolDirectory {
    /// Everything below the spool that is a directory from the beginning.
    package static let layout: [String] =
        Place.allCases.map(\.directory) + [
            "logs", "history", "cron.d", "handlers", "workers", "keys", "locks", "state", "tmp",
        ]

    /// What lies in a directory that isn't of a spool.
    static func strangeNames(in root: Directory) throws(Errno) -> [String] {
        try root.names(in: ".").filter { !layout.contains($0) && $0 != formatFile }
    }

    private func checkFormat(create: Bool) throws(SpoolError) {
        if let version = try readFormat() {
            guard version == SpoolDirectory.formatVersion else {
                throw SpoolError(
                    .notASpool,
                    "\(path): the spool has format \(version), this version of spool knows"
                        + " \(SpoolDirectory.formatVersion); use the newer version", path: path)
            }
            return
        }
        let strange = try onPath(path, "getdents64") { () throws(Errno) in
            try SpoolDirectory.strangeNames(in: root)
        }
        guard create else {
            throw SpoolDirectory.noSpool(
                at: path,
                strange.isEmpty
                    ? nil : "the directory has no file \"format\", and holds other things")
        }
        guard strange.isEmpty else {
            throw SpoolError(
                .notASpool,
                "\(path): this directory is not a spool (it has no file \"format\"); name an empty or"
                    + " a new directory", path: path)
        }
        try SpoolDirectory.requireOwnPlace(path)
        try makeLayout()
    }

    /// Whether it is one person's, who works in projects: neither root's nor a user's of the system, whose numbers are
    /// below 1000.
    package func isPersonal() throws(SpoolError) -> Bool {
        let status = try onPath(path, "stat") { () throws(Errno) in try root.status() }
        return status.owner >= 1000
    }

    /// What is to be said where the spool that was opened is none any more. Its format file, without which nothing in
    /// it means anything, goes with all of it, or shows that it is about to go.
    ///
    /// - Returns: nil: it is still there, or that can't be found out.
    package func removal() -> SpoolError? {
        do throws(Errno) {
            if try root.status(of: SpoolDirectory.formatFile) != nil { return nil }
        } catch {
            return nil
        }
        return SpoolError(
            .notFound,
            "\(path): the spool was removed: its file \"\(SpoolDirectory.formatFile)\" is gone",
            path: path)
    }

    private func readFormat() throws(SpoolError) -> Int? {
        let name = SpoolDirectory.formatFile
        let bytes = try onPath(path + "/" + name, "read") { () throws(Errno) -> [UInt8]? in
            guard let file = try root.openIfPresent(name) else { return nil }
            return try file.status().kind == .regular ? file.readAll(limit: 64) ?? [] : []
        }
        guard let bytes else { return nil }
        if bytes.elementsEqual(SpoolDirectory.formatText.utf8) {
            return SpoolDirectory.formatVersion
        }
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == "spool", let version = Int(words[1]) else {
            throw SpoolError(
                .notASpool,
                "\(path)/\(name): \"spool \(SpoolDirectory.formatVersion)\" is wanted here; the file"
                    + " is damaged, or this is not a spool", path: path)
        }
        return version
    }

    /// Several processes may do this at the same time. The format file comes last: where it stands, the
    /// directories do.
    private func makeLayout() throws(SpoolError) {
        for name in SpoolDirectory.layout {
            try onPath(path + "/" + name, "mkdir") { () throws(Errno) in
                try root.makeDirectory(name)
            }
        }
        let text = SpoolDirectory.formatText
        try publish(Array(text.utf8), as: SpoolDirectory.formatFile, .replace, sync: .full)
    }

    /// Makes a directory of the layout, or below it, that isn't there (any more). Its own name is durable
    /// before a job gets a name in it, which else would go with it.
    package func makeDirectory(_ name: String) throws(SpoolError) {
        if let end = name.lastIndex(of: "/") {
            try requireNoLink(onTheWayTo: String(name[..<end]))
        }
        try onPath(path + "/" + name, "mkdir") { () throws(Errno) in try root.makeDirectory(name) }
        try syncDirectory(ofPath: name)
    }

    /// The same for a directory that is there, if it is: somebody else may have made it just now, and not have synced
    /// that yet. Where the file system commits in order, its name comes before those in it anyway.
    ///
    /// - Parameter status: of the directory; nil where it isn't there.
    func flushDirectory(
        of location: JobLocation, _ status: FileStatus?
    ) throws(SpoolError) {
        guard location.subdirectory != nil, !commitsInOrder else { return }
        let name = location.directory
        guard let identity = status?.identity,
            facts.lock.held({ facts.durableDirectories[name] }) != identity
        else { return }
        try syncDirectory(ofPath: name)
        facts.lock.held { facts.durableDirectories[name] = identity }
    }
}
