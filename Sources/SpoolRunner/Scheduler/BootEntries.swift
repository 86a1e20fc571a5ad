import Spool

/// Runs the entries that follow boots: once in each boot.
struct BootEntries {
    private enum Stage {
        /// It isn't known yet whether a scheduler has seen to them in this boot.
        case unread
        case running, done
    }

    private let bootID: String
    private let storage: Storage
    private let mark: RebootMark
    private let proposals: SlotProposals
    private var stage = Stage.unread
    /// The keys of those that are to run in this boot, and haven't. They were in force at the first look. One that came
    /// while something was in the way of these waits for the next boot. nil: there was no look yet.
    private var left: Set<String>?
    /// The copies of the files whose entries weren't known at the first look, and aren't yet. Their entries didn't come
    /// later.
    private var unread: Set<String> = []

    init(_ storage: Storage, bootID: String, _ proposals: SlotProposals) {
        self.bootID = bootID
        self.storage = storage
        self.proposals = proposals
        mark = RebootMark(storage, bootID: bootID)
    }

    /// Whether an entry is to run in this boot, and hasn't.
    func awaits(_ entry: ScheduledEntry) -> Bool {
        stage != .done && left?.contains(entry.key) == true
    }

    /// Runs what is to run once after each boot.
    ///
    /// - Parameter unknown: the copies of the files whose entries aren't known.
    /// - Returns: false if it is the leader no longer.
    mutating func enqueue(
        _ progress: inout SlotProgress, unknown: Set<String>
    ) throws(SpoolError) -> Bool {
        if stage == .done { return true }
        let known = left.map { _ in unread.subtracting(unknown) }
        unread = left == nil ? unknown : unread.intersection(unknown)
        let found = all(progress).filter { _, entry in
            known?.contains(CrontabSnapshots.path(of: entry.file)) ?? true
        }
        var left = (self.left ?? []).union(found.map(\.entry.key))
        defer { self.left = left }
        if progress.hindered.contains(HinderedEntries.boots) { return true }
        if stage == .unread {
            let isSet = try ofMark(&progress) { () throws(SpoolError) in try mark.isSet() }
            guard let isSet else { return true }
            stage = isSet ? .done : .running
        }
        if stage == .running {
            guard try decide(&left, &progress) else { return false }
            guard left.isEmpty, unread.isEmpty else { return true }
            let isSet = try ofMark(&progress) { () throws(SpoolError) in
                try mark.set()
                return true
            }
            if isSet == true { stage = .done }
        }
        return true
    }

    /// The entries that follow boots and haven't run in this one, with their places.
    private func all(_ progress: SlotProgress) -> [(index: Int, entry: ScheduledEntry)] {
        progress.entries.all.enumerated().filter {
            $1.line.expression.kind == .reboot && progress.entries.lastBoot(of: $1) != bootID
        }.map { ($0, $1) }
    }

    /// - Returns: nil if something is in the way of the mark.
    private func ofMark(
        _ progress: inout SlotProgress, _ body: () throws(SpoolError) -> Bool
    ) throws(SpoolError) -> Bool? {
        switch try ofOneFile(body) {
        case .success(let isSet):
            progress.hindered.overcome(HinderedEntries.boots)
            return isSet
        case .failure(let error):
            progress.hindered.add(HinderedEntries.boots, HinderedEntries.boots, nil, error)
            return nil
        }
    }

    /// Runs those that are left, and lets go of those that are no more.
    ///
    /// - Returns: false if it is the leader no longer.
    private func decide(
        _ left: inout Set<String>, _ progress: inout SlotProgress
    ) throws(SpoolError) -> Bool {
        if !left.isEmpty, left.allSatisfy({ progress.hindered.contains($0) }) { return true }
        for (index, entry) in all(progress) where left.contains(entry.key) {
            if progress.hindered.contains(entry.key) { continue }
            let last = progress.entries.lastBoot(of: entry)
            let proposed = try ofOneFile { () throws(SpoolError) in
                try proposals.boot(bootID, of: entry, at: storage.now(), after: last)
            }
            switch proposed {
            case .success(let proposal):
                if try !progress.decide([(index, proposal)]) { return false }
            case .failure(let error):
                progress.hindered.add(entry.key, entry.name, nil, error)
            }
        }
        left.formIntersection(all(progress).map(\.entry.key))
        return true
    }
}
