import SpoolSystem

/// The owner of a spool. The jobs in a spool run as its owner. Nobody else may therefore put anything there, and nobody
/// runs the jobs of somebody else's spool.
package struct Ownership: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Refuses to run anything from a spool in which others may put files, or into which a link may bring files, that
    /// aren't the owner's.
    ///
    /// - Throws: `.cannotCreate` that names the directory.
    package func requireClosedLayout() throws(SpoolError) {
        // A directory that can't be read for the moment is looked at later, and each file of it then.
        let queues = ((try? Listing(storage).queueDirectories()) ?? []).map { "incoming/" + $0 }
        for name in SpoolLayout.directories + queues {
            let path = storage.path + "/" + name
            let status = try storage.status(of: name)
            // A missing directory is made when it is needed.
            guard let status else { continue }
            try storage.requireNoLink(name, status)
            guard status.owner == storage.trust.owner || status.owner == 0 else {
                throw SpoolError(
                    .cannotCreate,
                    "\(path): it belongs to \(UserAccount.title(of: status.owner)), the spool to"
                        + " \(UserAccount.title(of: storage.trust.owner)): 'chown \(storage.trust.owner) \(path)' as root mends it",
                    path: path)
            }
            guard status.mode & 0o022 == 0 else {
                throw SpoolError(
                    .cannotCreate,
                    "\(path): its mode is \(FileTrust.octal(status.mode)), so that others may put there what"
                        + " runs as you: 'chmod go-w \(path)' makes it safe, once what lies there has been looked at",
                    path: path)
            }
        }
    }

    /// Why the handler of a type isn't run, with its path below the spool in front. nil if nothing is wrong with it, or
    /// it isn't there, which its start will show.
    package func handlerFault(_ type: String) throws(SpoolError) -> String? {
        let name = "handlers/" + type
        try storage.requireNoLink(onTheWayTo: "handlers")
        let status = try storage.status(of: name)
        guard let status else { return nil }
        if status.kind == .symlink {
            let way = try LinkedWay(storage, from: "handlers").fault(of: type)
            return way.map { "\(name): it leads to \($0)" }
        }
        return storage.trust.distrust(of: status).map { "\(name): \($0)" }
    }

    /// Whether it belongs to a person who works in projects, not to root or to a user of the system, whose numbers are
    /// below 1000.
    package func isPersonal() throws(SpoolError) -> Bool {
        let status = try onPath(storage.path, "stat") { () throws(Errno) in
            try storage.root.status()
        }
        return status.owner >= 1000
    }
}
