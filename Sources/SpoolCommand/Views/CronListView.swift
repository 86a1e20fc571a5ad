import Spool
import SpoolSchedule

/// `spool cron list`.
struct CronListView {
    private let isJSON: Bool
    private let console: Console

    init(isJSON: Bool, _ console: Console) {
        self.isJSON = isJSON
        self.console = console
    }

    func show(_ list: CronList?) throws(SpoolError) {
        guard let list else { return console.say("no entries; 'spool cron edit' makes some") }
        if isJSON {
            for row in list.rows { try console.print(try JSONText.line(row.record)) }
        } else if list.rows.isEmpty {
            console.say("no entries; 'spool cron edit' makes some")
        } else {
            for line in CronRow.lines(list.rows, now: list.time, console: console) {
                try console.printStyled(line)
            }
        }
        try console.flush()
        for table in list.badTables {
            let consequence =
                table.entries.isEmpty
                ? "it has no entries in force" : "its last good text is in force"
            console.say("\(table.file) can't be used as it is now: \(consequence)")
            for error in table.errors { console.say(Printable.text(error)) }
        }
        if let failure = list.failure { throw failure }
        guard list.lacksScheduler else { return }
        console.say(
            "no scheduler runs, so nothing is queued: start 'spool daemon' or 'spool scheduler'")
    }
}

extension CronRow {
    fileprivate static func lines(_ rows: [CronRow], now: Instant, console: Console) -> [String] {
        let table = Table(
            ["NAME", "SCHEDULE", "LAST", "OUTCOME", "NEXT", "RUNS", "MISSED", "SKIPPED"],
            rows.map { $0.cells(now: now) }, dispensable: [7, 6, 5, 2, 1, 3, 0])
        let lines = table.lines(width: console.terminalWidth)
        guard console.isColourWanted else { return lines }
        return [Colour.bold(lines[0])]
            + zip(lines.dropFirst(), rows).map { line, row in
                row.newest.map { Colour.line(line, for: $0.state) } ?? line
            }
    }

    private func cells(now: Instant) -> [String] {
        let last = record.last.map { Ago.text(now - $0.slotInstant) + " ago" }
        return [
            entry.name, entry.line.expression.text, last ?? "never", outcome, due(now: now),
            String(record.runs), String(record.missed), String(record.skipped),
        ]
    }

    private var outcome: String {
        guard let last = record.last else { return "-" }
        guard let state = last.state else { return "(removed)" }
        let attempt = newest?.job?.attempts?.last
        let detail = attempt?.signal ?? attempt?.exitCode.flatMap { $0 == 0 ? nil : "exit \($0)" }
        return state + (detail.map { " (\($0))" } ?? "")
    }

    private func due(now: Instant) -> String {
        if let next { return "in " + Ago.text(next - now) }
        return entry.line.expression.kind == .reboot ? "at boot" : "never"
    }
}
