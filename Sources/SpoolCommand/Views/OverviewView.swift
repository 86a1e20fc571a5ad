import Spool
import SpoolSystem
import SpoolTime

/// The overview for people.
extension Overview {
    func show(now: Instant, _ console: Console) throws(SpoolError) {
        for line in lines(now: now) { try console.print(line) }
    }

    func showAboveList(now: Instant, _ console: Console) throws(SpoolError) {
        try show(now: now, console)
        try console.print("")
    }

    private func lines(now: Instant) -> [String] {
        var facts: [(String, String)] = [
            ("spool", spool), ("workers", workersText), ("scheduler", schedulerText),
        ]
        if paused.all {
            facts.append(("paused", "all queues ('spool resume' lets them go on)"))
        } else if !paused.queues.isEmpty {
            facts.append(("paused", paused.queues.joined(separator: ", ")))
        }
        facts.append(("jobs", jobsText))
        if let oldest {
            let title = oldest.title.count <= 40 ? oldest.title : oldest.title.prefix(40) + "…"
            facts.append(
                (
                    "oldest",
                    "\(oldest.id.description.suffix(6)) \(title), queued for"
                        + " \(Ago.text(now - oldest.since))"
                ))
        }
        if failuresToday > 0 {
            facts.append(("failed", "\(failuresToday) today ('spool list --failed')"))
        }
        facts.append(
            (
                "disk",
                "\(Overview.size(disk.available)) of \(Overview.size(disk.total)) available"
            ))
        for problem in problems { facts.append(("wrong", problem.message)) }
        return facts.map { Fact.line($0.0, $0.1) }
    }

    private var workersText: String {
        guard !workers.isEmpty else {
            return problems.contains { $0.code == .badWorker } ? "unknown" : "none"
        }
        let shown = workers.prefix(4).map { worker in
            let queues = worker.queues.map { " for \($0.joined(separator: ", "))" } ?? ""
            return "pid \(worker.pid)" + (worker.host == Host.name ? "" : " on \(worker.host)")
                + queues + (worker.isDraining ? ", draining" : "")
        }
        let more = workers.count > 4 ? " and \(workers.count - 4) more" : ""
        return "\(workers.count) (\(shown.joined(separator: "; "))\(more)), " + slotsText
    }

    private var slotsText: String {
        guard slots.total == 0, let running = jobs["running"] else {
            return "\(slots.used) of \(MessageText.count(slots.total, "slot")) used"
        }
        // All of them drain, so that no slot is free or used.
        return MessageText.count(running, "job") + (running == 1 ? " still runs" : " still run")
    }

    private var schedulerText: String {
        let known = MessageText.count(scheduler.entries, "entry", "entries") + " in force"
        switch scheduler.isRunning {
        case true?: return "pid \(scheduler.pid ?? 0), " + known
        case nil: return "on \(scheduler.host ?? "another host"), " + known
        case false?: return scheduler.entries == 0 ? "none, and nothing recurs" : "none, " + known
        }
    }

    private var jobsText: String {
        let present = Overview.states.filter { jobs[$0.name, default: 0] > 0 }
        guard !present.isEmpty else { return "none" }
        return present.map { "\(jobs[$0.name, default: 0]) \($0.name)" }.joined(separator: ", ")
    }

    private static func size(_ bytes: Int) -> String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var value = bytes
        var unit = 0
        var tenths = 0
        while value >= 1024, unit < units.count - 1 {
            tenths = value % 1024 * 10 / 1024
            value /= 1024
            unit += 1
        }
        return (unit > 0 && value < 100 ? "\(value).\(tenths)" : "\(value)") + " " + units[unit]
    }
}
