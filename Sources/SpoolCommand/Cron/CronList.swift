import Spool
import SpoolSchedule

let cronListCommand = CommandTable(
    "cron list", "show the entries: when they ran, how that went, when they run next",
    operands: "[ENTRY ...]",
    options: [
        Option("json", nil, nil, "a JSON object a line")
    ]
) { invocation throws(SpoolError) in
    let console = invocation.console
    let opened =
        invocation.operands.isEmpty
        ? try invocation.openSpoolIfThere() : try invocation.openSpool(create: false)
    guard let spoolDirectory = opened else {
        console.say("no entries; 'spool cron edit' makes some")
        return ExitStatus.success
    }
    let entries = try CronEntries(in: spoolDirectory)
    var chosen: [CronEntry] = []
    for name in invocation.operands {
        chosen.append(try entries.find(name))
    }
    if invocation.operands.isEmpty { chosen = entries.all }
    let rows = try CronRow.rows(of: chosen, in: spoolDirectory)
    if invocation.has("json") {
        for row in rows {
            try console.print(try JSONText.line(row.record))
        }
    } else if rows.isEmpty {
        console.say("no entries; 'spool cron edit' makes some")
    } else {
        for line in CronRow.lines(rows, now: spoolDirectory.now(), console: console) {
            try console.printStyled(line)
        }
    }
    try console.flush()
    for table in entries.tables where !table.errors.isEmpty {
        let consequence =
            table.entries.isEmpty ? "it has no entries in force" : "its last good text is in force"
        console.say("\(table.file) can't be used as it is now: \(consequence)")
        for error in table.errors { console.say(Printable.text(error)) }
    }
    if !entries.all.isEmpty,
        try spoolDirectory.isScheduling() == false
    {
        console.say(
            "no scheduler runs, so nothing is queued: start 'spool daemon' or 'spool scheduler'")
    }
    return ExitStatus.success
}

/// An entry and all that is known of it.
struct CronRow {
    let entry: CronEntry
    let file: String
    /// Whether the file can't be used now, and an older text of it is in force.
    let record: CronRecord
    let newest: JobEntry?
    let next: Instant?

    static func rows(
        of entries: [CronEntry], in spoolDirectory: SpoolDirectory
    ) throws(SpoolError) -> [CronRow] {
        let records = try spoolDirectory.slotRecords(of: entries)
        let wanted = Set(records.values.compactMap(\.job))
        var places: [JobID: JobLocation] = [:]
        if !wanted.isEmpty {
            // One look at all names rather than one for each entry.
            for location in try spoolDirectory.locations() where wanted.contains(location.id) {
                places[location.id] = location
            }
        }
        let now = spoolDirectory.now()
        return entries.map { entry in
            let record = records[entry.name]
            let newest = record?.job.flatMap { places[$0] }.flatMap {
                spoolDirectory.entry(at: $0)
            }
            // Where the clock was set back, slots to come have been decided already.
            let next = entry.schedule.next(after: max(now, record?.slot ?? now))
            return CronRow(
                entry: entry, file: entry.file,
                record: CronRecord(entry, record, newest, next: next), newest: newest, next: next)
        }
    }
}

// MARK: - For people

extension CronRow {
    static func lines(_ rows: [CronRow], now: Instant, console: Console) -> [String] {
        let table = Table(
            ["NAME", "SCHEDULE", "LAST", "OUTCOME", "NEXT", "RUNS", "MISSED", "SKIPPED"],
            rows.map { $0.cells(now: now) }, dispensable: [7, 6, 5, 2, 1, 3])
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
        guard let newest else { return "(removed)" }
        let attempt = newest.job?.attempts?.last
        let detail = attempt?.signal ?? attempt?.exitCode.flatMap { $0 == 0 ? nil : "exit \($0)" }
        return (last.state ?? newest.state.rawValue) + (detail.map { " (\($0))" } ?? "")
    }

    private func due(now: Instant) -> String {
        if let next { return "in " + Ago.text(next - now) }
        return entry.line.expression.kind == .reboot ? "at boot" : "never"
    }
}

// MARK: - For programs

/// `--json`.
struct CronRecord: Encodable {
    let name: String
    let file: String
    let line: Int
    let schedule: String
    let zone: String
    let explanation: String
    let command: String
    let since: String
    let next: String?
    let randomDelay: String?
    let last: Last?
    let lastSuccess: String?
    let runs: Int
    let missed: Int
    let skipped: Int
    let outcomes: [String: Int]

    /// The newest job of the entry.
    struct Last: Encodable {
        let slotInstant: Instant
        let slot: String
        let job: JobID
        /// nil when the job has been removed.
        let state: String?
        let exitCode: Int32?
        /// From the slot to the moment its job was queued, in seconds.
        let delay: Double?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case slot, job, state, delay
            case exitCode = "exit_code"
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, file, line, schedule, zone, explanation, command, since, next, last, runs
        case missed, skipped, outcomes
        case randomDelay = "random_delay"
        case lastSuccess = "last_success"
    }

    fileprivate init(
        _ entry: CronEntry, _ record: SlotRecord?, _ newest: JobEntry?, next: Instant?
    ) {
        let zone = entry.line.zone
        func text(_ instant: Instant) -> String { ZonedTime(instant, in: zone).description }
        name = entry.name
        file = entry.file
        line = entry.line.line
        schedule = entry.line.expression.text
        self.zone = zone.name
        explanation = entry.schedule.explanation
        command = entry.line.job.text
        since = text(entry.since)
        self.next = next.map(text)
        randomDelay = entry.randomDelay == .zero ? nil : entry.randomDelay.description
        lastSuccess = record?.lastSuccess.map(text)
        runs = record?.runs ?? 0
        missed = record?.missed ?? 0
        skipped = record?.skipped ?? 0
        outcomes = record?.outcomes ?? [:]
        if let job = record?.job, let slot = record?.jobSlot {
            last = Last(
                slotInstant: slot, slot: text(slot), job: job, state: newest?.state.rawValue,
                exitCode: newest?.job?.attempts?.last?.exitCode,
                delay: record?.delay.map(\.inSeconds))
        } else {
            last = nil
        }
    }
}
