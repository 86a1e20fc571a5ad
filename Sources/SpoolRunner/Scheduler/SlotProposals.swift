import Spool
import SpoolSystem
import SpoolTime

/// Proposals of how slots are decided, from the last record of an entry and the jobs that it tells of.
struct SlotProposals {
    private let storage: Storage

    init(_ storage: Storage) {
        self.storage = storage
    }

    enum Treatment {
        case decide(SlotLedger.Proposal)
        /// The slot is to be caught up once these jobs have ended.
        case holdBack(for: [JobID])
    }

    /// The treatment of a plan's slot, with the entry's jobs in view.
    ///
    /// - Parameter mark: the slot of the entry that was decided last.
    func treatment(
        _ plan: SlotPlan, of entry: ScheduledEntry, at now: Instant, after mark: SlotName?
    ) throws(SpoolError) -> Treatment {
        let (key, settings) = (entry.key, entry.line.settings)
        var record = try newRecord(entry, plan.slot, at: now, after: mark)
        record.missed = record.missed.clampedSum(plan.missed)
        guard plan.runs else {
            record.decision = .missed
            return .decide(
                SlotLedger.Proposal(key: key, .time(plan.slot), record, nil, after: mark))
        }
        let alive = record.pending.map(\.id)
        if !alive.isEmpty {
            switch settings.overlap {
            case .allow: break
            case .skip, .queue:
                if plan.isBacklog { return .holdBack(for: alive) }
                if settings.overlap == .queue {
                    record.waitsFor = alive
                    break
                }
                record.decision = .skipped
                record.skipped = record.skipped.clampedSum(1)
                return .decide(
                    SlotLedger.Proposal(key: key, .time(plan.slot), record, nil, after: mark))
            case .replace: record.replaces = alive
            }
        }
        return .decide(
            try enqueue(entry, .time(plan.slot), record, missed: plan.missed, after: mark))
    }

    /// The proposal to skip the slots that came while one waited: only one waits.
    ///
    /// - Parameter count: how many they are, up to the newest.
    func skip(
        _ count: Int, upTo newest: Instant, of entry: ScheduledEntry, at now: Instant,
        after mark: SlotName?
    ) throws(SpoolError) -> SlotLedger.Proposal {
        var record = try newRecord(entry, newest, at: now, after: mark)
        record.decision = .skipped
        record.skipped = record.skipped.clampedSum(count)
        return SlotLedger.Proposal(key: entry.key, .time(newest), record, nil, after: mark)
    }

    /// The proposal to run an entry once in this boot.
    ///
    /// - Parameter last: the boot in which it has run last.
    func boot(
        _ id: String, of entry: ScheduledEntry, at now: Instant, after last: String?
    ) throws(SpoolError) -> SlotLedger.Proposal {
        let mark = last.map { SlotName.boot($0, at: now) }
        let record = try newRecord(entry, now, at: now, after: mark)
        return try enqueue(entry, SlotName.boot(id, at: now), record, missed: 0, after: mark)
    }

    /// The proposal to make the job of a slot.
    private func enqueue(
        _ entry: ScheduledEntry, _ slot: SlotName, _ record: SlotRecord, missed: Int,
        after mark: SlotName?
    ) throws(SpoolError) -> SlotLedger.Proposal {
        var record = record
        let now = record.at
        var job = try entry.job(for: slot, missed: missed)
        // A slot that waits for that one's end anyway has the key once that is over.
        if let key = job.key, let other = try KeyFiles(storage).holder(of: key).id,
            other != job.id, record.waitsFor?.contains(other) != true
        {
            (record.waitsFor, record.replaces) = (nil, nil)
            record.decision = .skipped
            record.skipped = record.skipped.clampedSum(1)
            return SlotLedger.Proposal(key: entry.key, slot, record, nil, after: mark)
        }
        job.submittedAt = now
        job.submittedBy = Job.Submitter(user: Host.userName, host: Host.name)
        let due =
            max(job.dueTime(submittedAt: slot.instant) ?? slot.instant, slot.instant)
            + entry.randomDelay
        // A retry by hand must not be put off by what belonged to the slot.
        job.delay = nil
        job.notBefore = due > now ? due : nil
        record.job = job.id
        record.jobSlot = slot.instant
        record.delay = now - slot.instant
        record.runs = record.runs.clampedSum(1)
        return SlotLedger.Proposal(key: entry.key, slot, record, job, after: mark)
    }

    /// A record that goes on from the entry's last one, with its jobs looked at again.
    private func newRecord(
        _ entry: ScheduledEntry, _ slot: Instant, at now: Instant, after mark: SlotName?
    ) throws(SpoolError) -> SlotRecord {
        var previous: SlotRecord?
        if let mark {
            previous = try SlotMarkers(storage).record(MarkerName(key: entry.key, slot: mark))
        }
        var record = SlotRecord(.enqueued, entry: entry.name, slot: slot, at: now, after: previous)
        var alive: [PendingJob] = []
        for pending in record.pending {
            switch try PendingJobs(storage).state(of: pending) {
            case .alive(let found): alive.append(found)
            case .ended(let state):
                let count = record.outcomes[state.rawValue] ?? 0
                record.outcomes[state.rawValue] = count.clampedSum(1)
                if state == .completed { record.lastSuccess = pending.slot }
            case .gone: break
            }
        }
        // If overlapping is allowed and no worker runs, they could become ever more.
        record.pending = Array(alive.suffix(SlotProposals.pendingLimit))
        return record
    }

    private static let pendingLimit = 64

    /// Whether a job lives that a decided slot waits for.
    func isAnyAlive(_ record: SlotRecord) throws(SpoolError) -> Bool {
        for pending in record.pending where record.waitsFor?.contains(pending.id) == true {
            if case .alive = try PendingJobs(storage).state(of: pending) { return true }
        }
        return false
    }
}
