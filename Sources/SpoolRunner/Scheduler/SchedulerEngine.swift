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
    private let placement: SlotPlacement
    private let recovery: SlotRecovery
    private let proposals: SlotProposals
    private let futureMarks: FutureMarks
    let tables: CrontabTables
    private(set) var progress: SlotProgress
    private var boots: BootEntries
    private var clock: ClockOffset

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
        futureMarks = FutureMarks(spool.storage, tables, surroundings)
        clock = ClockOffset(at: spool.storage.now(), monotonic: surroundings.monotonic())
        proposals = SlotProposals(spool.storage)
        boots = BootEntries(spool.storage, bootID: surroundings.bootID, proposals)
        // Leadership first: its former holder may do nothing more, so what is found then is all there is.
        let leadership = try Leadership(spool.storage)
        placement = SlotPlacement(spool.storage, surroundings.interrupt)
        let ledger = try SlotLedger(
            spool.storage, leadership, placement, interrupt: surroundings.interrupt)
        recovery = SlotRecovery(spool.storage, placement, bootID: surroundings.bootID)
        let books = try recovery.recover()
        let all = try tables.load(isFirst: true) ?? []
        progress = SlotProgress(ledger, books, all, at: spool.storage.now(), surroundings)
        try keepNames()
        try requeue()
        ProcessControl.giveBackMemory()
    }

    /// When the next slot comes; nil: none will.
    package var nextDue: Instant? { progress.nextDue }

    /// Does what is due.
    ///
    /// - Returns: when to do so again; nil when it is the leader no longer: another scheduler is the active one.
    package func tick() throws(SpoolError) -> Instant? {
        let hasGoneBack = clock.notice(
            at: spool.storage.now(), monotonic: surroundings.monotonic())
        if hasGoneBack { try requeue() }
        if let time = tables.reloadAt, surroundings.monotonic() >= time { try loadTables() }
        guard try retryHindered(), try boots.enqueue(&progress, unknown: tables.unread),
            try decideDue()
        else { return nil }
        clock.noteDecided()
        let wake = spool.storage.now() + SchedulerEngine.longestSleep
        let again = [tables.reloadAt, progress.hindered.next].compactMap(\.self).min().map {
            Instant(nanoseconds: spool.storage.now().nanoseconds + $0 - surroundings.monotonic())
        }
        return [wake, progress.nextDue, again].compactMap(\.self).min()
    }

    // MARK: Tables

    /// Reads what has changed in the crontabs, and queues all entries anew.
    package func loadTables() throws(SpoolError) {
        guard let all = try tables.load(isFirst: progress.entries.all.isEmpty) else { return }
        progress.replace(with: all, at: spool.storage.now())
        try keepNames()
        try requeue()
        ProcessControl.giveBackMemory()
    }

    private func keepNames() throws(SpoolError) {
        for file in progress.renamed.sorted() {
            try tables.keepNames(of: progress.entries.of(file), in: file)
        }
    }

    /// Rescans the zones and the files, which may have changed without an event, and tries hindered entries again.
    package func rescanFiles() throws(SpoolError) {
        progress.hindered.hurry()
        try tables.recheckZones()
        try loadTables()
    }

    /// Queues every entry by its next slot.
    private func requeue() throws(SpoolError) {
        try futureMarks.setBack(&progress)
        progress.requeue()
    }

    /// Removes what is left of dead schedulers and of entries that are no more.
    package func sweep() throws(SpoolError) {
        guard tables.unread.isEmpty else {
            // An entry that is left out may come back, and must find its mark.
            _ = try recovery.recover()
            return
        }
        let horizon = spool.storage.now() + .seconds(-86_400)
        try recovery.sweep(except: progress.keys, before: horizon)
    }

    // MARK: Slots

    /// Decides batch after batch until nothing is due.
    ///
    /// - Returns: false when it is the leader no longer.
    private func decideDue() throws(SpoolError) -> Bool {
        let begin = spool.storage.now()
        while true {
            let now = spool.storage.now()
            var batch: [(index: Int, proposal: SlotLedger.Proposal)] = []
            var hasDue = false
            while batch.count < SchedulerEngine.batchLimit, let index = progress.pop(by: now) {
                hasDue = true
                let proposed = try ofOneFile { () throws(SpoolError) in
                    try propose(index, at: now, since: begin)
                }
                switch proposed {
                case .success(let proposal?): batch.append((index, proposal))
                case .success(nil):
                    let entry = progress.entries[index]
                    progress.hindered.overcome(entry)
                case .failure(let error):
                    progress.hindered.add(
                        progress.entries[index].key, progress.entries[index].name, nil, error)
                }
            }
            if !batch.isEmpty, try !progress.decide(batch) { return false }
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
        let entry = progress.entries[index]
        guard
            let plan = SlotPlan.next(
                entry.schedule, after: progress.entries.mark(of: entry), at: now,
                entry.line.settings,
                delay: entry.randomDelay, clock.lateness, since: begin,
                resumedAt: clock.resumption)
        else {
            progress.insert(index)
            return nil
        }
        switch try proposals.treatment(
            plan, of: entry, at: now, after: progress.entries.lastSlot(of: entry))
        {
        case .decide(let proposal): return proposal
        case .holdBack(let jobs):
            progress.waiting.holdBack(index, for: jobs)
            return nil
        }
    }

    // MARK: Hindered entries

    /// Tries again what was in the way of entries, of those whose time it is.
    ///
    /// - Returns: false when it is the leader no longer.
    private func retryHindered() throws(SpoolError) -> Bool {
        let due = progress.hindered.takeDue()
        if due.isEmpty { return true }
        let known = progress.entries.indices
        var books: SlotBooks?
        var isSetBack = false
        for (key, work) in due {
            var hasWaited = false
            switch work {
            case .release(let record):
                if let error = try placement.release(record) {
                    progress.hindered.add(key, record.entry, work, error)
                    continue
                }
                progress.hindered.overcome(key)
                hasWaited = record.waits
            case .recovery(let marker):
                let read = try ofOneFile { () throws(SpoolError) in
                    try SlotMarkers(spool.storage).record(marker)
                }
                if case .failure(let error) = read {
                    progress.hindered.add(key, progress.entries.name(of: key, known), work, error)
                    continue
                }
                if books == nil { books = try recovery.recover() }
                if let (work, error) = books?.hindered[key] {
                    progress.hindered.add(key, progress.entries.name(of: key, known), work, error)
                    continue
                }
                progress.hindered.overcome(key)
                if let record = books?.waiting[key] {
                    progress.waiting.insert(record, of: key)
                    continue
                }
            case .skip: hasWaited = true
            // Its trouble is over once the slot is decided.
            case nil: break
            }
            guard let index = known[key] else { continue }
            if progress.entries.mark(of: progress.entries[index]) > spool.storage.now() {
                isSetBack = true
            } else if !hasWaited {
                progress.insert(index)
            } else if try !skipPassed(index, &isSetBack) {
                return false
            }
        }
        // The clock was set back while they waited.
        if isSetBack { try requeue() }
        for index in due.compactMap({ known[$0.key] }) { overcomeIfIdle(index) }
        return true
    }

    /// No slot of an entry that is free again has come: nothing else would tell that its trouble is over.
    private func overcomeIfIdle(_ index: Int) {
        let entry = progress.entries[index]
        guard progress.isFree(entry), !boots.awaits(entry) else { return }
        if let due = progress.entries.nextDue(of: entry), due <= spool.storage.now() { return }
        progress.hindered.overcome(entry)
    }

    // MARK: Waiting for jobs

    /// Lets go on what waited for a job that has ended. Call it when a job has, and now and then.
    ///
    /// - Returns: false when it is the leader no longer.
    package func recheckWaiting() throws(SpoolError) -> Bool {
        for index in progress.waiting.heldBack.keys { progress.insert(index) }
        progress.waiting.forgetHeldBack()
        guard !progress.waiting.records.isEmpty else { return true }
        let known = progress.entries.indices
        var isSetBack = false
        for (key, record) in progress.waiting.records {
            let found = try ofOneFile { () throws(SpoolError) in try proposals.isAnyAlive(record) }
            guard case .success(let isAlive) = found else {
                if case .failure(let error) = found {
                    progress.hindered.tell(key, record.entry, error)
                }
                continue
            }
            progress.hindered.overcome(key)
            if isAlive { continue }
            progress.waiting.remove(key)
            if let error = try placement.release(record) {
                progress.hindered.add(key, record.entry, .release(record), error)
                continue
            }
            // An entry that is no more has done what it had begun.
            guard let index = known[key] else { continue }
            if try !skipPassed(index, &isSetBack) { return false }
        }
        if isSetBack { try requeue() }
        return true
    }

    /// The slots that came while one waited are dropped, unless they are to be caught up. Nobody knows which of them
    /// came while a scheduler ran: none is decided before the one that waits has gone on.
    ///
    /// - Parameter isSetBack: becomes true if the clock was set back while it waited; then all are to be queued anew.
    /// - Returns: false when it is the leader no longer.
    private func skipPassed(_ index: Int, _ isSetBack: inout Bool) throws(SpoolError) -> Bool {
        let entry = progress.entries[index]
        let now = spool.storage.now()
        let mark = progress.entries.mark(of: entry)
        if mark > now {
            isSetBack = true
            return true
        }
        let isCaughtUp = entry.line.settings.catchesUpOnAll
        let count = isCaughtUp ? 0 : entry.schedule.count(after: mark, through: now)
        guard count > 0, let newest = entry.schedule.latest(atOrBefore: now) else {
            progress.hindered.overcome(entry)
            progress.insert(index)
            return true
        }
        let proposed = try ofOneFile { () throws(SpoolError) in
            try proposals.skip(
                count, upTo: newest, of: entry, at: now, after: progress.entries.lastSlot(of: entry)
            )
        }
        switch proposed {
        case .success(let proposal):
            return try progress.decide([(index, proposal)], ifUnread: .skip)
        case .failure(let error):
            progress.hindered.add(entry.key, entry.name, .skip, error)
            return true
        }
    }
}
