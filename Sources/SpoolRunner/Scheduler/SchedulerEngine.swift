import Spool
import SpoolSchedule
import SpoolSystem

/// The active scheduler without its process: what is in force, what is due when, and what becomes of it.
/// It acts upon the spool whenever it is told to, and says when to be told next.
///
/// After an error it knows nothing any more: `start` it again, as after a kill.
package final class SchedulerEngine {
    /// What an engine is given, so that tests can give something else.
    package struct Surroundings {
        package var rules: () throws(SpoolError) -> CrontabRules
        /// Nanoseconds of a clock that is never set, and doesn't count the time the machine sleeps.
        package var monotonic: () -> Int64
        package var bootID: String
        package var report: (String) -> Void
        package var interrupt: (SlotLedger.Step) throws(SpoolError) -> Void

        package init(report: @escaping (String) -> Void) {
            rules = { () throws(SpoolError) in try CrontabRules.ofThisMachine() }
            monotonic = Clock.monotonic
            bootID = Host.bootID
            self.report = report
            interrupt = { _ in }
        }
    }

    let spool: SpoolDirectory
    let surroundings: Surroundings
    let ledger: SlotLedger

    let tables: CrontabTables
    /// Every entry that is in force.
    var entries: [ScheduledEntry] = []
    /// The last decided slot of each entry, by key.
    var marks: [String: Instant] = [:]
    /// The boot each entry that follows boots has run in last, by key.
    var boots: [String: String] = [:]
    var queue = DueQueue()
    /// Entries whose decided slot waits for an earlier job to end, by key.
    var waiting: [String: SlotRecord] = [:]
    /// Entries that have slots to catch up, by their places in `entries`, and their jobs that haven't ended.
    var heldBack: [Int: [JobID]] = [:]
    /// Whether the entries that follow boots have been seen to.
    var isBootDone = false
    /// The wall clock less the monotonic one, in nanoseconds: it jumps when the clock is set.
    private var clockOffset: Int64
    /// What slots are judged by until everything that was due at a start or a jump has been decided.
    private var lateness = SlotPlan.Lateness.resumed

    /// Becomes the leader, ends what others have left, and loads the tables.
    package init(_ spool: SpoolDirectory, _ surroundings: Surroundings) throws(SpoolError) {
        self.spool = spool
        self.surroundings = surroundings
        tables = try CrontabTables(spool, surroundings)
        clockOffset = spool.storage.now().nanoseconds - surroundings.monotonic()
        // Leadership first: whoever had it may do nothing more, so what is found then is all there is.
        let leadership = try Leadership(spool.storage)
        ledger = try SlotLedger(
            spool.storage, leadership, bootID: surroundings.bootID,
            interrupt: surroundings.interrupt)
        let books = try ledger.recover()
        marks = books.marks
        boots = books.boots
        waiting = books.waiting
        try loadTables()
    }

    /// When the next slot comes; nil: none will.
    package var nextDue: Instant? { queue.first }
    package var entryCount: Int { entries.count }

    /// Whether the end of a running job may let something go on.
    package var waitsForJobs: Bool { !waiting.isEmpty || !heldBack.isEmpty }

    /// How many entries wait so.
    package var waitingCount: Int {
        waiting.keys.count + heldBack.keys.count { waiting[entries[$0].key] == nil }
    }

    func awaits(_ id: JobID) -> Bool {
        waiting.values.contains { $0.waitsFor?.contains(id) == true }
            || heldBack.values.contains { $0.contains(id) }
    }

    /// The longest time between two looks: the timer goes off by itself when the clock is set or the machine
    /// has slept.
    static let longestSleep = TimeSpan.seconds(3600)

    /// Does what is due.
    ///
    /// - Returns: when to do so again; nil when it is the leader no longer: another scheduler is the active one.
    package func tick() throws(SpoolError) -> Instant? {
        try noticeClock()
        if let time = tables.reloadAt, surroundings.monotonic() >= time { try loadTables() }
        guard try enqueueBoots(), try decideDue() else { return nil }
        lateness = .busy
        let wake = spool.storage.now() + SchedulerEngine.longestSleep
        let reload = tables.reloadAt.map {
            Instant(nanoseconds: spool.storage.now().nanoseconds + $0 - surroundings.monotonic())
        }
        return [wake, queue.first, reload].compactMap(\.self).min()
    }

    /// Forward is downtime; backward, what is decided stays decided, unless it is far in the future.
    private func noticeClock() throws(SpoolError) {
        let offset = spool.storage.now().nanoseconds - surroundings.monotonic()
        let step = offset - clockOffset
        clockOffset = offset
        guard abs(step) > 1_000_000_000 else { return }
        lateness = .resumed
        if step < 0 { try requeue() }
    }

    /// The last slot of an entry that is over.
    func mark(of entry: ScheduledEntry) -> Instant {
        guard let mark = marks[entry.key] else { return entry.since }
        return max(mark, entry.since)
    }

    func insert(_ index: Int) {
        let entry = entries[index]
        guard let due = entry.schedule.next(after: mark(of: entry)) else { return }
        queue.insert(index, due: due)
    }

    /// Decides batch after batch until nothing is due.
    ///
    /// - Returns: false when it is the leader no longer.
    private func decideDue() throws(SpoolError) -> Bool {
        let begin = spool.storage.now()
        while true {
            let now = spool.storage.now()
            var batch: [(index: Int, proposal: SlotLedger.Proposal)] = []
            var hasDue = false
            while batch.count < SchedulerEngine.batchLimit, let index = queue.pop(by: now) {
                hasDue = true
                if let proposal = try propose(index, at: now, lateness, since: begin) {
                    batch.append((index, proposal))
                }
            }
            if !batch.isEmpty, try !decide(batch) { return false }
            if !hasDue { return true }
        }
    }

    /// How many slots are decided with the same syncs: a marker's descriptor stays open for each.
    private static let batchLimit = 128

    func decide(
        _ batch: [(index: Int, proposal: SlotLedger.Proposal)]
    ) throws(SpoolError) -> Bool {
        guard let verdicts = try ledger.decide(batch.map(\.proposal)) else { return false }
        for ((index, proposal), verdict) in zip(batch, verdicts) {
            let record: SlotRecord? =
                switch verdict {
                case .ours(let record): record
                case .theirs(let record): record
                }
            take(index, proposal.slot, record)
        }
        return true
    }

    private func take(_ index: Int, _ slot: SlotName, _ record: SlotRecord?) {
        let key = entries[index].key
        switch slot {
        case .boot(let id, _): boots[key] = id
        case .time(let instant): marks[key] = instant
        }
        if let record, record.waits {
            waiting[key] = record
        } else if case .time = slot {
            insert(index)
        }
    }
}
