import Glibc
import SpoolSystem
import SpoolTestSupport

/// What people do by hand: `mv`, `rm` and `cp` are the system calls that these make.
extension Chaos {
    private func rename(_ record: JobRecord, _ from: String, _ to: String) -> Bool {
        // As mv -n does it: a copy that lies there already isn't to be lost.
        let done = (try? Directory(path: host.spool).rename(from, to: to, .fresh)) != nil
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
        guard unlink(host.spool + "/" + file.path) == 0 else { return }
        record.mayBeRemoved = true
        record.wasTaken = true
        record.account.certainRemovals += 1
        ledger.tell(record, "rm \(file.path)")
        // Its log is nobody's any more, once its command has been stopped.
        after(3000...4000) { [self] in
            for day in tree.names("logs") {
                unlink("\(host.spool)/logs/\(day)/\(record.id).log")
            }
        }
    }

    /// `cp done/… incoming/`: a job of its own, or, where the first is cleaned away meanwhile, the same again.
    func copyByHand() {
        guard let (file, record) = anyJob(in: ["done", "failed"]) else { return }
        let account = record.account
        account.possibleCopies += 1
        record.wasCopied = true
        record.rounds += 1
        record.inFlight += 1
        let target = "\(host.spool)/incoming/\(file.name)"
        // What lies there already stays, and cp(1) calls that a success.
        let isFree = !FileTree.exists(target) && record.copiesInFlight == 0
        record.copiesInFlight += 1
        let actor = try? pool.start(
            .submitter, ["/bin/cp", "-n", host.spool + "/" + file.path, target]
        ) { [self] _, result in
            record.inFlight -= 1
            record.copiesInFlight -= 1
            if result.status == 0 && isFree { account.certainCopies += 1 }
            ledger.tell(record, "cp \(file.path) incoming/: \(result.status)")
        }
        if let actor {
            mayHurt(actor)
        } else {
            record.inFlight -= 1
            record.copiesInFlight -= 1
        }
    }

    /// Takes away what was rejected, once it is on record.
    func collectRejects(_ files: [FoundFile]) {
        for file in files where file.place == "dead-letter" {
            // What can't be read just now may be a job.
            guard pool.lasting == 0, tree.read(file) == nil,
                let text = try? FileTree.read("\(host.spool)/\(file.path).reason")
            else { continue }
            reject(file, String(decoding: text, as: UTF8.self))
            unlink("\(host.spool)/\(file.path)")
            unlink("\(host.spool)/\(file.path).reason")
        }
    }

    /// A half of what was never acknowledged is all that may be rejected.
    ///
    /// - Parameter reason: `PATH: WHY`, with the path where it lay.
    private func reject(_ file: FoundFile, _ reason: String) {
        let path = reason.prefix { $0 != ":" }
        let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        let source = FoundFile(directory: "incoming", name: String(path[slash...]))
        if let id = source.id, let record = ledger.records[id] {
            // A copy by hand.
            record.account.rejected += 1
            ledger.tell(record, "rejected: \(reason)")
            if record.account.rejected > record.account.possibleCopies
                - record.account.certainCopies
            {
                ledger.violate("a whole copy was rejected: \(reason)", id: id)
            }
            return
        }
        let token = source.name.dropFirst("drop-".count).prefix { $0 != "." }
        guard let account = ledger.accounts[String(token)] else {
            return ledger.violate(
                "\(file.path) was rejected, and nobody had put it there: \(reason)")
        }
        account.rejected += 1
        ledger.tell(account, "rejected: \(reason)")
        if account.isAcknowledged {
            ledger.violate("a whole job was rejected: \(reason)", token: account.plan.token)
        }
    }
}
