import Spool

/// `spool logs` without `--follow`.
struct LogsView {
    private let console: Console
    private let showsTimes: Bool
    private var labels: [JobID: LineLabel] = [:]
    private var log: LogView?

    init(_ console: Console, showsTimes: Bool) {
        self.console = console
        self.showsTimes = showsTimes
    }

    mutating func show(_ event: LogEvent) throws(SpoolError) {
        switch event {
        case .names(let names, let ids): labels = LineLabel.labels(of: ids, names)
        case .file(let entry) where entry.state == .dead:
            console.say("\(entry.path) never ran: it is no job ('spool status' says why)")
        case .file(let entry): console.say("\(entry.path) has not run yet")
        case .begin(let id): log = LogView(console, showsTimes: showsTimes, label: labels[id])
        case .output(let record): try log?.show(record)
        case .end(let summary):
            try log?.end()
            say(summary)
        }
    }

    private func say(_ summary: LogSummary) {
        if summary.damagedLines > 0 {
            console.say("\(summary.path): \(summary.damagedLines) damaged lines are left out")
        }
        if !summary.hasBegun {
            console.say(
                "\(summary.id) " + (summary.end.map { "never ran: \($0)" } ?? "has not run yet"))
        }
        if let attempt = summary.unstarted {
            let reason = attempt.message.map { ": \($0)" } ?? ""
            console.say(
                "attempt \(attempt.number) of \(summary.id): its command could not be started\(reason)"
            )
        }
        for attempt in summary.attempts {
            guard let dropped = attempt.log?.dropped else { continue }
            console.say(
                "attempt \(attempt.number) of \(summary.id): the log was cut (\(attempt.log?.cut ?? "?"));"
                    + " \(dropped) bytes were dropped")
        }
    }
}
