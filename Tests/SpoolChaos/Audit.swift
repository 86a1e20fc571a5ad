import Glibc
import SpoolTestSupport

/// The books: what was promised, what the jobs say, and what lies in the spool must agree, to the job.
final class Audit {
    let chaos: Chaos
    let proof: Proof
    /// What lies in the spool at the end, by id.
    private(set) var found: [String: [(file: FoundFile, job: FoundJob)]] = [:]
    private(set) var begins: [String: [Proof.Begin]] = [:]
    var ledger: Ledger { chaos.ledger }

    init(_ chaos: Chaos) throws {
        self.chaos = chaos
        proof = try Proof(chaos.host.proof)
        for begin in proof.begins { begins[begin.attempt.id, default: []].append(begin) }
    }

    func run() throws -> Int32 {
        for line in proof.strange { ledger.violate("a line of the proof is torn: \(line)") }
        readSpool()
        for begin in proof.begins
        where ledger.record(begin.attempt.id, token: begin.token, missed: begin.missed) == nil {
            ledger.violate("it began, and nobody had submitted it", token: begin.token)
        }
        let records = Dictionary(grouping: ledger.records.values, by: \.account.plan.token)
        for (token, account) in ledger.accounts { checkExistence(account, records[token] ?? []) }
        for record in ledger.records.values { checkJob(record) }
        checkLeftovers()
        let history = HistoryAudit(self)
        history.check()
        let slots = SlotAudit(self)
        slots.check()
        return Report(self, history, slots).print()
    }

    private func readSpool() {
        for file in chaos.tree.files(Tree.all) {
            guard let id = file.id else {
                ledger.violate("what is neither a job nor rejected: \(file.path)")
                continue
            }
            guard let job = chaos.tree.read(file), let token = job.token else {
                ledger.violate("a job's file can't be read: \(file.path)", id: id)
                continue
            }
            if ledger.record(id, token: token, missed: job.missed) == nil {
                ledger.violate("it lies there, and nobody had submitted it", id: id, token: token)
            }
            found[id, default: []].append((file, job))
        }
        for (id, places) in found where places.count > 1 {
            let paths = places.map(\.file.path).joined(separator: ", ")
            ledger.violate("it is in several places: \(paths)", id: id)
        }
    }

    /// What was acknowledged is there, once, unless it was withdrawn; what wasn't is there once or not at all.
    private func checkExistence(_ account: Account, _ records: [JobRecord]) {
        let count = records.reduce(0) { $0 + (found[$1.id]?.count ?? 0) }
        let least =
            (account.isAcknowledged ? 1 : 0) + account.certainCopies
            - account.certainRemovals - account.possibleRemovals
        let most = 1 + account.possibleCopies - account.certainRemovals
        if count < least {
            ledger.violate("LOST: \(count) of at least \(least)", token: account.plan.token)
        }
        if count > most {
            ledger.violate("TOO MANY: \(count) of at most \(most)", token: account.plan.token)
        }
        for record in records where record.isAcknowledged && !record.mayBeRemoved {
            if found[record.id] == nil { ledger.violate("LOST", id: record.id) }
        }
    }

    private func checkLeftovers() {
        let marks = SlotMarks(chaos)
        for directory in ["tmp", "workers", "running"] {
            for name in chaos.tree.names(directory) where !marks.isUndecided(name) {
                ledger.violate("left behind: \(directory)/\(name)")
            }
        }
        for directory in Tree.all + ["locks", "state", "workers"] {
            for name in chaos.tree.names(directory) { checkLock("\(directory)/\(name)") }
        }
    }

    /// No process is left, so nothing can be locked.
    private func checkLock(_ name: String) {
        let file = open(chaos.host.spool + "/" + name, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        if flock(file, LOCK_EX | LOCK_NB) != 0 { ledger.violate("still locked: \(name)") }
        close(file)
    }
}
