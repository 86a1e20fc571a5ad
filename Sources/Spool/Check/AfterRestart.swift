import SpoolSchedule
import SpoolSystem

/// What a power cut may leave of a rename where the file system doesn't keep its halves together: both
/// names. Of the same file, one name goes; of two files, the one that is behind in the history of the
/// attempts is set aside, as the job may have run since.
///
/// Once after each start of a machine the first worker looks, before it claims anything. It reads the names
/// only, and files where an id is there twice.
extension SpoolDirectory {
    /// - Parameter report: gets a sentence for each thing that was mended.
    /// - Throws: when it can't look; then nobody should claim.
    package func settleAfterRestart(report: (String) -> Void) throws(SpoolError) {
        let mark = "state/boot.\(Host.name)"
        let seen = try onPath(path + "/" + mark, "read") { () throws(Errno) in
            try root.openIfPresent(mark)?.readAll(limit: 4096)
        }
        let current = Array("\(Host.bootID)\n".utf8)
        if seen == current { return }
        try dropSecondNamesInTemporary()
        let pass = CheckPass(self, isRepairing: true, failures: [:])
        try pass.collectIDs()
        try pass.checkDuplicates { finding in
            report("after the restart of the machine: \(finding.path): \(finding.mended ?? "")")
        }
        if let failure = pass.failures.values.first {
            throw SpoolError(.inputOutput, "\(path): \(failure)", path: path)
        }
        try publish(current, as: mark, .replace, sync: .off)
    }

    /// Half an exchange leaves a job's file with a name in tmp/ too.
    private func dropSecondNamesInTemporary() throws(SpoolError) {
        let names = try onPath(path + "/tmp", "getdents64") { () throws(Errno) in
            try root.names(in: "tmp")
        }
        for name in names {
            let name = "tmp/" + name
            let isSecond = try onPath(path + "/" + name, "stat") { () throws(Errno) in
                guard let status = try root.status(of: name), status.kind == .regular,
                    status.links > 1
                else { return false }
                // Its writer, on a machine that is still up, holds its lock.
                return try root.openIfPresent(name, .nonBlocking)?.tryLockShared() ?? false
            }
            if isSecond { _ = try removeName(name) }
        }
    }
}
