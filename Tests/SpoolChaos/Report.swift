import Glibc
import SpoolTestSupport

/// What a person reads: the figures, and of each violation all that is known of its job.
struct Report {
    private let audit: Audit
    private let history: HistoryAudit
    private let slots: SlotAudit
    private var chaos: Chaos { audit.chaos }
    private var ledger: Ledger { audit.ledger }

    init(_ audit: Audit, _ history: HistoryAudit, _ slots: SlotAudit) {
        self.audit = audit
        self.history = history
        self.slots = slots
    }

    /// - Returns: the exit status.
    func print() -> Int32 {
        printFigures()
        let violations = ledger.violations
        guard !violations.isEmpty else {
            ChaosCommand.say("spool-chaos: seed \(chaos.options.seed): the books balance")
            return 0
        }
        ChaosCommand.say("spool-chaos: seed \(chaos.options.seed): \(violations.count) violations")
        for violation in violations.prefix(20) {
            ChaosCommand.say("\nVIOLATION: \(violation.what)")
            if let token = violation.token ?? violation.id { printJob(token, violation.id) }
        }
        return 1
    }

    private func printFigures() {
        let accounts = ledger.accounts.values
        let seconds = Double(chaos.ended - chaos.began) / 1e9
        func rate(_ count: Int) -> String { "\(count) (\(Int(Double(count) * 60 / seconds))/min)" }
        let acknowledged = accounts.filter(\.isAcknowledged).count
        let withdrawn = accounts.reduce(0) { $0 + $1.certainRemovals }
        let waits = ledger.records.values.reduce(0) { $0 + $1.waits.count }
        let faults = chaos.faultCounts.sorted { $0.key < $1.key }.map { "\($0.value) x \($0.key)" }
        let lines = [
            "\(Int(seconds)) s of faults", "submitted: \(rate(accounts.count))",
            "acknowledged: \(acknowledged)",
            "rejected halves: \(accounts.reduce(0) { $0 + $1.rejected })",
            "begun: \(rate(audit.proof.begins.count))",
            "ended by themselves: \(audit.proof.ends.count)",
            "SIGKILL: \(rate(chaos.pool.killCount)), of which schedulers:"
                + " \(chaos.pool.schedulerKills)", "SIGSTOP: \(chaos.pool.stopCount)",
            "removed or cleaned: \(withdrawn)", "waiters: \(waits)",
            "slots: \(rate(slots.runs)) enqueued, \(slots.missed) missed, \(slots.skipped) skipped;"
                + " \(slots.quiet) with no excuse; \(chaos.generation) edits of a schedule",
            "history: \(history.lines) lines, \(history.torn) torn, \(history.told) of"
                + " \(history.told + history.untold) last ends told",
            "faults: " + faults.joined(separator: ", "),
        ]
        for line in lines {
            ChaosCommand.say("  " + line)
            chaos.host.note(line)
        }
    }

    private func printJob(_ token: String, _ id: String?) {
        if let account = ledger.accounts[token] {
            ChaosCommand.say("\(token), submitted by \(account.route): \(account.plan)")
            for event in account.events { ChaosCommand.say("  " + event) }
        }
        let ids = ledger.records.values.filter { $0.account.plan.token == token }.map(\.id)
        for id in Set(ids + [id].compactMap { $0 }).sorted() { printFiles(id) }
    }

    private func printFiles(_ id: String) {
        for begin in audit.begins[id] ?? [] {
            let end = audit.proof.ends[begin.attempt].map { ", ended \($0)" } ?? ""
            ChaosCommand.say("  proof: \(id) attempt \(begin.attempt.number) began\(end)")
        }
        for (file, _) in audit.found[id] ?? [] { show(chaos.host.spool + "/" + file.path) }
        for day in chaos.tree.names("logs") { show("\(chaos.host.spool)/logs/\(day)/\(id).log") }
        let history = (try? FileTree.read(chaos.host.directory + "/history.ndjson")) ?? []
        for line in history.split(separator: 10) {
            let text = String(decoding: line, as: UTF8.self)
            if text.contains(id) { ChaosCommand.say("  history: \(text)") }
        }
    }

    private func show(_ path: String) {
        guard let bytes = try? FileTree.read(path) else { return }
        ChaosCommand.say("  \(path):\n" + String(decoding: bytes.prefix(3000), as: UTF8.self))
    }
}
