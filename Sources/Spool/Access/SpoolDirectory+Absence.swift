import SpoolSystem

/// Where there is no spool, and where none may be made.
extension SpoolDirectory {
    /// - Parameter reason: what is there in its place; nil: nothing, or an empty directory.
    static func noSpool(at path: String, _ reason: String? = nil) -> SpoolError {
        var advice = "('spool init' makes one)"
        if let outer = enclosing(path) {
            advice = "(it lies inside of the spool \(outer))"
        } else if let reason {
            advice = "(\(reason); 'spool init' makes one in a new directory)"
        }
        return SpoolError(.notFound, "there is no spool at \(path) \(advice)", path: path)
    }

    /// Whether nothing, or an empty directory, is where a spool would be.
    package static func isAbsent(at path: String) -> Bool {
        do throws(Errno) {
            return try Directory(path: path).names(in: ".").isEmpty
        } catch {
            return error == .noEntry
        }
    }

    /// What lies in a spool is jobs, logs or what people keep beside them: another spool there would be taken for
    /// such, moved, or removed with them.
    static func requireOwnPlace(_ path: String) throws(SpoolError) {
        guard let outer = enclosing(path) else { return }
        throw SpoolError(
            .cannotCreate,
            "\(path): it lies inside of the spool \(outer), where no other one can be made: name a"
                + " directory elsewhere", path: path)
    }

    /// The spool in whose directory a path lies that is none itself; nil: there is none, or it may not be looked at.
    private static func enclosing(_ path: String) -> String? {
        var present = path.hasPrefix("/") ? path : "./" + path
        // What is there leads on to where it really lies, past links.
        while true {
            if let directory = try? Directory(path: present) {
                present = directory.presentPath() ?? present
                break
            }
            guard let parent = parent(of: present) else { return nil }
            present = parent
        }
        var candidate = Optional(present)
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
            guard let file = try Directory(path: directory).openIfPresent(formatFile),
                try file.status().kind == .regular
            else { return false }
            return try file.readAll(limit: 64)?.starts(with: Array("spool ".utf8)) ?? false
        } catch {
            // Nobody makes a spool in what he may not look into.
            return false
        }
    }
}
