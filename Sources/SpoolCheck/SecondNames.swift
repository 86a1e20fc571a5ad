import Spool
import SpoolSystem

/// Names of files that have several: both of a rename that a power cut has halved.
struct SecondNames {
    private let context: CheckContext
    private var storage: Storage { context.storage }

    init(_ context: CheckContext) {
        self.context = context
    }

    /// Removes all names but one of each file: the one that it has come to last stays.
    func drop(
        _ report: (String) -> Void, _ missed: (SpoolError) -> Void
    ) throws(SpoolError) {
        var directories: [String] = []
        var inodes: [UInt64] = []
        for directory in try backwards() {
            do throws(SpoolError) {
                try forEachFile(in: directory) { inodes.append($0.inode) }
                directories.append(directory)
            } catch {
                missed(error)
            }
        }
        let several = repeated(&inodes)
        if several.isEmpty { return }
        var kept: [FileStatus.Identity: String] = [:]
        for directory in directories {
            var names: [String] = []
            try forEachFile(in: directory) { entry in
                if several.contains(entry.inode), entry.nonUTF8Name == nil {
                    names.append(entry.name)
                }
            }
            // In incoming/, a name that a worker gave comes after the one that it was dropped under.
            names.sort {
                (JobFileName($0) == nil ? 1 : 0, $0) < (JobFileName($1) == nil ? 1 : 0, $1)
            }
            for name in names { try dropSecondName(directory + "/" + name, &kept, report) }
        }
    }

    private func dropSecondName(
        _ path: String, _ kept: inout [FileStatus.Identity: String], _ report: (String) -> Void
    ) throws(SpoolError) {
        guard let status = try context.status(of: path), status.kind == .regular, status.links > 1
        else {
            return
        }
        guard let first = kept[status.identity],
            try context.status(of: first)?.identity == status.identity
        else {
            kept[status.identity] = path
            return
        }
        guard try storage.remove(path) else { return }
        report("after the restart of the machine: \(path): removed, as \(first) is the same file")
    }

    /// The directories of jobs against the way of a job, and tmp/, whose files are still being written, last.
    private func backwards() throws(SpoolError) -> [String] {
        let order: [Place] = [
            .running, .done, .failed, .deadLetter, .incoming, .scheduled, .blocked, .held,
        ]
        let all = try JobIDs.directories(storage)
        let places = order.flatMap { place in all.filter { $0.0 == place } }
        return places.map { place, subdirectory in
            subdirectory.map { place.directory + "/" + $0 } ?? place.directory
        } + ["tmp"]
    }

    private func forEachFile(
        in directory: String, _ body: (Directory.Entry) -> Void
    ) throws(SpoolError) {
        try storage.forEachEntry(in: directory) { entry in
            if entry.kind == .regular || entry.kind == nil { body(entry) }
        }
    }

    private func repeated(_ inodes: inout [UInt64]) -> Set<UInt64> {
        inodes.sort()
        var several: Set<UInt64> = []
        for (one, next) in zip(inodes, inodes.dropFirst()) where one == next { several.insert(one) }
        return several
    }
}
