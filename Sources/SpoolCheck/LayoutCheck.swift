import Spool
import SpoolSystem

/// The spool itself and its directories: they exist, are its owner's, and nobody else may write to them.
struct LayoutCheck: CheckArea {
    let name = "."
    private let context: CheckContext
    private var storage: Storage { context.storage }

    init(_ context: CheckContext) {
        self.context = context
    }

    /// Names beside the directories that may stand in a spool.
    private static let files: Set<String> = [SpoolLayout.formatFile, "settings.json", "crontab"]

    func check(_ report: CheckReport) throws(SpoolError) {
        let own = try onPath(storage.path, "stat") { () throws(Errno) in try storage.root.status() }
        let isReadOnly = try onPath(storage.path, "statvfs") { () throws(Errno) in
            try FileSystem(of: storage.root).isReadOnly()
        }
        if isReadOnly {
            try context.found(Fault(.readOnly, ".", "its file system is mounted read-only"), report)
        }
        if let fault = openMode(".", own) { try context.found(fault, report) }
        for name in SpoolLayout.directories { try checkDirectory(name, owner: own.owner, report) }
        for (place, subdirectory) in try Listing(storage).directories(of: [.incoming, .done]) {
            guard let subdirectory else { continue }
            try checkDirectory("\(place.directory)/\(subdirectory)", owner: own.owner, report)
        }
        try context.walk(".", report) { entry throws(SpoolError) in
            if SpoolLayout.directories.contains(entry.name)
                || LayoutCheck.files.contains(entry.name)
                || entry.name.hasPrefix(".")
            {
                return []
            }
            return [Fault(.unknownName, entry.name, "nothing in a spool has this name")]
        }
    }

    private func checkDirectory(
        _ name: String, owner: UInt32, _ report: CheckReport
    ) throws(SpoolError) {
        guard let status = try context.status(of: name) else {
            // Those of queues and days come and go.
            guard SpoolLayout.directories.contains(name) else { return }
            let mend = { [storage] () throws(SpoolError) -> Fault.Mend? in
                try storage.makeDirectory(name)
                return .changed("made")
            }
            return try context.found(
                Fault(.missingDirectory, name, "the directory is missing", mend: mend), report)
        }
        guard status.kind == .directory else {
            return try context.found(
                Fault(.notADirectory, name, "this is no directory, but one belongs here"), report)
        }
        if let fault = openMode(name, status) { try context.found(fault, report) }
        if status.owner != owner {
            // Nobody looks into the days before a worker starts, and root may do anything in any case.
            let isRefused = status.owner != 0 && !name.hasPrefix(Place.done.directory + "/")
            try context.found(
                Fault(
                    .foreignOwner, name,
                    "it belongs to user \(status.owner), the spool to user \(owner)"
                        + (isRefused ? ", so no worker starts" : ""),
                    severity: isRefused ? nil : .warning), report)
        }
    }

    private func openMode(_ name: String, _ status: FileStatus) -> Fault? {
        guard status.mode & 0o022 != 0 else { return nil }
        // As it was made.
        let safe: UInt32 = 0o700
        return Fault(
            .openMode, name,
            "its mode is \(String(status.mode, radix: 8)): others than its owner may write to it"
        ) { [storage] () throws(SpoolError) -> Fault.Mend? in
            try onPath(storage.path + "/" + name, "fchmod") { () throws(Errno) in
                try storage.root.subdirectory(name).setMode(safe)
            }
            return .changed("its mode is \(String(safe, radix: 8)) now")
        }
    }
}
