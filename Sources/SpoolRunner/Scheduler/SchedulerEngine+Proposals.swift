import Spool
import SpoolSystem
import SpoolTime

extension SchedulerEngine {
    /// What is to be decided about an entry that is due.
    ///
    /// - Parameter begin: when the present look at all entries began; how long it takes makes no slot late.
    /// - Returns: nil when nothing is: it has been queued anew, or is held back.
    func propose(
        _ index: Int, at now: Instant, _ lateness: SlotPlan.Lateness, since begin: Instant
    ) throws(SpoolError) -> SlotLedger.Proposal? {
        let entry = entries[index]
        let key = entry.key
        let settings = entry.line.settings
        guard
            let plan = SlotPlan.next(
                entry.schedule, after: mark(of: entry), at: now, settings,
                delay: entry.randomDelay, lateness, since: begin)
        else {
            insert(index)
            return nil
        }
        let mark = marks[key].map { SlotName.time($0) }
        var record = try newRecord(entry, plan.slot, at: now, after: mark)
        record.missed += plan.missed
        guard plan.runs else {
            record.decision = .missed
            return SlotLedger.Proposal(key: key, .time(plan.slot), record, nil, after: mark)
        }
        let alive = record.pending.map(\.id)
        if !alive.isEmpty {
            switch settings.overlap {
            case .allow: break
            case .skip, .queue:
                if plan.isBacklog {
                    heldBack[index] = alive
                    return nil
                }
                if settings.overlap == .queue {
                    record.waitsFor = alive
                    break
                }
                record.decision = .skipped
                record.skipped += 1
                return SlotLedger.Proposal(key: key, .time(plan.slot), record, nil, after: mark)
            case .replace: record.replaces = alive
            }
        }
        return try enqueue(entry, .time(plan.slot), record, missed: plan.missed, after: mark)
    }

    /// The proposal to make the job of a slot.
    func enqueue(
        _ entry: ScheduledEntry, _ slot: SlotName, _ record: SlotRecord, missed: Int,
        after mark: SlotName?
    ) throws(SpoolError) -> SlotLedger.Proposal {
        var record = record
        let now = record.at
        var job = try entry.job(for: slot, missed: missed)
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
        record.runs += 1
        return SlotLedger.Proposal(key: entry.key, slot, record, job, after: mark)
    }

    /// A record that goes on from the entry's last one, with its jobs looked at again.
    func newRecord(
        _ entry: ScheduledEntry, _ slot: Instant, at now: Instant, after mark: SlotName?
    ) throws(SpoolError) -> SlotRecord {
        var previous: SlotRecord?
        if let mark { previous = try ledger.record(key: entry.key, mark) }
        var record = SlotRecord(.enqueued, entry: entry.name, slot: slot, at: now, after: previous)
        var alive: [PendingJob] = []
        for pending in record.pending {
            switch try PendingJobs(spool.storage).state(of: pending) {
            case .alive(let found): alive.append(found)
            case .ended(let state):
                record.outcomes[state.rawValue, default: 0] += 1
                if state == .completed { record.lastSuccess = pending.slot }
            case .gone: break
            }
        }
        // Where overlapping is allowed and nothing runs, they could become ever more.
        record.pending = Array(alive.suffix(SchedulerEngine.pendingLimit))
        return record
    }

    private static let pendingLimit = 64

    // MARK: @reboot

    /// Runs what is to run once after each boot.
    ///
    /// - Returns: false when it is the leader no longer.
    func enqueueBoots() throws(SpoolError) -> Bool {
        guard !isBootDone else { return true }
        if try !ledger.isBootDone() {
            for (index, entry) in entries.enumerated() where entry.line.expression.kind == .reboot {
                let now = spool.storage.now()
                let last = boots[entry.key]
                if last == surroundings.bootID { continue }
                let mark = last.map { SlotName.boot($0, at: now) }
                let slot = SlotName.boot(surroundings.bootID, at: now)
                let record = try newRecord(entry, now, at: now, after: mark)
                let proposal = try enqueue(entry, slot, record, missed: 0, after: mark)
                if try !decide([(index, proposal)]) { return false }
            }
            try ledger.setBootDone()
        }
        isBootDone = true
        return true
    }

    // MARK: Waiting for jobs

    /// Lets go on what waited for a job that has ended. Call it when a job has, and now and then.
    ///
    /// - Returns: false when it is the leader no longer.
    package func recheckWaiting() throws(SpoolError) -> Bool {
        for index in heldBack.keys { insert(index) }
        heldBack = [:]
        guard !waiting.isEmpty else { return true }
        let known = Dictionary(
            entries.enumerated().map { ($0.element.key, $0.offset) }, uniquingKeysWith: { $1 })
        for (key, record) in waiting {
            guard try !isAnyAlive(record) else { continue }
            try ledger.release(record)
            waiting[key] = nil
            // An entry that is no more has done what it had begun.
            guard let index = known[key] else { continue }
            if try !skipPassed(index) { return false }
        }
        return true
    }

    private func isAnyAlive(_ record: SlotRecord) throws(SpoolError) -> Bool {
        for pending in record.pending where record.waitsFor?.contains(pending.id) == true {
            if case .alive = try PendingJobs(spool.storage).state(of: pending) { return true }
        }
        return false
    }

    /// The slots that came while one waited are dropped: only one waits.
    private func skipPassed(_ index: Int) throws(SpoolError) -> Bool {
        let entry = entries[index]
        let last = mark(of: entry)
        let now = spool.storage.now()
        let count = entry.schedule.count(after: last, through: now)
        guard count > 0, let newest = entry.schedule.latest(atOrBefore: now) else {
            insert(index)
            return true
        }
        let mark = marks[entry.key].map { SlotName.time($0) }
        var record = try newRecord(entry, newest, at: now, after: mark)
        record.decision = .skipped
        record.skipped += count
        return try decide([
            (index, SlotLedger.Proposal(key: entry.key, .time(newest), record, nil, after: mark))
        ])
    }
}
