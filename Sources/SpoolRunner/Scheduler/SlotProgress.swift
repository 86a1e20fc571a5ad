import Spool
import SpoolTime

/// How far the entries in force have come, and what each of them waits for. That is its next slot, the end of a job, or
/// a file that is in its way.
struct SlotProgress {
    private let ledger: SlotLedger
    private(set) var entries: EntriesInForce
    var waiting: WaitingEntries
    var hindered: HinderedEntries
    private var queue = DueQueue()
    /// The files of entries that are called otherwise than before, which isn't on record yet.
    private(set) var renamed: Set<String>

    /// - Parameters:
    ///   - books: what was decided so far.
    ///   - all: the entries in force. They are to be queued then.
    init(
        _ ledger: SlotLedger, _ books: SlotBooks, _ all: [ScheduledEntry], at present: Instant,
        _ surroundings: SchedulerSurroundings
    ) {
        self.ledger = ledger
        entries = EntriesInForce(marks: books.marks, boots: books.boots)
        waiting = WaitingEntries(books.waiting)
        hindered = HinderedEntries(surroundings)
        renamed = entries.replace(with: all, at: present)
        let known = books.hindered.isEmpty ? [:] : entries.indices
        for (key, (work, error)) in books.hindered {
            if case .release(let record) = work {
                hindered.add(key, record.entry, work, error)
            } else {
                hindered.add(key, entries.name(of: key, known), work, error)
            }
        }
    }

    /// When the next slot comes; nil: none will.
    var nextDue: Instant? { queue.first }

    /// The keys of the entries in force, and of those that have something left to do.
    var keys: Set<String> {
        Set(entries.all.map(\.key)).union(waiting.records.keys).union(hindered.keys)
    }

    /// Whether an entry waits for its next slot alone.
    func isFree(_ entry: ScheduledEntry) -> Bool {
        !waiting.contains(entry) && !hindered.contains(entry.key)
    }

    /// These are in force from now on. They are to be queued then.
    mutating func replace(with all: [ScheduledEntry], at present: Instant) {
        renamed = entries.replace(with: all, at: present)
        hindered.forget(except: Set(all.map(\.key)))
        hindered.hurry()
    }

    mutating func setBack(_ index: Int, to present: Instant) {
        entries.setBack(index, to: present)
    }

    /// Queues every entry by its next slot.
    mutating func requeue() {
        waiting.forgetHeldBack()
        queue = DueQueue(entries.due { isFree($0) })
    }

    /// Queues an entry by its next slot.
    mutating func insert(_ index: Int) {
        guard let due = entries.nextDue(of: entries[index]) else { return }
        queue.insert(index, due: due)
    }

    /// Takes the first entry out of the queue, if its slot has come by then.
    mutating func pop(by now: Instant) -> Int? { queue.pop(by: now) }

    /// Has slots decided, and notes what each entry waits for then.
    ///
    /// - Parameter work: to be done for an entry whose slot was decided by somebody, if the decision can't be read. nil:
    ///   its next slot is to be decided.
    /// - Returns: false if it is the leader no longer.
    mutating func decide(
        _ batch: [(index: Int, proposal: SlotLedger.Proposal)], ifUnread work: UnfinishedWork? = nil
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
                hindered.add(entry.key, entry.name, work, error)
                continue
            }
            entries.noteDecided(proposal.slot, of: entry)
            hindered.overcome(entry)
            if let record, record.waits {
                waiting.insert(record, of: entry.key)
            } else if case .time = proposal.slot {
                insert(index)
            }
        }
        return true
    }
}
