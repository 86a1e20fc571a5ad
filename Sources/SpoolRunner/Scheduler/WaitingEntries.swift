import Spool

/// Entries that wait for jobs to end.
struct WaitingEntries {
    /// The records of decided slots whose jobs wait for earlier ones, by the keys of their entries.
    private(set) var records: [String: SlotRecord]
    /// The jobs that haven't ended of entries that have slots to catch up, by the places of the entries.
    private(set) var heldBack: [Int: [JobID]] = [:]

    /// - Parameter records: as the ledger has them.
    init(_ records: [String: SlotRecord]) {
        self.records = records
    }

    /// Whether no end of a job lets anything go on.
    var isEmpty: Bool { records.isEmpty && heldBack.isEmpty }

    /// How many entries wait.
    func count(in entries: EntriesInForce) -> Int {
        records.count + heldBack.keys.count { records[entries[$0].key] == nil }
    }

    /// Whether the end of a job is waited for.
    func awaits(_ id: JobID) -> Bool {
        records.values.contains { $0.waitsFor?.contains(id) == true }
            || heldBack.values.contains { $0.contains(id) }
    }

    /// Whether a decided slot of an entry waits.
    func contains(_ entry: ScheduledEntry) -> Bool {
        !records.isEmpty && records[entry.key] != nil
    }

    mutating func insert(_ record: SlotRecord, of key: String) { records[key] = record }
    mutating func remove(_ key: String) { records[key] = nil }

    mutating func holdBack(_ entry: Int, for jobs: [JobID]) { heldBack[entry] = jobs }
    mutating func forgetHeldBack() { heldBack = [:] }
}
