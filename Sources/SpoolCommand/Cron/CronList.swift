import Spool
import SpoolSchedule

let cronListCommand = CommandTable(
    "cron list", "show the entries: when they ran, how that went, when they run next",
    operands: "[ENTRY ...]",
    options: [
        Option("json", nil, nil, "a JSON object a line")
    ]
) { invocation throws(SpoolError) in
    let result = try CronListRequest(invocation).perform(in: invocation.context)
    try CronListView(isJSON: invocation.has("json"), invocation.console).show(result)
    return ExitStatus.success
}

package struct CronListRequest {
    /// None: all entries.
    package let names: [String]

    package init(names: [String] = []) {
        self.names = names
    }

    init(_ invocation: Invocation) {
        names = invocation.operands
    }

    /// - Returns: nil if there is no spool, and nobody has named one.
    package func perform(in context: Context) throws(SpoolError) -> CronList? {
        let opened =
            names.isEmpty ? try context.openSpoolIfThere() : try context.openSpool(create: false)
        guard let spool = opened else { return nil }
        let entries = try CronEntries(in: spool)
        let rows = try CronRow.rows(of: try entries.chosen(names), in: spool)
        var list = CronList(
            rows: rows, badTables: entries.tables.filter { !$0.errors.isEmpty },
            time: spool.storage.now())
        do throws(SpoolError) {
            list.lacksScheduler = entries.all.isEmpty ? false : try spool.isScheduling() == false
        } catch {
            list.failure = error
        }
        return list
    }
}

/// The entries of a spool.
package struct CronList {
    package let rows: [CronRow]
    /// Files that can't be used as they are now.
    package let badTables: [EntryTable]
    /// When it was so.
    package let time: Instant
    /// Whether nobody queues what recurs.
    package internal(set) var lacksScheduler = false
    /// The error that kept that from being found out.
    package internal(set) var failure: SpoolError?
}

/// An entry and all that is known of it.
package struct CronRow {
    package let entry: ScheduledEntry
    package let file: String
    /// Whether the file can't be used now, and an older text of it is in force.
    package let record: CronRecord
    package let newest: JobEntry?
    package let next: Instant?

    static func rows(
        of entries: [ScheduledEntry], in spool: SpoolDirectory
    ) throws(SpoolError) -> [CronRow] {
        let records = try SlotMarkers(spool.storage).records(of: entries)
        let wanted = Set(records.values.compactMap(\.job))
        var places: [JobID: JobLocation] = [:]
        if !wanted.isEmpty {
            // One look at all names rather than one for each entry.
            for location in try Listing(spool.storage).locations()
            where wanted.contains(location.id) {
                places[location.id] = location
            }
        }
        let now = spool.storage.now()
        return try entries.map { entry throws(SpoolError) in
            let record = records[entry.name]
            let waits = try record.map { record throws(SpoolError) in
                try SlotMarkers(spool.storage).keepsWaiting(record)
            }
            let newest = record?.job.flatMap { places[$0] }.flatMap {
                JobReader(spool.storage).entry(at: $0)
            }
            // If the clock was set back, slots to come have been decided already.
            let next = entry.schedule.next(after: max(now, record?.slot ?? now))
            return CronRow(
                entry: entry, file: entry.file,
                record: CronRecord(entry, record, newest, next: next, waits: waits ?? false),
                newest: newest, next: next)
        }
    }
}

/// `--json`.
package struct CronRecord: Encodable {
    package let name: String
    package let file: String
    package let line: Int
    package let schedule: String
    package let zone: String
    package let explanation: String
    package let command: String
    package let since: String
    package let next: String?
    package let randomDelay: String?
    package let last: Last?
    package let lastSuccess: String?
    /// The record of its slots; nil if there is none.
    private let record: SlotRecord?
    package var runs: Int { record?.runs ?? 0 }
    package var missed: Int { record?.missed ?? 0 }
    package var skipped: Int { record?.skipped ?? 0 }

    /// The newest job of the entry.
    package struct Last: Encodable {
        package let slotInstant: Instant
        package let slot: String
        package let job: JobID
        /// nil when the job has been removed; `waiting` while it waits for an earlier one.
        package let state: String?
        package let exitCode: Int32?
        /// From the slot to the moment its job was queued, in seconds.
        package let delay: Double?

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
        _ entry: ScheduledEntry, _ record: SlotRecord?, _ newest: JobEntry?, next: Instant?,
        waits: Bool
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
        self.record = record
        if let job = record?.job, let slot = record?.jobSlot {
            last = Last(
                slotInstant: slot, slot: text(slot), job: job,
                state: newest?.state.rawValue ?? (waits ? "waiting" : nil),
                exitCode: newest?.job?.attempts?.last?.exitCode,
                delay: record?.delay.map(\.inSeconds))
        } else {
            last = nil
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(name, forKey: .name)
        try fields.encode(file, forKey: .file)
        try fields.encode(line, forKey: .line)
        try fields.encode(schedule, forKey: .schedule)
        try fields.encode(zone, forKey: .zone)
        try fields.encode(explanation, forKey: .explanation)
        try fields.encode(command, forKey: .command)
        try fields.encode(since, forKey: .since)
        try fields.encodeIfPresent(next, forKey: .next)
        try fields.encodeIfPresent(randomDelay, forKey: .randomDelay)
        try fields.encodeIfPresent(last, forKey: .last)
        try fields.encodeIfPresent(lastSuccess, forKey: .lastSuccess)
        try fields.encode(runs, forKey: .runs)
        try fields.encode(missed, forKey: .missed)
        try fields.encode(skipped, forKey: .skipped)
        try fields.encode(record?.outcomes ?? [:], forKey: .outcomes)
    }
}
