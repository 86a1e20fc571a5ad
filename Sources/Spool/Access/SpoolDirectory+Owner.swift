import SpoolSystem

/// Whose spool it is. What lies in a spool is run as its owner, so nobody else may put anything there, and nobody runs
/// what lies in somebody else's.
extension SpoolDirectory {
    /// - Returns: what the directory is: its owner is the user of this process.
    /// - Parameter isNew: whether a directory that is empty may become one.
    /// - Throws: `.cannotCreate` where it is another one, or where others may write to the directory; `.notASpool` where
    ///   the directory is none and can't become one, `.notFound` where none is to be made.
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

    /// Whether it can be seen that a directory is no spool, and can't become one: of what may not be looked into, it
    /// can't.
    private static func isNoSpool(_ root: Directory) -> Bool {
        do throws(Errno) {
            guard try root.status(of: formatFile) == nil else { return false }
            return try !strangeNames(in: root).isEmpty
        } catch {
            return false
        }
    }

    /// Gives this process the rights of the owner of a spool, and the variables that say who he is, for good.
    ///
    /// - Throws: `.notFound` where there is no such directory; `.cannotCreate` where this process isn't root's, and the
    ///   spool not its own.
    package static func becomeOwner(of path: String) throws(SpoolError) {
        // A link to the spool is followed, as where it is opened.
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
            "\(path): its mode is \(octal(status.mode)), so that others may put jobs there that run as"
                + " \(UserAccount.title(of: status.owner)): 'chmod go-w \(path)' makes it safe, once what lies"
                + " there has been looked at", path: path)
    }

    static func octal(_ mode: UInt32) -> String { String(mode, radix: 8) }

    /// Refuses to run anything from a spool in which others may put, or a link may bring, what isn't the owner's.
    ///
    /// - Throws: `.cannotCreate` that names the directory.
    package func requireClosedLayout() throws(SpoolError) {
        // What can't be read for the moment is looked at later, and each file of it then.
        let queues = ((try? queueDirectories()) ?? []).map { "incoming/" + $0 }
        for name in SpoolDirectory.layout + queues {
            let path = self.path + "/" + name
            let status = try onPath(path, "stat") { () throws(Errno) in try root.status(of: name) }
            // What is missing is made when it is needed.
            guard let status else { continue }
            try requireNoLink(name, status)
            guard status.owner == owner || status.owner == 0 else {
                throw SpoolError(
                    .cannotCreate,
                    "\(path): it belongs to \(UserAccount.title(of: status.owner)), the spool to"
                        + " \(UserAccount.title(of: owner)): 'chown \(owner) \(path)' as root mends it",
                    path: path)
            }
            guard status.mode & 0o022 == 0 else {
                throw SpoolError(
                    .cannotCreate,
                    "\(path): its mode is \(SpoolDirectory.octal(status.mode)), so that others may put there what"
                        + " runs as you: 'chmod go-w \(path)' makes it safe, once what lies there has been looked at",
                    path: path)
            }
        }
    }

    /// Why the handler of a type isn't run, with its path below the spool in front; nil where nothing is wrong with it,
    /// or it isn't there, which its start will show.
    package func handlerFault(_ type: String) throws(SpoolError) -> String? {
        let name = "handlers/" + type
        try requireNoLink(onTheWayTo: "handlers")
        let status = try onPath(path + "/" + name, "stat") { () throws(Errno) in
            try root.status(of: name)
        }
        guard let status else { return nil }
        if status.kind == .symlink {
            let way = try LinkedWay(self, from: "handlers").fault(of: type)
            return way.map { "\(name): it leads to \($0)" }
        }
        return distrust(of: status).map { "\(name): \($0)" }
    }

    /// Why a file that says what is to be run isn't obeyed: nil where only the owner of the spool, or root, can have
    /// written it.
    func distrust(of file: borrowing Descriptor, _ status: FileStatus) -> String? {
        if let reason = distrust(of: status) { return reason }
        // With an access list, the bits of the group are the most that anybody on it has.
        guard status.mode & 0o020 != 0, file.hasAccessList else { return nil }
        return "its access list lets others write to it; 'setfacl -b' takes that away"
    }

    /// The same without a look at an access list: for what isn't open.
    package func distrust(of status: FileStatus) -> String? {
        guard status.owner == owner || status.owner == 0 else {
            return "it belongs to \(UserAccount.title(of: status.owner)), the spool to"
                + " \(UserAccount.title(of: owner)): the owner of the spool must copy it there"
        }
        // With umask 002 a user's group is his own.
        let isOpenToGroup =
            status.mode & 0o020 != 0 && status.group != UserAccount.effectiveGroup
        guard status.mode & 0o002 != 0 || isOpenToGroup else { return nil }
        return
            "its mode is \(SpoolDirectory.octal(status.mode)): others may write to it; 'chmod go-w' first"
    }
}
