import SpoolSystem

/// A file in tmp/, written and locked by this process, that has no place in the spool yet. Unless it is
/// published, its name goes with it.
package final class TemporaryFile {
    package let file: LockedFile
    package let name: String
    private let root: Directory
    private var hasName = true
    /// Whether it has got its place in the spool.
    fileprivate(set) var isPublished = false

    fileprivate init(file: LockedFile, name: String, root: Directory) {
        self.file = file
        self.name = name
        self.root = root
    }

    /// The name in tmp/ is another's now, or nobody's.
    package func forgetName() { hasName = false }

    deinit {
        // A leftover costs nothing and is swept later, so a failure here needs no answer.
        if hasName { try? root.remove(name) }
    }
}

extension SpoolDirectory {
    /// Writes a file to tmp/. It is locked, so that a sweep leaves it alone, and so that it is locked from
    /// its first instant in running/ when that is where it goes.
    package func writeTemporary(_ bytes: [UInt8], sync: SyncMode) throws(SpoolError)
        -> TemporaryFile
    {
        try writeTemporary(bytes, as: "tmp/\(ids.make(at: now())).json", sync: sync)
    }

    /// - Parameter name: one that nothing else has.
    package func writeTemporary(
        _ bytes: [UInt8], as name: String, sync: SyncMode
    ) throws(SpoolError) -> TemporaryFile {
        try inLayout(name, "write") { () throws(Errno) -> TemporaryFile in
            let descriptor = try root.open(name, [.readWrite, .create, .exclusive])
            let status: FileStatus
            do throws(Errno) {
                // Nobody else knows the name yet; a sweep that was quicker sees an age of nothing.
                _ = try descriptor.tryLock()
                try descriptor.write(bytes)
                if sync == .full { try flushContent(of: descriptor) }
                status = try descriptor.status()
            } catch {
                // It is swept later where it stays.
                try? root.remove(name)
                throw error
            }
            return TemporaryFile(
                file: LockedFile(descriptor: descriptor, status: status), name: name, root: root)
        }
    }

    /// Sees to it that a name which is durable from now on has this content: where file systems commit in order,
    /// it need only be written, and the sync of the name commits both at once.
    package func flushContent(of file: borrowing Descriptor) throws(Errno) {
        if commitsInOrder { try file.writeBack() } else { try file.sync() }
    }

    /// The one function that gives a file its place: its content secured in tmp/, renamed, the directory synced.
    package func publish(
        _ bytes: [UInt8], as target: String, _ rule: Directory.RenameRule, sync: SyncMode
    ) throws(SpoolError) {
        let file = try writeTemporary(bytes, sync: sync)
        try publish(file, as: target, rule)
        if sync == .full { try syncDirectory(ofPath: target) }
    }

    /// Puts a text in the place of a file of the spool, all at once and durably, unless somebody else has changed it.
    ///
    /// - Parameter expected: what stood there when the text was made; nil: no file.
    /// - Throws: `.busy` where something else stands there by now, and is left as it is.
    package func replace(
        _ name: String, with text: [UInt8], expecting expected: [UInt8]?
    ) throws(SpoolError) {
        let draft = try writeTemporary(text, sync: .full)
        do throws(Errno) {
            try root.rename(draft.name, to: name, expected == nil ? .fresh : .exchange)
        } catch {
            if error == .exists || error == .noEntry { throw changedMeanwhile(name) }
            throw SpoolError(error, "rename", path + "/" + name)
        }
        guard let expected else {
            draft.forgetName()
            return try syncDirectory(ofPath: name)
        }
        // What stood there lies under the draft's name now. Were it compared before, another writer could
        // come between.
        // What can't be read any more isn't what was expected either.
        guard (try? contents(of: draft.name, limit: 1 << 30)) == expected else {
            try onPath(path + "/" + name, "rename") { () throws(Errno) in
                try root.rename(draft.name, to: name, .exchange)
            }
            throw changedMeanwhile(name)
        }
        try syncDirectory(ofPath: name)
    }

    private func changedMeanwhile(_ name: String) -> SpoolError {
        SpoolError(
            .busy, "\(path)/\(name): somebody else has changed it meanwhile; it is left as it is",
            path: path + "/" + name)
    }

    /// The second half of `publish`, for a caller that syncs many at once.
    ///
    /// - Parameter keepsOpen: whether the file stays open, for a caller that goes on with it.
    package func publish(
        _ file: TemporaryFile, as target: String, _ rule: Directory.RenameRule,
        keepsOpen: Bool = false
    ) throws(SpoolError) {
        if let end = target.lastIndex(of: "/") {
            try requireNoLink(onTheWayTo: String(target[..<end]))
        }
        try inLayout(target, "rename") { () throws(Errno) in
            // Whoever finds it in its place must find it free, and is told of it once: closed there, it would be a
            // file that was written there.
            if keepsOpen || !root.replace(file.file.descriptor) {
                try file.file.descriptor.unlock()
            }
            try root.rename(file.name, to: target, rule)
        }
        file.forgetName()
        file.isPublished = true
    }

    /// Makes the names in the directory of `target` durable.
    package func syncDirectory(ofPath target: String) throws(SpoolError) {
        let directory = target.lastIndex(of: "/").map { String(target[..<$0]) }
        try withoutLinks(to: directory ?? "") { () throws(SpoolError) in
            try onPath(path + "/" + (directory ?? "."), "fsync") { () throws(Errno) in
                guard let directory else { return try root.sync() }
                try root.subdirectory(directory).sync()
            }
        }
    }
}
