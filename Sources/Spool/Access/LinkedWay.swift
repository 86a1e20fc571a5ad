import SpoolSystem

/// The way to the target of a symbolic link that is obeyed, through all further links. A user who can change any part
/// of the way decides what is run.
///
/// Each directory, each link and the file at the end must therefore belong to the owner of the spool, or to root.
/// Nobody else may write there. A target that nobody else can change is still the same when it is run.
struct LinkedWay {
    private let storage: Storage
    private let start: [String]
    /// As the kernel has it.
    private static let mostLinks = 40

    /// - Parameter directory: the directory in which the link lies, below the spool.
    init(_ storage: Storage, from directory: String) {
        self.storage = storage
        // Free of links, so that `..` means what it means to the kernel.
        let root = storage.root.presentPath() ?? storage.presentPath()
        start = (root + "/" + directory).split(separator: "/").map(String.init)
    }

    /// - Returns: the part of the way that isn't trusted, and why. nil if the way is sound, or leads nowhere, which the
    ///   start of its target will show.
    func fault(of name: String) throws(SpoolError) -> String? {
        var directory = start
        // The parts that are still to be followed, the next part last.
        var rest = [name]
        var links = 0
        while let part = rest.popLast() {
            if part == "." || part.isEmpty { continue }
            if part == ".." {
                _ = directory.popLast()
                continue
            }
            let path = "/" + directory.joined(separator: "/")
            if let fault = try fault(ofDirectory: path) { return fault }
            let next = (directory.isEmpty ? "" : path) + "/" + part
            guard let status = try status(of: next) else { return nil }
            switch status.kind {
            case .symlink:
                links += 1
                // If the way goes round and round, nothing can be run.
                guard links <= LinkedWay.mostLinks else { return nil }
                if let fault = ownerFault(status) { return "\(next), a link: \(fault)" }
                let target = try onPath(next, "readlink") { () throws(Errno) in
                    try FilePath(next).linkTarget()
                }
                guard let target = String(validating: target, as: UTF8.self) else {
                    return "\(next), a link whose target is not UTF-8"
                }
                if target.hasPrefix("/") { directory = [] }
                rest += target.split(separator: "/").reversed().map(String.init)
            case .directory: directory.append(part)
            default:
                guard rest.isEmpty else { return nil }
                return storage.trust.distrust(of: status).map { "\(next): \($0)" }
            }
        }
        return nil
    }

    private func status(of path: String) throws(SpoolError) -> FileStatus? {
        try onPath(path, "stat") { () throws(Errno) in
            // The path is absolute.
            try storage.root.status(of: path)
        }
    }

    private func ownerFault(_ status: FileStatus) -> String? {
        guard status.owner != storage.trust.owner, status.owner != 0 else { return nil }
        return
            "it belongs to \(UserAccount.title(of: status.owner)), who can have it lead elsewhere"
    }

    private func fault(ofDirectory path: String) throws(SpoolError) -> String? {
        guard let status = try status(of: path) else { return nil }
        if let fault = ownerFault(status) { return "\(path): \(fault)" }
        // In /tmp and its like nobody can take away a file of another user.
        let isSticky = status.mode & 0o1000 != 0
        guard !isSticky, storage.trust.distrust(of: status) != nil else { return nil }
        return
            "\(path): its mode is \(FileTrust.octal(UInt32(status.mode))), so that others may put something"
            + " else there; copy the program into handlers/"
    }
}
