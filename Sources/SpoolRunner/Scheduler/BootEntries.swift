import Spool

/// Runs the entries that follow boots: once in each boot.
struct BootEntries {
    private let storage: Storage
    private let bootID: String
    private let proposals: SlotProposals
    /// Whether they have been seen to in this boot.
    private var isDone = false

    init(_ storage: Storage, bootID: String, _ proposals: SlotProposals) {
        self.storage = storage
        self.bootID = bootID
        self.proposals = proposals
    }

    /// Runs what is to run once after each boot.
    ///
    /// - Returns: false if it is the leader no longer.
    mutating func enqueue(_ progress: inout SlotProgress) throws(SpoolError) -> Bool {
        guard !isDone, !progress.hindered.contains(HinderedEntries.boots) else { return true }
        let mark = RebootMark(storage, bootID: bootID)
        var done = try ofOneFile { () throws(SpoolError) in try mark.isSet() }
        if case .success(false) = done {
            guard let isComplete = try decide(&progress) else { return false }
            guard isComplete else { return true }
            done = try ofOneFile { () throws(SpoolError) in
                try mark.set()
                return true
            }
        }
        switch done {
        case .success:
            isDone = true
            progress.hindered.overcome(HinderedEntries.boots)
        case .failure(let error):
            progress.hindered.add(HinderedEntries.boots, HinderedEntries.boots, nil, error)
        }
        return true
    }

    /// - Returns: whether each entry that follows boots has had its turn; nil if it is the leader no longer.
    private func decide(_ progress: inout SlotProgress) throws(SpoolError) -> Bool? {
        var isComplete = true
        for (index, entry) in progress.entries.all.enumerated()
        where entry.line.expression.kind == .reboot {
            let last = progress.entries.lastBoot(of: entry)
            if last == bootID { continue }
            if !progress.hindered.contains(entry.key) {
                let proposed = try ofOneFile { () throws(SpoolError) in
                    try proposals.boot(bootID, of: entry, at: storage.now(), after: last)
                }
                switch proposed {
                case .success(let proposal):
                    if try !progress.decide([(index, proposal)]) { return nil }
                case .failure(let error):
                    progress.hindered.add(entry.key, entry.name, nil, error)
                }
            }
            if progress.entries.lastBoot(of: entry) != bootID { isComplete = false }
        }
        return isComplete
    }
}
