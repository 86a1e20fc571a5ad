import Glibc
import SpoolTestSupport

/// Cleaners: the small file system holds some hundreds of ended jobs only.
extension Chaos {
    /// A job that has been judged and is to be removed.
    private struct Candidate {
        let record: JobRecord
        let path: String
        /// Another file of the same name is another one's.
        let inode: ino_t
    }

    /// Judges ended jobs, then lets them be removed.
    func cleanEnded() {
        let files = tree.files(Tree.ended)
        guard files.count > 200 else { return }
        collectRejects(files)
        var chosen: [Candidate] = []
        for file in files.shuffled(using: &random) {
            guard chosen.count < 60 else { break }
            if let candidate = judge(file) { chosen.append(candidate) }
        }
        guard !chosen.isEmpty else { return }
        let ids = chosen.map(\.record.id)
        host.note("clean \(ids.joined(separator: " "))")
        do {
            let actor = try pool.start(.cleaner, [host.binary, "clean"] + ids) {
                [self] _, _ in settle(chosen)
            }
            mayHurt(actor)
        } catch {
            settle(chosen)
        }
    }

    private func judge(_ file: FoundFile) -> Candidate? {
        guard let id = file.id, let record = ledger.records[id] ?? identify(file, id),
            record.inFlight == 0, record.account.openSubmissions == 0, !record.isBeingCleaned,
            let inode = inode(of: file.path), let job = tree.read(file)
        else { return nil }
        LogAudit(self).check(record, job)
        record.last = job
        record.isBeingCleaned = true
        record.mayBeRemoved = true
        record.account.possibleRemovals += 1
        return Candidate(record: record, path: file.path, inode: inode)
    }

    /// Sees what a cleaner has removed: all, or as much as it could before it was killed.
    private func settle(_ candidates: [Candidate]) {
        guard pool.lasting == 0 else {
            // What can't be seen now is asked again.
            return after(200...400) { self.settle(candidates) }
        }
        for candidate in candidates {
            let account = candidate.record.account
            account.possibleRemovals -= 1
            if inode(of: candidate.path) == candidate.inode {
                candidate.record.isBeingCleaned = false
                candidate.record.last = nil
            } else {
                account.certainRemovals += 1
            }
        }
    }

    private func inode(of path: String) -> ino_t? {
        var status = stat()
        return lstat("\(host.spool)/\(path)", &status) == 0 ? status.st_ino : nil
    }
}
