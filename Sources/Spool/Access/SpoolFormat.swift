import SpoolSystem

/// The file that says that a directory is a spool, and of which format.
package struct SpoolFormat: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Reads it, and makes a spool of an empty directory.
    ///
    /// - Parameter create: whether one may be made.
    func check(create: Bool) throws(SpoolError) {
        if let version = try readFormat() {
            guard version == SpoolLayout.formatVersion else {
                throw SpoolError(
                    .notASpool,
                    "\(storage.path): the spool has format \(version), this version of spool knows"
                        + " \(SpoolLayout.formatVersion); use the newer version", path: storage.path
                )
            }
            return
        }
        let strange = try onPath(storage.path, "getdents64") { () throws(Errno) in
            try SpoolPath.strangeNames(in: storage.root)
        }
        guard create else {
            throw SpoolPath.noSpool(
                at: storage.path,
                strange.isEmpty
                    ? nil : "the directory has no file \"format\", and holds other things")
        }
        guard strange.isEmpty else {
            throw SpoolError(
                .notASpool,
                "\(storage.path): this directory is not a spool (it has no file \"format\"); name an empty or"
                    + " a new directory", path: storage.path)
        }
        try SpoolPath.requireOwnPlace(storage.path)
        try makeLayout()
    }

    private func readFormat() throws(SpoolError) -> Int? {
        let name = SpoolLayout.formatFile
        let bytes = try onPath(storage.path + "/" + name, "read") { () throws(Errno) -> [UInt8]? in
            guard let file = try storage.root.openIfPresent(name) else { return nil }
            return try file.status().kind == .regular ? file.readAll(limit: 64) ?? [] : []
        }
        guard let bytes else { return nil }
        if bytes.elementsEqual(SpoolLayout.formatText.utf8) {
            return SpoolLayout.formatVersion
        }
        let words = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 2, words[0] == "spool", let version = Int(words[1]) else {
            throw SpoolError(
                .notASpool,
                "\(storage.path)/\(name): \"spool \(SpoolLayout.formatVersion)\" is wanted here; the file"
                    + " is damaged, or this is not a spool", path: storage.path)
        }
        return version
    }

    /// Several processes may do this at the same time. The format file is created last: if it exists, all directories
    /// exist.
    private func makeLayout() throws(SpoolError) {
        for name in SpoolLayout.directories {
            try onPath(storage.path + "/" + name, "mkdir") { () throws(Errno) in
                try storage.root.makeDirectory(name)
            }
        }
        let text = SpoolLayout.formatText
        try FileWriter(storage).publish(
            Array(text.utf8), as: SpoolLayout.formatFile, .replace, sync: .full)
    }

    /// The error to report if the spool was deleted after it was opened; nil if it exists, or if that can't be found
    /// out. Its format file, without which nothing in it means anything, goes with all of it, or shows that it is about
    /// to go.
    package func deletionError() -> SpoolError? {
        do throws(Errno) {
            if try storage.root.status(of: SpoolLayout.formatFile) != nil { return nil }
        } catch {
            return nil
        }
        return SpoolError(
            .notFound,
            "\(storage.path): the spool was removed: its file \"\(SpoolLayout.formatFile)\" is gone",
            path: storage.path)
    }
}
