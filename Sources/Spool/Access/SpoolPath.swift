import SpoolSystem

/// The paths at which there is no spool, and those at which none may be made.
package enum SpoolPath {
    /// - Parameter reason: a description of what is there in its place; nil: nothing, or an empty directory.
    static func noSpool(at path: String, _ reason: String? = nil) -> SpoolError {
        var advice = "('spool init' makes one)"
        if let outer = enclosing(path) {
            advice = "(it lies inside of the spool \(outer))"
        } else if let reason {
            advice = "(\(reason); 'spool init' makes one in a new directory)"
        }
        return SpoolError(.notFound, "there is no spool at \(path) \(advice)", path: path)
    }

    /// Whether nothing, or an empty directory, is at the path of a spool.
    package static func isAbsent(at path: String) -> Bool {
        do throws(Errno) {
            return try Directory(path: path).names(in: ".").isEmpty
        } catch {
            return error == .noEntry
        }
    }

    /// The files in a spool are jobs, logs, or those that people keep beside them. Another spool there would be taken
    /// for such files, and moved or removed with them.
    static func requireOwnPlace(_ path: String) throws(SpoolError) {
        guard let outer = enclosing(path) else { return }
        throw SpoolError(
            .cannotCreate,
            "\(path): it lies inside of the spool \(outer), where no other one can be made: name a"
                + " directory elsewhere", path: path)
    }

    /// The spool that contains a path which is no spool itself; nil: there is none, or it may not be looked at.
    private static func enclosing(_ path: String) -> String? {
        let whole = path.hasPrefix("/") ? path : "./" + path
        var present = whole
        var candidate: String?
        // The existing part of the path leads on to where it really lies, past links.
        while true {
            if let directory = try? Directory(path: present) {
                let place = directory.presentPath() ?? present
                // Somebody else may be making a spool at the path itself right now.
                candidate = present == whole ? parent(of: place) : place
                break
            }
            guard let parent = parent(of: present) else { return nil }
            present = parent
        }
        while let directory = candidate {
            if isSpool(directory) { return directory }
            candidate = parent(of: directory)
        }
        return nil
    }

    /// nil for `/` and `.`.
    private static func parent(of path: String) -> String? {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), path != "/" else {
            return nil
        }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func isSpool(_ directory: String) -> Bool {
        do throws(Errno) {
            guard let file = try Directory(path: directory).openIfPresent(SpoolLayout.formatFile),
                try file.status().kind == .regular
            else { return false }
            return try file.readAll(limit: 64)?.starts(with: Array("spool ".utf8)) ?? false
        } catch {
            // Nobody makes a spool in a directory that he may not look into.
            return false
        }
    }

    /// The names in a directory that aren't those of a spool.
    static func strangeNames(in root: Directory) throws(Errno) -> [String] {
        try root.names(in: ".").filter {
            !SpoolLayout.directories.contains($0) && $0 != SpoolLayout.formatFile
        }
    }

    /// In bytes. With the longest names that jobs get from their files (`running/ID.ATTEMPT.progress`), a path stays
    /// below the limit of the kernel.
    package static let longest = 4_040

    static func open(_ path: String, create: Bool) throws(SpoolError) -> Directory {
        guard path.utf8.count <= longest else {
            throw SpoolError(
                .cannotCreate,
                "\(path): the path is \(path.utf8.count) bytes long; a spool's may be \(longest), as the paths"
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
            // mkdir(2) on an existing name may be refused for other reasons first, so ask before.
            let exists = (try? current.status(of: prefix)) ?? nil
            if exists != nil { continue }
            try onPath(prefix, "mkdir") { () throws(Errno) in
                try current.makeDirectory(prefix)
                try Directory(path: prefix + "/..").sync()
            }
        }
    }
}
