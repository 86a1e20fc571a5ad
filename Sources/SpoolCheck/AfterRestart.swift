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
    /// Gets a sentence for each thing that was mended, and for each directory or file that couldn't be read. Such a one
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
        let context = CheckContext(spool, isRepairing: true, failures: [:])
        var isComplete = true
        // Each directory is gone through twice.
        var told: Set<String> = []
        let missed = { (error: SpoolError) in
            isComplete = false
            guard told.insert(error.message).inserted else { return }
            report("after the restart of the machine: \(error.message)")
        }
        try SecondNames(context).drop(report, missed)
        context.ids = try JobIDs(reading: storage, missed)
        try DuplicateCheck(context).check { finding in
            report("after the restart of the machine: \(finding.path): \(finding.mended ?? "")")
        }
        if let failure = context.failures.values.first {
            throw SpoolError(.inputOutput, "\(storage.path): \(failure)", path: storage.path)
        }
        if try BootMarks(storage).isFromEarlierBoot() {
            for location in try Recover(storage).runningJobs() {
                let recovered = try ofOneFile { () throws(SpoolError) in
                    try recoverUnrecorded(location)
                }
                switch recovered {
                case .success(let isDone): isComplete = isComplete && isDone
                case .failure(let error): missed(error)
                }
            }
        }
        guard isComplete else { return }
        let marked = try ofOneFile { () throws(SpoolError) in try BootMarks(storage).set() }
        // Without the mark, each worker looks anew. A claimed job counts as begun if its runner dies.
        if case .failure(let error) = marked { missed(error) }
    }

    /// Recovers a claimed job that has no record of its attempt.
    ///
    /// - Returns: false if it may have begun, and is locked by somebody.
    private func recoverUnrecorded(_ location: JobLocation) throws(SpoolError) -> Bool {
        guard let job = try JobReader(storage).readIfJob(location),
            job.attempts?.last?.number != location.name.attempt
        else { return true }
        switch try Recover(storage).recover(location) {
        case .recovered(let place):
            report("recovered \(location.id): now in \(place.directory)/")
        case .rejected(let reason): report("rejected \(location.path): \(reason)")
        case .gone: break
        case .alive, .dying, .resisting, .uncertain: return false
        }
        return true
    }
}
