import SpoolSystem

/// Plain questions about files, with errors that name them.
extension Storage {
    package func status(of name: String) throws(SpoolError) -> FileStatus? {
        try onPath(path + "/" + name, "stat") { () throws(Errno) in try root.status(of: name) }
    }

    package func isThere(_ name: String) throws(SpoolError) -> Bool { try status(of: name) != nil }

    /// - Returns: whether there was such a file.
    @discardableResult
    package func remove(_ name: String) throws(SpoolError) -> Bool {
        try onPath(path + "/" + name, "unlink") { () throws(Errno) in try root.removeIfPresent(name)
        }
    }

    /// How much room its file system has.
    package func space() throws(SpoolError) -> FileSystem.Space {
        try onPath(path, "statvfs") { () throws(Errno) in try FileSystem(of: root).space() }
    }

    package func forEachEntry(
        in directory: String, _ body: (Directory.Entry) -> Void
    ) throws(SpoolError) {
        try forEachRawEntry(in: directory) { body($0.entry) }
    }

    /// The same for directories that may hold a million files.
    package func forEachRawEntry(
        in directory: String, _ body: (Directory.RawEntry) -> Void
    ) throws(SpoolError) {
        try onListing(directory) { () throws(Errno) in
            try root.forEachRawEntry(in: directory, body)
        }
    }

    /// Runs a listing of a directory of the spool, with an error that names it, or the link in its place.
    package func onListing<Value>(
        _ directory: String, _ body: () throws(Errno) -> Value
    ) throws(SpoolError) -> Value {
        try withoutLinks(to: directory) { () throws(SpoolError) in
            try onPath(path + "/" + directory, "getdents64", body)
        }
    }

    /// Runs an operation that fails at a symbolic link in a directory's place, and names the link then.
    ///
    /// - Parameter directory: in the spool.
    package func withoutLinks<Value: ~Copyable>(
        to directory: String, _ body: () throws(SpoolError) -> Value
    ) throws(SpoolError) -> Value {
        do throws(SpoolError) {
            return try body()
        } catch {
            if [Errno.notDirectory.rawValue, Errno.loop.rawValue].contains(error.errno) {
                try requireNoLink(onTheWayTo: directory)
            }
            throw error
        }
    }

    /// Requires that no symbolic link was put in a directory's place. The files behind such a link are not of this
    /// spool: they are neither run nor taken to dead-letter/, and nothing is written there.
    ///
    /// Opening a file follows no link (`Directory.open`); this is for names that are given, by rename(2) and mkdir(2).
    /// Only the owner of the spool can put a link there, so that nobody races with it.
    ///
    /// - Parameter directory: in the spool.
    /// - Returns: the status of the directory itself; nil if it isn't there.
    @discardableResult
    package func requireNoLink(onTheWayTo directory: String) throws(SpoolError) -> FileStatus? {
        var last: FileStatus?
        var end = directory.startIndex
        while end < directory.endIndex {
            end = directory[end...].dropFirst().firstIndex(of: "/") ?? directory.endIndex
            let name = String(directory[..<end])
            let status = try onPath(path + "/" + name, "stat") { () throws(Errno) in
                try root.status(of: name)
            }
            if let status { try requireNoLink(name, status) }
            last = status
        }
        return last
    }

    package func requireNoLink(_ directory: String, _ status: FileStatus) throws(SpoolError) {
        guard status.kind == .symlink else { return }
        throw SpoolError(
            .inputOutput,
            "\(path)/\(directory): is a symbolic link, and nothing behind it is touched; put the"
                + " directory back, or mount what shall lie there", path: path)
    }

    /// The content of a file of the spool; nil if there is none.
    ///
    /// - Parameter isSteering: whether its content is obeyed.
    /// - Throws: `.invalidJob` for a file that is too large. Also for one that is to be obeyed and may have been
    ///   written by others than the owner of the spool.
    package func contents(
        of name: String, limit: Int, isSteering: Bool = true
    ) throws(SpoolError) -> [UInt8]? {
        var reason: String?
        let bytes = try onPath(path + "/" + name, "read") { () throws(Errno) -> [UInt8]?? in
            guard let file = try root.openIfPresent(name) else { return nil }
            let status = try file.status()
            if status.kind == .other {
                reason = "it is a FIFO, socket or device; put a plain file in its place"
            } else if isSteering {
                reason = trust.distrust(of: file, status)
            }
            return .some(reason == nil ? try file.readAll(limit: limit) : nil)
        }
        if let reason { throw SpoolError(.invalidJob, "\(path)/\(name): \(reason)") }
        guard let bytes else { return nil }
        guard let bytes else {
            throw SpoolError(
                .invalidJob, "\(path)/\(name): larger than \(limit) bytes, the limit")
        }
        return bytes
    }

    /// Runs an operation that needs a directory of the layout, which somebody may have removed.
    package func inLayout<Value: ~Copyable>(
        _ name: String, _ call: String, _ body: () throws(Errno) -> Value
    ) throws(SpoolError) -> Value {
        do {
            return try body()
        } catch {
            if error == .loop { try requireNoLink(onTheWayTo: SpoolLayout.directory(of: name)) }
            let advice =
                error == .noEntry
                ? "where its directory is missing, 'spool check --repair' makes it" : nil
            throw SpoolError(
                error, error == .noLocks ? "flock" : call, path + "/" + name, advice: advice)
        }
    }
}
