import Spool
import SpoolTime

/// The entries of all crontabs in force, and how far each of them has come.
struct EntriesInForce {
    private(set) var all: [ScheduledEntry] = []
    /// The last decided slot of each entry, by key.
    private var marks: [String: Instant]
    /// The boot in which each entry that follows boots has run last, by key.
    private var boots: [String: String]

    /// A mark farther ahead is none of a change of the clock by rule.
    private static let farthest = TimeSpan.seconds(3 * 3600)

    /// - Parameters:
    ///   - marks: the last decided slot of each entry, by key; also of entries that are no more.
    ///   - boots: the boot in which each entry that follows boots has run last, by key.
    init(marks: [String: Instant], boots: [String: String]) {
        self.marks = marks
        self.boots = boots
    }

    /// These are in force from now on. One that was called otherwise before has come as far as it had by that name.
    ///
    /// - Returns: the files of those that have other names now.
    mutating func replace(with all: [ScheduledEntry], at present: Instant) -> Set<String> {
        self.all = all
        var renamed: Set<String> = []
        for (index, entry) in all.enumerated() {
            guard let former = entry.formerKey else { continue }
            let mark = marks[former].flatMap {
                $0 <= present + EntriesInForce.farthest ? $0 : nil
            }
            self.all[index] = entry.named(since: max(entry.since, mark ?? entry.since))
            if boots[entry.key] == nil { boots[entry.key] = boots[former] }
            renamed.insert(entry.file)
        }
        return renamed
    }

    /// Those of a file.
    func of(_ file: String) -> [ScheduledEntry] { all.filter { $0.file == file } }

    subscript(_ index: Int) -> ScheduledEntry { all[index] }

    /// The places in `all`, by key.
    var indices: [String: Int] {
        Dictionary(all.enumerated().map { ($0.element.key, $0.offset) }, uniquingKeysWith: { $1 })
    }

    /// The name of an entry, for people; its key if it is no more.
    ///
    /// - Parameter indices: as this has them.
    func name(of key: String, _ indices: [String: Int]) -> String {
        indices[key].map { all[$0].name } ?? key
    }

    /// The last slot of an entry that is over.
    func mark(of entry: ScheduledEntry) -> Instant {
        var mark = entry.since
        if let own = marks[entry.key] { mark = max(mark, own) }
        return mark
    }

    /// When an entry is due next; nil: never.
    func nextDue(of entry: ScheduledEntry) -> Instant? {
        entry.schedule.next(after: mark(of: entry))
    }

    /// Every entry by its next slot.
    func due(
        where isMeant: (ScheduledEntry) -> Bool
    ) -> [(due: Instant, entry: Int)] {
        var due: [(due: Instant, entry: Int)] = []
        due.reserveCapacity(all.count)
        for (index, entry) in all.enumerated() where isMeant(entry) {
            if let next = nextDue(of: entry) { due.append((next, index)) }
        }
        return due
    }

    /// The slot of an entry that was decided last; nil: none was.
    func lastSlot(of entry: ScheduledEntry) -> SlotName? {
        marks[entry.key].map { SlotName.time($0) }
    }

    /// The boot in which an entry that follows boots has run last.
    func lastBoot(of entry: ScheduledEntry) -> String? { boots[entry.key] }

    /// A slot of an entry is decided.
    mutating func noteDecided(_ slot: SlotName, of entry: ScheduledEntry) {
        switch slot {
        case .boot(let id, _): boots[entry.key] = id
        case .time(let instant): marks[entry.key] = instant
        }
    }

    // MARK: Marks of the future

    /// The places of the entries whose marks are of a clock that was far wrong.
    ///
    /// - Parameter isMeant: whether an entry may be set back.
    func ahead(of now: Instant, where isMeant: (ScheduledEntry) -> Bool) -> [Int] {
        let horizon = now + EntriesInForce.farthest
        return all.indices.filter { mark(of: all[$0]) > horizon && isMeant(all[$0]) }
    }

    /// The entries of a file as they will be if those at these places count as first seen at that time.
    func seen(_ present: Instant, _ places: [Int], in file: String) -> [ScheduledEntry] {
        var changed = all
        for index in places { changed[index] = changed[index].seen(present) }
        return changed.filter { $0.file == file }
    }

    /// The mark of an entry that lies far ahead of a time; nil: it has none there.
    func markAhead(of entry: ScheduledEntry, at present: Instant) -> Instant? {
        marks[entry.key].flatMap { $0 > present + EntriesInForce.farthest ? $0 : nil }
    }

    /// An entry counts as first seen at that time. A mark that lies far ahead of it is forgotten.
    mutating func setBack(_ index: Int, to present: Instant) {
        let entry = all[index]
        if markAhead(of: entry, at: present) != nil { marks[entry.key] = nil }
        all[index] = entry.seen(present)
    }
}
