import SpoolSystem

/// Plain questions about files, with errors that name them.
extension SpoolDirectory {
    package func exists(_ location: JobLocation) throws(SpoolError) -> Bool {
        try onPath(path + "/" + location.path, "stat") { () throws(Errno) in
            try root.status(of: location.path) != nil
        }
    }

    /// How much room its file system has.
    package func space() throws(SpoolError) -> Directory.Space {
        try onPath(path, "statvfs") { () throws(Errno) in try root.space() }
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
        do throws(SpoolError) {
            try onPath(path + "/" + directory, "getdents64") { () throws(Errno) in
                try root.forEachRawEntry(in: directory, body)
            }
        } catch {
            if error.errno == Errno.notDirectory.rawValue {
                try requireNoLink(onTheWayTo: directory)
            }
            throw error
        }
    }

    /// What lies behind a symbolic link that was put in a directory's place is not of this spool: it is neither
    /// run nor taken to dead-letter/.
    ///
    /// - Parameter directory: in the spool.
    func requireNoLink(onTheWayTo directory: String) throws(SpoolError) {
        let parts = directory.split(separator: "/")
        for count in parts.indices {
            let directory = parts[...count].joined(separator: "/")
            let status = try onPath(self.path + "/" + directory, "stat") { () throws(Errno) in
                try root.status(of: directory)
            }
            guard status?.kind == .symlink else { continue }
            throw SpoolError(
                .inputOutput,
                "\(self.path)/\(directory): is a symbolic link, and nothing behind it is touched; put the"
                    + " directory back, or mount what shall lie there", path: self.path)
        }
    }

    /// The content of a file of the spool; nil when there is none.
    package func contents(of name: String, limit: Int) throws(SpoolError) -> [UInt8]? {
        let bytes = try onPath(path + "/" + name, "read") { () throws(Errno) -> [UInt8]?? in
            guard let file = try root.openIfPresent(name) else { return nil }
            return .some(try file.readAll(limit: limit))
        }
        guard let bytes else { return nil }
        guard let bytes else {
            throw SpoolError(
                .invalidJob, "\(path)/\(name): larger than \(limit) bytes, the limit")
        }
        return bytes
    }
}

/// Which names in incoming/ are meant to become jobs.
package enum DropIn {
    /// Files that begin with a dot or don't end in `.json` are none of ours: writers use such names until
    /// they are done.
    package static func isCandidate(_ name: String) -> Bool {
        !name.hasPrefix(".") && name.hasSuffix(".json")
    }
}

extension Directory.Entry {
    package var isDropIn: Bool { DropIn.isCandidate(name) }
}
