import Glibc
import SpoolTestSupport

/// What people do by hand: `mv`, `rm` and `cp` are the system calls that these make.
extension Chaos {
    private func rename(_ record: JobRecord, _ from: String, _ to: String) -> Bool {
        let done = Glibc.rename(site.spool + "/" + from, site.spool + "/" + to) == 0
        if done { ledger.tell(record, "mv \(from) \(to)") }
        return done
    }

    func moveByHand() {
        switch number(0...5) {
        case 0:
            guard let (file, record) = anyJob(in: ["incoming"]) else { return }
            _ = rename(
                record, file.path, "\(file.directory)/\(number(0...9))-\(record.id).json")
        case 1:
            guard let (file, record) = anyJob(in: ["incoming"]) else { return }
            _ = rename(record, file.path, "held/\(number(0...9))-\(record.id).json")
        case 2:
            guard let (file, record) = anyJob(in: ["held"]) else { return }
            _ = rename(record, file.path, "incoming/" + file.name)
        case 3:
            guard let (file, record) = anyJob(in: ["scheduled"]) else { return }
            _ = rename(record, file.path, "incoming/" + file.name)
        case 4:
            guard let (file, record) = anyJob(in: ["incoming"]),
                let queue = pick(["alpha", "beta"])
            else { return }
            _ = rename(record, file.path, "incoming/\(queue)/\(file.name)")
        default:
            guard let (file, record) = anyJob(in: ["failed", "dead-letter", "done"]) else { return }
            record.rounds += 1
            _ = rename(record, file.path, "incoming/" + file.name)
        }
    }

    func removeByHand() {
        guard let (file, record) = anyJob(in: ["incoming", "scheduled", "running", "held"]) else {
            return
        }
        guard unlink(site.spool + "/" + file.path) == 0 else { return }
        record.mayBeRemoved = true
        record.account.certainRemovals += 1
        ledger.tell(record, "rm \(file.path)")
        // Its log is nobody's any more, once its command has been stopped.
        after(3000...4000) { [self] in
            for day in tree.names("logs") {
                unlink("\(site.spool)/logs/\(day)/\(record.id).log")
            }
        }
    }

    /// `cp done/… incoming/`: a job of its own, or, where the first is cleaned away meanwhile, the same again.
    func copyByHand() {
        guard let (file, record) = anyJob(in: ["done", "failed"]) else { return }
        let account = record.account
        account.possibleCopies += 1
        record.rounds += 1
        record.inFlight += 1
        let target = "\(site.spool)/incoming/\(file.name)"
        let actor = try? crowd.start(
            .submitter, ["/bin/cp", "-n", site.spool + "/" + file.path, target]
        ) { [self] _, result in
            record.inFlight -= 1
            if result.status == 0 { account.certainCopies += 1 }
            ledger.tell(record, "cp \(file.path) incoming/: \(result.status)")
        }
        if let actor { mayHurt(actor) } else { record.inFlight -= 1 }
    }

    /// Takes away what was rejected, once it is on record.
    func collectRejects(_ files: [FoundFile]) {
        for file in files where file.place == "dead-letter" && file.id == nil {
            reject(file)
            unlink(site.spool + "/" + file.path)
            unlink(site.spool + "/" + file.path + ".reason")
        }
    }

    /// A half of what was never acknowledged is all that may be rejected.
    func reject(_ file: FoundFile) {
        let token = file.name.split(separator: "-").dropFirst().first.map { word in
            String(word.prefix { $0 != "." })
        }
        let reason = (try? FileTree.read(site.spool + "/" + file.path + ".reason")) ?? []
        let text = String(decoding: reason, as: UTF8.self)
        guard let token, let account = ledger.accounts[token] else {
            return ledger.violate("\(file.path) was rejected, and nobody had put it there: \(text)")
        }
        account.rejected += 1
        ledger.tell(account, "rejected: \(text)")
        if account.isAcknowledged {
            ledger.violate("a whole job was rejected: \(text)", token: token)
        }
    }
}
