import Spool
import SpoolSchedule
import SpoolSystem
import SpoolTime

/// The active scheduler without its process: what is in force, what is due when, and what becomes of it.
/// It acts upon the spool whenever it is told to, and says when to be told next.
///
/// After an error it knows nothing any more: `start` it again, as after a kill.
package final class SchedulerEngine {
    let spool: SpoolDirectory
    private let surroundings: SchedulerSurroundings
    private let ledger: SlotLedger
    private let proposals: SlotProposals
    let tables: CrontabTables
    private(set) var entries: EntriesInForce
    private(set) var waiting: WaitingEntries
    private(set) var hindered: HinderedEntries
    private var queue = DueQueue()
    private var clock: ClockOffset
    /// Whether the entries that follow boots have been seen to.
    private var isBootDone = false

    /// The longest time between two looks: the timer goes off by itself when the clock is set or the machine
    /// has slept.
    private static let longestSleep = TimeSpan.seconds(3600)
    /// How many slots are decided with the same syncs: a marker's descriptor stays open for each.
    private static let batchLimit = 128

    /// Becomes the leader, ends what others have left, and loads the tables.
    package init(_ spool: SpoolDirectory, _ surroundings: SchedulerSurroundings) throws(SpoolError)
    {
        self.spool = spool
        self.surroundings = surroundings
        tables = try CrontabTables(spool, surroundings)
        clock = ClockOffset(at: spool.storage.now(), monotonic: surroundings.monotonic())
        // Leadership first: its former holder may do nothing more, so what is found then is all there is.
        let leadership = try Leadership(spool.storage)
        ledger = try SlotLedger(
            spool.storage, leadership, bootID: surroundings.bootID,
            interrupt: surroundings.interrupt)
        proposals = SlotProposals(spool.storage, ledger)
        let books = try ledger.recover()
        entries = EntriesInForce(marks: books.marks, boots: books.boots)
        waiting = WaitingEntries(books.waiting)
        hindered = HinderedEntries(surroundings)
        for (key, (rest, error)) in books.hindered {
            if case .release(let record) = rest {
                hindered.add(key, record.entry, rest, error)
            } else {
                hindered.add(key, key, rest, error)
            }
        }
        try loadTables()
    }

    /// When the next slot comes; nil: none will.
    package var nextDue: Instant? { queue.first }

    /// Does what is due.
    ///
    /// - Returns: when to do so again; nil when it is the leader no longer: another scheduler is the active one.
    package func tick() throws(SpoolError) -> Instant? {
        let hasGoneBack = clock.notice(
            at: spool.storage.now(), monotonic: surroundings.monotonic())
        if hasGoneBack { try requeue() }
        if let time = tables.reloadAt, surroundings.monotonic() >= time { try loadTables() }
        try retryHindered()
        guard try enqueueBoots(), try decideDue() else { return nil }
        clock.noteDecided()
        let wake = spool.storage.now() + SchedulerEngine.longestSleep
        let again = [tables.reloadAt, hindered.next].compactMap(\.self).min().map {
            Instant(nanoseconds: spool.storage.now().nanoseconds + $0 - surroundings.monotonic())
        }
        return [wake, queue.first, again].compactMap(\.self).min()
    }

    // MARK: Tables

    /// Reads what has changed in the crontabs, and queues all entries anew.
    package func loadTables() throws(SpoolError) {
        guard let all = try tables.load(isFirst: entries.all.isEmpty) else { return }
        entries.replace(with: all)
        hindered.hurry()
        try requeue()
        ProcessControl.giveBackMemory()
    }

    /// Rescans the zones and the files, which may have changed without an event, and tries hindered entries again.
    package func rescanFiles() throws(SpoolError) {
        hindered.hurry()
        try tables.recheckZones()
        try loadTables()
    }

    /// Queues every entry by its next slot.
    private func requeue() throws(SpoolError) {
        try setBackMarks()
        waiting.forgetHeldBack()
        queue = DueQueue(
            entries.due { !waiting.contains($0) && !hindered.contains($0.key) })
    }

    /// A clock that was far wrong leaves marks that would keep entries from running for years. Their entries count from
    /// now instead.
    private func setBackMarks() throws(SpoolError) {
        let now = spool.storage.now()
        let ahead = entries.ahead(of: now) {
            !waiting.contains($0) && !hindered.contains($0.key)
        }
        let present = Instant(seconds: now.seconds)
        for (file, meant) in Dictionary(grouping: ahead, by: { entries[$0].file }).sorted(
            by: { $0.key < $1.key })
        {
            // The new first sight is on disk before the mark goes: at no time is there neither.
            let error = try tables.keepFirstSights(
                of: entries.seen(present, meant, in: file), in: file,
                note: "marks in the future were set back to \(present)")
            for index in meant {
                if let error {
                    hindered.add(entries[index].key, entries[index].name, nil, error)
                } else {
                    try setBack(index, to: present)
                }
            }
        }
    }

    private func setBack(_ index: Int, to present: Instant) throws(SpoolError) {
        let entry = entries[index]
        if let slot = entries.markAhead(of: entry, at: present) {
            let removed = try ofOneFile { () throws(SpoolError) in
                try ledger.removeMark(key: entry.key, slot: slot)
            }
            // An earlier slot would be taken for one before that mark.
            if case .failure(let error) = removed {
                return hindered.add(entry.key, entry.name, nil, error)
            }
        }
        surroundings.report(
            "\(entry.file): \(entry.name): its last slot, \(entries.mark(of: entry)), lies far in the future, as the"
                + " clock was wrong: it counts from \(present) now")
        entries.setBack(index, to: present)
    }

    /// Removes what is left of dead schedulers and of entries that are no more.
    package func sweep() throws(SpoolError) {
        let horizon = spool.storage.now() + .seconds(-86_400)
        // An entry that is no more may have begun something, and waits.
        let keys = Set(entries.all.map(\.key)).union(waiting.records.keys).union(hindered.keys)
        try ledger.sweep(except: keys, before: horizon)
    }

    // MARK: Slots

    private func insert(_ index: Int) {
        guard let due = entries.nextDue(of: entries[index]) else { return }
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
                let proposed = try ofOneFile { () throws(SpoolError) in
                    try propose(index, at: now, since: begin)
                }
                switch proposed {
                case .success(let proposal?): batch.append((index, proposal))
                case .success(nil): hindered.overcome(entries[index].key)
                case .failure(let error):
                    hindered.add(entries[index].key, entries[index].name, nil, error)
                }
            }
            if !batch.isEmpty, try !decide(batch) { return false }
            if !hasDue { return true }
        }
    }

    /// The proposal for an entry that is due.
    ///
    /// - Parameter begin: when the present look at all entries began; how long it takes makes no slot late.
    /// - Returns: nil when nothing is: it has been queued anew, or is held back.
    private func propose(
        _ index: Int, at now: Instant, since begin: Instant
    ) throws(SpoolError) -> SlotLedger.Proposal? {
        let entry = entries[index]
        guard
            let plan = SlotPlan.next(
                entry.schedule, after: entries.mark(of: entry), at: now, entry.line.settings,
                delay: entry.randomDelay, clock.lateness, since: begin,
                resumedAt: clock.resumption)
        else {
            insert(index)
            return nil
        }
        switch try proposals.treatment(plan, of: entry, at: now, after: entries.lastSlot(of: entry))
        {
        case .decide(let proposal): return proposal
        case .holdBack(let jobs):
            waiting.holdBack(index, for: jobs)
            return nil
        }
    }

    private func decide(
        _ batch: [(index: Int, proposal: SlotLedger.Proposal)]
    ) throws(SpoolError) -> Bool {
        guard let verdicts = try ledger.decide(batch.map(\.proposal)) else { return false }
        for ((index, proposal), verdict) in zip(batch, verdicts) {
            let entry = entries[index]
            let record: SlotRecord?
            switch verdict {
            case .ours(let own): record = own
            case .theirs(let other): record = other
            case .unplaced(let unplaced, let error):
                entries.noteDecided(proposal.slot, of: entry)
                hindered.add(entry.key, entry.name, .release(unplaced), error)
                continue
            case .unread(let error):
                hindered.add(entry.key, entry.name, nil, error)
                continue
            }
            entries.noteDecided(proposal.slot, of: entry)
            hindered.overcome(entry.key)
            if let record, record.waits {
                waiting.insert(record, of: entry.key)
            } else if case .time = proposal.slot {
                insert(index)
            }
        }
        return true
    }

    /// Runs what is to run once after each boot.
    ///
    /// - Returns: false when it is the leader no longer.
    private func enqueueBoots() throws(SpoolError) -> Bool {
        guard !isBootDone, !hindered.contains(HinderedEntries.boots) else { return true }
        var done = try ofOneFile { () throws(SpoolError) in try ledger.isBootDone() }
        if case .success(false) = done {
            guard let isComplete = try decideBoots() else { return false }
            guard isComplete else { return true }
            done = try ofOneFile { () throws(SpoolError) in
                try ledger.setBootDone()
                return true
            }
        }
        switch done {
        case .success:
            isBootDone = true
            hindered.overcome(HinderedEntries.boots)
        case .failure(let error):
            hindered.add(HinderedEntries.boots, HinderedEntries.boots, nil, error)
        }
        return true
    }

    /// - Returns: whether each entry that follows boots has had its turn; nil when it is the leader no longer.
    private func decideBoots() throws(SpoolError) -> Bool? {
        var isComplete = true
        for (index, entry) in entries.all.enumerated()
        where entry.line.expression.kind == .reboot {
            let last = entries.lastBoot(of: entry)
            if last == surroundings.bootID { continue }
            if !hindered.contains(entry.key) {
                let proposed = try ofOneFile { () throws(SpoolError) in
                    try proposals.boot(
                        surroundings.bootID, of: entry, at: spool.storage.now(), after: last)
                }
                switch proposed {
                case .success(let proposal):
                    if try !decide([(index, proposal)]) { return nil }
                case .failure(let error): hindered.add(entry.key, entry.name, nil, error)
                }
            }
            if entries.lastBoot(of: entry) != surroundings.bootID { isComplete = false }
        }
        return isComplete
    }

    // MARK: Hindered entries

    /// Tries again what was in the way of entries, of those whose time it is.
    private func retryHindered() throws(SpoolError) {
        let due = hindered.takeDue()
        if due.isEmpty { return }
        let known = entries.indices
        var books: SlotBooks?
        var isSetBack = false
        for (key, rest) in due {
            switch rest {
            case .release(let record):
                if let error = try ledger.release(record) {
                    hindered.add(key, record.entry, rest, error)
                    continue
                }
                hindered.overcome(key)
            case .recovery:
                if books == nil { books = try ledger.recover() }
                if let (rest, error) = books?.hindered[key] {
                    hindered.add(key, key, rest, error)
                    continue
                }
                hindered.overcome(key)
                if let record = books?.waiting[key] {
                    waiting.insert(record, of: key)
                    continue
                }
            // Its trouble is over once the slot is decided.
            case nil: if known[key] == nil, key != HinderedEntries.boots { hindered.forget(key) }
            }
            guard let index = known[key] else { continue }
            if entries.mark(of: entries[index]) > spool.storage.now() { isSetBack = true }
            insert(index)
        }
        // The clock was set back while they waited.
        if isSetBack { try requeue() }
    }

    // MARK: Waiting for jobs

    /// Lets go on what waited for a job that has ended. Call it when a job has, and now and then.
    ///
    /// - Returns: false when it is the leader no longer.
    package func recheckWaiting() throws(SpoolError) -> Bool {
        for index in waiting.heldBack.keys { insert(index) }
        waiting.forgetHeldBack()
        guard !waiting.records.isEmpty else { return true }
        let known = entries.indices
        for (key, record) in waiting.records {
            let found = try ofOneFile { () throws(SpoolError) in try proposals.isAnyAlive(record) }
            guard case .success(let isAlive) = found else {
                if case .failure(let error) = found { hindered.tell(key, record.entry, error) }
                continue
            }
            hindered.overcome(key)
            if isAlive { continue }
            waiting.remove(key)
            if let error = try ledger.release(record) {
                hindered.add(key, record.entry, .release(record), error)
                continue
            }
            // An entry that is no more has done what it had begun.
            guard let index = known[key] else { continue }
            if try !skipPassed(index) { return false }
        }
        return true
    }

    /// The slots that came while one waited are dropped, unless they are to be caught up. Nobody knows which of them
    /// came while a scheduler ran: none is decided before the one that waits has gone on.
    private func skipPassed(_ index: Int) throws(SpoolError) -> Bool {
        let entry = entries[index]
        let now = spool.storage.now()
        let mark = entries.mark(of: entry)
        // The clock was set back while it waited.
        if mark > now {
            try requeue()
            return true
        }
        let isCaughtUp = entry.line.settings.catchesUpOnAll
        let count = isCaughtUp ? 0 : entry.schedule.count(after: mark, through: now)
        guard count > 0, let newest = entry.schedule.latest(atOrBefore: now) else {
            insert(index)
            return true
        }
        let proposed = try ofOneFile { () throws(SpoolError) in
            try proposals.skip(
                count, upTo: newest, of: entry, at: now, after: entries.lastSlot(of: entry))
        }
        switch proposed {
        case .success(let proposal): return try decide([(index, proposal)])
        case .failure(let error):
            hindered.add(entry.key, entry.name, nil, error)
            return true
        }
    }
}
