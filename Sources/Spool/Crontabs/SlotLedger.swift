import SpoolSystem

/// The decisions that the active scheduler writes. Each slot is decided once, whatever is killed when, and however many
/// schedulers believe that they are the active one.
///
/// 1. The job is written to tmp/ as `KEY@SLOT.NONCE.slot`, and synced, its name too.
/// 2. Its marker, which names that file and its target, is put at `state/slots/KEY@SLOT.json`, where none may be. A
///    scheduler that finds one there has lost, and helps the winner to its end.
/// 3. It must still be the leader. If it isn't, a newer scheduler may have decided the slot and swept its marker.
/// 4. The job is renamed to its place, and the marker of the entry's earlier slot goes.
///
/// An entry's slots are decided in order, one at a time. Only the newest marker of an entry can therefore have
/// something left to do, and no slot before it will ever be decided again.
package final class SlotLedger {
    /// A decision that is to be made.
    package struct Proposal {
        package let key: String
        package let slot: SlotName
        package var record: SlotRecord
        /// nil: the slot runs nothing.
        package let job: Job?
        /// The entry's newest marker so far, superfluous after this one.
        let predecessor: MarkerName?

        var marker: MarkerName { MarkerName(key: key, slot: slot) }
    }

    package enum Verdict {
        case ours(SlotRecord)
        /// Another scheduler decided the slot; nil: its decision says nothing.
        case theirs(SlotRecord?)
        /// The slot is decided, but its job can't be brought to its place, or one that it replaces can't be cancelled.
        /// The record is to be released later.
        case unplaced(SlotRecord, SpoolError)
        /// Somebody seems to have decided the slot, and how can't be read.
        case unread(SpoolError)
    }

    private let storage: Storage
    private let leadership: Leadership
    private let interrupt: (SlotStep) throws(SpoolError) -> Void
    private let placement: SlotPlacement

    /// - Parameter interrupt: called after each step; an error that it throws ends everything there and then.
    package init(
        _ storage: Storage, _ leadership: Leadership, _ placement: SlotPlacement,
        interrupt: @escaping (SlotStep) throws(SpoolError) -> Void
    ) throws(SpoolError) {
        self.storage = storage
        self.leadership = leadership
        self.interrupt = interrupt
        self.placement = placement
        try storage.makeDirectory(MarkerName.directory)
    }

    /// Makes decisions, one at most for each entry, with as few syncs as possible.
    ///
    /// - Returns: the decisions, in the order of the proposals; nil if it is the leader no longer: then nothing may be done any
    ///   more. An error that concerns one entry alone is in its verdict.
    /// - Throws: after an error, only `SlotRecovery.recover` tells what was decided.
    package func decide(_ proposals: [Proposal]) throws(SpoolError) -> [Verdict]? {
        let durable = proposals.filter { $0.job?.effectiveSync == .full }.count
        // One sync of the file system is cheaper than many of single files.
        let sync: Job.SyncMode = durable == 1 && proposals.count == 1 ? .full : .off
        var prepared: [(proposal: Proposal, marker: TemporaryFile)] = []
        for proposal in proposals {
            prepared.append(try prepare(proposal, sync))
        }
        if durable > 0 {
            // The names too: a marker whose job's file a cut has taken would stand for nothing.
            if sync == .full {
                try storage.syncDirectory(ofPath: "tmp/.")
            } else {
                try syncFileSystem()
            }
        }
        try interrupt(.markerReady)
        var verdicts: [Verdict] = []
        for (proposal, marker) in prepared {
            verdicts.append(try mark(proposal, marker))
            try interrupt(.markerMade)
        }
        if durable > 0 { try storage.syncDirectory(ofPath: MarkerName.directory + "/.") }
        guard try leadership.isLeader() else { return nil }
        try interrupt(.seatChecked)
        var directories: [String: [Int]] = [:]
        for index in verdicts.indices {
            if let directory = try perform(&verdicts[index], proposals[index]) {
                directories[directory, default: []].append(index)
            }
        }
        if durable > 0 {
            for (directory, indices) in directories.sorted(by: { $0.key < $1.key }) {
                let synced = try ofOneFile { () throws(SpoolError) in
                    try storage.syncDirectory(ofPath: directory + "/.")
                }
                guard case .failure(let error) = synced else { continue }
                for index in indices {
                    if let record = verdicts[index].record {
                        verdicts[index] = .unplaced(record, error)
                    }
                }
            }
        }
        return verdicts
    }
}

// MARK: - Steps

extension SlotLedger {
    private func prepare(
        _ proposal: Proposal, _ sync: Job.SyncMode
    ) throws(SpoolError) -> (Proposal, TemporaryFile) {
        var proposal = proposal
        if let job = proposal.job {
            let name = SlotFileName(proposal.marker, nonce: storage.ids.make(at: storage.now()))
            let location = location(of: job, proposal)
            proposal.record.file = name.text
            proposal.record.target = location.path
            if let id = job.id {
                proposal.record.pending.append(
                    PendingJob(id: id, slot: proposal.slot.instant, path: location.path))
            }
            try write(try job.json(), to: name.path, sync)
            try interrupt(.jobWritten)
        }
        let marker = try FileWriter(storage).writeTemporary(
            try JSONText.encode(proposal.record, pretty: true), sync: sync)
        return (proposal, marker)
    }

    private func location(of job: Job, _ proposal: Proposal) -> JobLocation {
        let id = job.id ?? storage.ids.make(at: storage.now())
        if let due = job.notBefore, due > storage.now() {
            return .scheduled(id, due: due, job.effectivePriority)
        }
        return .incoming(id, queue: job.effectiveQueue, job.effectivePriority)
    }

    /// No name is taken back here if something fails: an error may leave behind the same as a kill.
    private func write(_ bytes: [UInt8], to path: String, _ sync: Job.SyncMode) throws(SpoolError) {
        try onPath(storage.path + "/" + path, "write") { () throws(Errno) in
            let file = try storage.root.open(path, [.readWrite, .create, .exclusive])
            try file.write(bytes)
            if sync == .full { try file.sync() }
        }
    }

    private func mark(
        _ proposal: Proposal, _ marker: TemporaryFile
    ) throws(SpoolError) -> Verdict {
        do {
            try FileWriter(storage).publish(marker, as: proposal.marker.path, .fresh)
            return .ours(proposal.record)
        } catch {
            guard error.errno == Errno.exists.rawValue else { throw error }
        }
        let found = try ofOneFile { () throws(SpoolError) -> SlotRecord? in
            let record = try SlotMarkers(storage).record(proposal.marker)
            if record == nil, try !storage.isThere(proposal.marker.path) {
                throw SpoolError.comesAndGoes(
                    storage.path + "/" + proposal.marker.path)
            }
            return record
        }
        if let file = proposal.record.file { try storage.remove("tmp/" + file) }
        return switch found {
        case .success(let record): .theirs(record)
        case .failure(let error): .unread(error)
        }
    }

    /// - Returns: the directory that has got a job.
    private func perform(
        _ verdict: inout Verdict, _ proposal: Proposal
    ) throws(SpoolError) -> String? {
        var directory: String?
        if let record = verdict.record {
            switch try placement.place(record, verdict.isOurs ? proposal.job : nil) {
            case .success(let place): directory = place
            case .failure(let error): verdict = .unplaced(record, error)
            }
            if verdict.isOurs, record.decision != .enqueued {
                History(storage).write([HistoryLine(record, at: storage.now())])
            }
        }
        try interrupt(.jobPlaced)
        if case .unread = verdict { return nil }
        if let predecessor = proposal.predecessor, predecessor != proposal.marker {
            // One that can't be removed is an older one, and says nothing any more.
            _ = try ofOneFile { () throws(SpoolError) in try storage.remove(predecessor.path) }
        }
        return directory
    }

    private func syncFileSystem() throws(SpoolError) {
        try onPath(storage.path, "syncfs") { () throws(Errno) in
            try storage.root.syncFileSystem()
        }
    }
}

extension SlotLedger.Verdict {
    /// The decision, if it can be read.
    fileprivate var record: SlotRecord? {
        switch self {
        case .ours(let record), .unplaced(let record, _): record
        case .theirs(let record): record
        case .unread: nil
        }
    }

    fileprivate var isOurs: Bool {
        if case .ours = self { return true }
        return false
    }
}

extension SlotLedger.Proposal {
    /// - Parameters:
    ///   - mark: the entry's last decided slot; nil: none was.
    ///   - job: nil: the slot runs nothing.
    package init(
        key: String, _ slot: SlotName, _ record: SlotRecord, _ job: Job?, after mark: SlotName?
    ) {
        self.key = key
        self.slot = slot
        self.record = record
        self.job = job
        predecessor = mark.map { MarkerName(key: key, slot: $0) }
    }
}
