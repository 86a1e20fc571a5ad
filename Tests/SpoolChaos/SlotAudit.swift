/// The books of what recurs: each slot of each entry is a job, or is accounted for in the way that the entry
/// asks for.
final class SlotAudit {
    private let audit: Audit
    private let marks: SlotMarks
    private let aftermath: [Disturbances.Span]
    private var ledger: Ledger { audit.ledger }

    private(set) var runs = 0
    private(set) var missed = 0
    private(set) var skipped = 0
    /// Slots that came while nothing disturbed the schedulers.
    private(set) var quiet = 0

    init(_ audit: Audit) {
        self.audit = audit
        marks = SlotMarks(audit.chaos)
        aftermath = audit.ledger.slots.disturbances.aftermath
    }

    func check() {
        let accounts = ledger.accountsOfSlots
        for entry in ledger.slots.entries { check(entry, accounts[entry.recurrence.name] ?? []) }
        if quiet == 0 { ledger.violate("at no time were the schedulers undisturbed") }
        for name in marks.undone(audit.chaos.tree) {
            ledger.violate("LOST: its slot is decided, and it waits in tmp/: \(name)")
        }
    }

    private func check(
        _ entry: SlotBook.InForce, _ slots: [(slot: Slot, account: Account)]
    ) {
        let recurrence = entry.recurrence
        for (slot, account) in slots where !ledger.slots.wasInForce(slot) {
            ledger.violate("its entry wasn't in force then", token: account.plan.token)
        }
        let since = firstSight(recurrence)
        if !Chaos.isGeneration(recurrence) {
            if since == nil { ledger.violate("\(recurrence.name) isn't in force at the end") }
            if let since, let first = slots.first?.slot.seconds, first < since {
                ledger.violate(
                    "\(recurrence.name) was first seen at \(CivilTime.text(since)), and had a slot"
                        + " at \(CivilTime.text(first))")
            }
        }
        checkFigures(recurrence, slots.map(\.slot.seconds), since)
        guard let period = recurrence.period else {
            if slots.count != 1 {
                ledger.violate("\(recurrence.name) has \(slots.count) slots, not 1")
            }
            return
        }
        for (slot, account) in slots where !isSlot(slot, slots[0].slot.seconds) {
            ledger.violate("there is no such slot", token: account.plan.token)
        }
        checkGaps(recurrence, period, slots)
        checkQuiet(entry, period, slots.map(\.slot.seconds))
        checkOverlap(recurrence, slots.map(\.account))
    }

    private func firstSight(_ recurrence: Recurrence) -> Int? {
        audit.chaos.firstSights.first { recurrence.isCalled($0.key) }?.value
    }

    private func isSlot(_ slot: Slot, _ first: Int) -> Bool {
        switch slot.recurrence.rule {
        case .multiples(let period): slot.seconds % period == 0
        case .sinceSight(let period): (slot.seconds - first) % period == 0
        case .instant(let seconds): slot.seconds == seconds
        case .boot: true
        }
    }

    // MARK: What is between two jobs

    private func checkGaps(
        _ recurrence: Recurrence, _ period: Int, _ slots: [(slot: Slot, account: Account)]
    ) {
        for (before, next) in zip(slots, slots.dropFirst()) {
            let gap = (next.slot.seconds - before.slot.seconds) / period - 1
            let told = next.account.missed ?? 0
            let isRight: Bool
            switch (recurrence.catchUp, recurrence.overlap) {
            case (.all, .allow): isRight = gap == 0 && told == 0
            case (.last, .allow): isRight = told == gap
            case (.none, _): isRight = told == 0
            default: isRight = told <= gap
            }
            if !isRight {
                ledger.violate(
                    "\(gap) slots before it have no job, and it was told of \(told) missed",
                    token: next.account.plan.token)
            }
        }
    }

    // MARK: Figures

    /// A job for each run on record, and a reason on record for each slot without a job.
    private func checkFigures(_ recurrence: Recurrence, _ slots: [Int], _ since: Int?) {
        guard recurrence.rule != .boot else { return }
        guard let mark = marks.newest.values.first(where: { recurrence.isCalled($0.entry) }) else {
            if !slots.isEmpty { ledger.violate("nothing is on record of \(recurrence.name)") }
            return
        }
        runs += mark.runs
        missed += mark.missed
        skipped += mark.skipped
        if mark.runs != slots.count {
            ledger.violate("\(mark.entry): \(mark.runs) runs on record, and \(slots.count) jobs")
        }
        if recurrence.overlap == .allow && mark.skipped > 0 {
            ledger.violate("\(mark.entry): \(mark.skipped) skipped, and it may overlap")
        }
        guard let since else { return }
        let all: Int
        switch recurrence.rule {
        case .multiples(let period): all = mark.seconds / period - since / period
        case .sinceSight(let period): all = (mark.seconds - since) / period
        case .instant, .boot: all = 1
        }
        if mark.runs + mark.missed + mark.skipped != all {
            ledger.violate(
                "\(mark.entry): \(mark.runs) runs, \(mark.missed) missed and \(mark.skipped)"
                    + " skipped on record, but \(all) slots from \(CivilTime.text(since)) to"
                    + " \(mark.slot)")
        }
    }

    // MARK: When nothing disturbs

    private func isQuiet(_ slot: Int) -> Bool {
        let time = Double(slot)
        return !aftermath.contains { $0.from <= time && time <= $0.to }
    }

    /// Each slot that came while nothing disturbed the schedulers has a job, where none may be skipped.
    private func checkQuiet(_ entry: SlotBook.InForce, _ period: Int, _ slots: [Int]) {
        let recurrence = entry.recurrence
        guard recurrence.overlap == .allow, !Chaos.isGeneration(recurrence),
            let since = firstSight(recurrence)
        else { return }
        let first: Int
        switch recurrence.rule {
        case .sinceSight: first = since + period
        default: first = (since / period + 1) * period
        }
        let there = Set(slots)
        let last = Int(entry.to ?? Disturbances.now) - 2
        for slot in stride(from: first, through: last, by: period) where isQuiet(slot) {
            quiet += 1
            if !there.contains(slot) {
                ledger.violate(
                    "\(recurrence.name): its slot \(CivilTime.text(slot)) came while nothing"
                        + " disturbed the schedulers, and has no job")
            }
        }
    }

    // MARK: Overlap

    /// No job begins before an earlier one of its entry has ended, unless people have queued one again or
    /// taken one away.
    private func checkOverlap(_ recurrence: Recurrence, _ accounts: [Account]) {
        guard recurrence.overlap == .skip || recurrence.overlap == .queue else { return }
        let tokens = Set(accounts.map(\.plan.token))
        var latest: (end: Int, token: String)?
        for begin in audit.proof.begins where tokens.contains(begin.token) {
            guard let record = ledger.records[begin.attempt.id], record.rounds == 0,
                !record.wasTaken, record.account.possibleCopies == 0
            else { continue }
            if let latest, begin.offset < latest.end {
                ledger.violate("it began while \(latest.token) ran", token: begin.token)
            }
            guard let end = audit.proof.endOffsets[begin.attempt] else { continue }
            if end > latest?.end ?? -1 { latest = (end, begin.token) }
        }
    }
}
