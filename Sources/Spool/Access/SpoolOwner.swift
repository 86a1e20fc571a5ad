import SpoolSystem

/// The owner of a spool. The jobs in a spool run as its owner. Nobody else may therefore put anything there, and nobody
/// runs the jobs of somebody else's spool.
extension SpoolPath {
    /// - Returns: the status of the directory: its owner is the user of this process.
    /// - Parameter isNew: whether a directory that is empty may become a spool.
    /// - Throws: `.cannotCreate` if the owner is another user, or if others may write to the directory. `.notASpool` if
    ///   the directory is none and can't become one, `.notFound` if none is to be made.
    static func requireOwn(_ root: Directory, isNew: Bool) throws(SpoolError) -> FileStatus {
        let status = try onPath(root.path, "fstat") { () throws(Errno) in try root.status() }
        let isOwn = status.owner == UserAccount.effective
        if isOwn, status.mode & 0o022 == 0 { return status }
        if isNoSpool(root) {
            let what = "a directory of \(UserAccount.title(of: status.owner))"
            guard isNew else {
                throw noSpool(at: root.path, "it is \(what), and holds other things")
            }
            throw SpoolError(
                .notASpool,
                "\(root.path): this is no spool, but \(what): name a new one, or an empty one of your own",
                path: root.path)
        }
        if isOwn { throw openToOthers(status, root.path) }
        let account = UserAccount.find(status.owner)
        let name = account?.name ?? "\\#\(status.owner)"
        let run = account == nil ? "sudo -u \(name)" : "runuser -u \(name) --"
        let text =
            "\(root.path): the spool belongs to \(UserAccount.title(of: status.owner)), and you are"
            + " \(UserAccount.title(of: UserAccount.effective)): "
        let advice =
            UserAccount.effective == 0
            ? "say --as-owner, or '\(run) spool ...'; 'chown -R' makes it another's"
            : "use a spool of your own (--dir), or have root run '\(run) spool ...' or 'chown -R' the directory"
        throw SpoolError(.cannotCreate, text + advice, path: root.path)
    }

    /// Whether it can be seen that a directory is no spool, and can't become one. In a directory that may not be looked
    /// into, this can't be seen.
    private static func isNoSpool(_ root: Directory) -> Bool {
        do throws(Errno) {
            guard try root.status(of: SpoolLayout.formatFile) == nil else { return false }
            return try !strangeNames(in: root).isEmpty
        } catch {
            return false
        }
    }

    /// Gives this process the rights of the owner of a spool, and the variables that say who that is, for good.
    ///
    /// - Throws: `.notFound` if there is no such directory; `.cannotCreate` if this process isn't root's, and the spool
    ///   not its own.
    package static func becomeOwner(of path: String) throws(SpoolError) {
        // A link to the spool is followed, as it is when the spool is opened.
        let status = try onPath(path, "stat") { () throws(Errno) in
            try Directory(path: "/").statusOfTarget(path)
        }
        guard let status else {
            throw SpoolError(
                .notFound,
                "\(path): there is no spool here whose owner you could become; 'runuser -u NAME -- spool init"
                    + " \(path)' makes one", path: path)
        }
        if status.owner == UserAccount.effective { return }
        guard UserAccount.effective == 0 else {
            throw SpoolError(
                .cannotCreate,
                "\(path): only root can become its owner, \(UserAccount.title(of: status.owner)), and you are"
                    + " \(UserAccount.title(of: UserAccount.effective))", path: path)
        }
        try onPath(path, "setuid") { () throws(Errno) in
            try UserAccount.become(status.owner, group: status.group)
        }
    }

    private static func openToOthers(_ status: FileStatus, _ path: String) -> SpoolError {
        SpoolError(
            .cannotCreate,
            "\(path): its mode is \(FileTrust.octal(status.mode)), so that others may put jobs there that run as"
                + " \(UserAccount.title(of: status.owner)): 'chmod go-w \(path)' makes it safe, once what lies"
                + " there has been looked at", path: path)
    }
}
