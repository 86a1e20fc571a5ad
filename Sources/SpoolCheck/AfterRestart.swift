import Spool
import SpoolSystem

/// Mends the renames that a power cut has halved. If the file system doesn't keep the halves of a rename together, a
/// cut may leave both names. If both are of the same file, one name goes. If they are of two files, the one that is
/// behind in the history of the attempts is set aside. The job may have run since.
///
/// Once after each start of a machine the first worker looks, before it claims anything. It reads the names only, and
/// the files of an id that is there twice.
///
/// It also recovers the jobs that lie claimed in running/. Until it has, nobody can tell a claim of this boot from one
/// of the boot before. The former hasn't begun; the latter may have.
package struct AfterRestart {
    private let spool: SpoolDirectory
    private var storage: Storage { spool.storage }
    /// Gets a sentence for each thing that was mended, and for each directory that couldn't be read. Such a directory
    /// keeps no other from being used, and is looked at again by the next worker.
    private let report: (String) -> Void

    package init(_ spool: SpoolDirectory, report: @escaping (String) -> Void) {
        self.spool = spool
        self.report = report
    }

    /// Looks, unless this machine has since its start.
    ///
    /// - Throws: if it can't look; then nobody should claim.
    package func repair() throws(SpoolError) {
        let seen = try BootMarks(storage).own()
        if seen == .current { return }
        if seen != .none { try BootMarks.requireBootID() }
        let pass = CheckPass(spool, isRepairing: true, failures: [:])
        var isComplete = true
        // Each directory is gone through twice.
        var told: Set<String> = []
        let missed = { (error: SpoolError) in
            isComplete = false
            guard told.insert(error.message).inserted else { return }
            report("after the restart of the machine: \(error.message)")
        }
        try pass.dropSecondNames(report, missed)
        try pass.collectIDs(missed)
        try pass.checkDuplicates { finding in
            report("after the restart of the machine: \(finding.path): \(finding.mended ?? "")")
        }
        if let failure = pass.failures.values.first {
            throw SpoolError(.inputOutput, "\(storage.path): \(failure)", path: storage.path)
        }
        if try BootMarks(storage).isFromEarlierBoot(), try !recoverUnrecorded() {
            isComplete = false
        }
        guard isComplete else { return }
        try BootMarks(storage).set()
    }

    /// - Returns: false if one is left that may have begun, and is locked by somebody.
    private func recoverUnrecorded() throws(SpoolError) -> Bool {
        var isComplete = true
        for location in try Recover(storage).runningJobs() {
            guard let job = try JobReader(storage).readIfJob(location),
                job.attempts?.last?.number != location.name.attempt
            else { continue }
            switch try Recover(storage).recover(location) {
            case .recovered(let place):
                report("recovered \(location.id): now in \(place.directory)/")
            case .rejected(let reason): report("rejected \(location.path): \(reason)")
            case .gone: break
            case .alive, .dying, .resisting, .uncertain: isComplete = false
            }
        }
        return isComplete
    }
}

extension CheckPass {
    /// Removes all names but one of each file: the one that it has come to last stays.
    fileprivate func dropSecondNames(
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
        guard let status = try status(of: path), status.kind == .regular, status.links > 1 else {
            return
        }
        guard let first = kept[status.identity],
            try self.status(of: first)?.identity == status.identity
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
        let all = try directories()
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
