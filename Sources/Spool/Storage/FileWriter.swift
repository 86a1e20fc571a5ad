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

/// Writes files to tmp/, and gives them their places.
package struct FileWriter: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Writes a file to tmp/. It is locked, so that a sweep leaves it alone. If it goes to running/, it is thus locked
    /// from its first instant there.
    package func writeTemporary(_ bytes: [UInt8], sync: Job.SyncMode) throws(SpoolError)
        -> TemporaryFile
    {
        try writeTemporary(bytes, as: "tmp/\(storage.ids.make(at: storage.now())).json", sync: sync)
    }

    /// - Parameter name: one that nothing else has.
    package func writeTemporary(
        _ bytes: [UInt8], as name: String, sync: Job.SyncMode
    ) throws(SpoolError) -> TemporaryFile {
        try storage.inLayout(name, "write") { () throws(Errno) -> TemporaryFile in
            let descriptor = try storage.root.open(name, [.readWrite, .create, .exclusive])
            let status: FileStatus
            do throws(Errno) {
                // Nobody else knows the name yet; a sweep that was quicker sees an age of nothing.
                _ = try descriptor.tryLock()
                try descriptor.write(bytes)
                if sync == .full { try flushContent(of: descriptor) }
                status = try descriptor.status()
            } catch {
                // If it stays, it is swept later.
                try? storage.root.remove(name)
                throw error
            }
            return TemporaryFile(
                file: LockedFile(descriptor: descriptor, status: status), name: name,
                root: storage.root)
        }
    }

    /// Sees to it that a name which is durable from now on has this content. If the file system commits in order, the
    /// content need only be written: the sync of the name commits both at once.
    package func flushContent(of file: borrowing Descriptor) throws(Errno) {
        if storage.traits.commitsInOrder { try file.writeBack() } else { try file.sync() }
    }

    /// The one function that gives a file its place: its content secured in tmp/, renamed, the directory synced.
    package func publish(
        _ bytes: [UInt8], as target: String, _ rule: Directory.RenameRule, sync: Job.SyncMode
    ) throws(SpoolError) {
        let file = try writeTemporary(bytes, sync: sync)
        try publish(file, as: target, rule)
        if sync == .full { try storage.syncDirectory(ofPath: target) }
    }

    /// Puts a text in the place of a file of the spool, all at once and durably, unless somebody else has changed it.
    ///
    /// - Parameter expected: the text that stood there when the new one was made; nil: no file.
    /// - Throws: `.busy` if another text stands there by now, which is left as it is.
    package func replace(
        _ name: String, with text: [UInt8], expecting expected: [UInt8]?
    ) throws(SpoolError) {
        let draft = try writeTemporary(text, sync: .full)
        do throws(Errno) {
            try storage.root.rename(draft.name, to: name, expected == nil ? .fresh : .exchange)
        } catch {
            if error == .exists || error == .noEntry { throw changedMeanwhile(name) }
            throw SpoolError(error, "rename", storage.path + "/" + name)
        }
        guard let expected else {
            draft.forgetName()
            return try storage.syncDirectory(ofPath: name)
        }
        // The former text lies under the draft's name now. If it were compared before, another writer could come
        // between. A text that can't be read any more isn't the expected one either.
        guard (try? storage.contents(of: draft.name, limit: 1 << 30)) == expected else {
            try onPath(storage.path + "/" + name, "rename") { () throws(Errno) in
                try storage.root.rename(draft.name, to: name, .exchange)
            }
            throw changedMeanwhile(name)
        }
        try storage.syncDirectory(ofPath: name)
    }

    private func changedMeanwhile(_ name: String) -> SpoolError {
        SpoolError(
            .busy,
            "\(storage.path)/\(name): somebody else has changed it meanwhile; it is left as it is",
            path: storage.path + "/" + name)
    }

    /// The second half of `publish`, for a caller that syncs many at once.
    ///
    /// - Parameter keepsOpen: whether the file stays open, for a caller that goes on with it.
    package func publish(
        _ file: TemporaryFile, as target: String, _ rule: Directory.RenameRule,
        keepsOpen: Bool = false
    ) throws(SpoolError) {
        try storage.requireNoLink(onTheWayTo: SpoolLayout.directory(of: target))
        try storage.inLayout(target, "rename") { () throws(Errno) in
            // A process that finds it in its place must find it free, and is told of it once. If it were closed there,
            // it would be reported as a file that was written there.
            if keepsOpen || !storage.root.replace(file.file.descriptor) {
                try file.file.descriptor.unlock()
            }
            try storage.root.rename(file.name, to: target, rule)
        }
        file.forgetName()
        file.isPublished = true
    }
}
