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
    /// The steps after which tests cut it off, as a kill would.
    package enum Step: CaseIterable, Sendable {
        case jobWritten, markerReady, markerMade, seatChecked, replacedCancelled, jobPlaced
    }

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

    /// The work that is left of a decided slot, if a file of its entry is in the way.
    package enum Rest {
        /// The job is to be brought to its place, which is to be durable: the record is to be released.
        case release(SlotRecord)
        /// The decision can't be read: all is to be recovered once more.
        case recovery
    }

    let storage: Storage
    private let leadership: Leadership
    let bootID: String
    let interrupt: (Step) throws(SpoolError) -> Void

    /// - Parameters:
    ///   - bootID: of the boot that is now.
    ///   - interrupt: called after each step; an error that it throws ends everything there and then.
    package init(
        _ storage: Storage, _ leadership: Leadership, bootID: String = Host.bootID,
        interrupt: @escaping (Step) throws(SpoolError) -> Void = { _ in }
    ) throws(SpoolError) {
        self.storage = storage
        self.leadership = leadership
        self.bootID = bootID
        self.interrupt = interrupt
        try storage.makeDirectory(MarkerName.directory)
    }

    /// Makes decisions, one at most for each entry, with as few syncs as possible.
    ///
    /// - Returns: the decisions, in the order of the proposals; nil if it is the leader no longer: then nothing may be done any
    ///   more. An error that concerns one entry alone is in its verdict.
    /// - Throws: after an error, only `recover` tells what was decided.
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
                throw changedMeanwhile(proposal.marker.path)
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
            switch try place(record, verdict.isOurs ? proposal.job : nil) {
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

    /// Brings the job of a decided slot to its place, unless it has to wait for another one, or is there.
    ///
    /// - Returns: the directory that has got it; or the error that is in the way of this slot alone.
    func place(
        _ record: SlotRecord, _ job: Job? = nil
    ) throws(SpoolError) -> Result<String?, SpoolError> {
        guard let file = record.file, let target = record.target, !record.waits
        else { return .success(nil) }
        let cancelled = try ofOneFile { () throws(SpoolError) in
            try cancel(record.replaces ?? [])
        }
        if case .failure(let error) = cancelled { return .failure(error) }
        try interrupt(.replacedCancelled)
        return try ofOneFile { () throws(SpoolError) in
            try bring(file, to: target, record, job)
        }
    }

    /// As `place`, for a job that has waited for others that have ended now, or for something that was in its way.
    ///
    /// - Returns: the error that is in the way of this slot alone; nil if it is done.
    package func release(_ record: SlotRecord) throws(SpoolError) -> SpoolError? {
        var record = record
        record.waitsFor = nil
        if case .failure(let error) = try place(record) { return error }
        guard let target = record.target else { return nil }
        // On the disk before the entry's next slot takes the marker's place, whoever has brought it.
        let synced = try ofOneFile { () throws(SpoolError) in
            guard try storage.isThere(directory(of: target)) else { return }
            try storage.syncDirectory(ofPath: target)
        }
        guard case .failure(let error) = synced else { return nil }
        return error
    }

    private func bring(
        _ file: String, to target: String, _ record: SlotRecord, _ job: Job?
    ) throws(SpoolError) -> String? {
        let directory = directory(of: target)
        for _ in 0..<2 {
            try storage.requireNoLink(onTheWayTo: directory)
            do throws(Errno) {
                try storage.root.rename("tmp/" + file, to: target, .fresh)
                History(storage).recordFile(
                    .submit, id: record.job, job, from: nil, to: target,
                    note: "\(record.entry) at \(record.slot)")
                return directory
            } catch {
                if error == .exists {
                    // The job of this very slot is there, whoever brought it, or a worker has just taken it.
                    guard try isKnown(record.job, at: target) else { continue }
                    try storage.remove("tmp/" + file)
                    return nil
                }
                guard error == .noEntry else {
                    throw SpoolError(error, "rename", storage.path + "/" + target)
                }
            }
            // Somebody else has brought it.
            guard try storage.isThere("tmp/" + file) else { return nil }
            try storage.makeDirectory(directory)
        }
        throw changedMeanwhile(target)
    }

    private func isKnown(_ job: JobID?, at path: String) throws(SpoolError) -> Bool {
        if try storage.isThere(path) { return true }
        return try job.map { id throws(SpoolError) in try !Lookup(storage).locate(id).isEmpty }
            ?? false
    }

    /// The error to report if a file comes and goes. A scheduler that begins anew finds it as it is.
    private func changedMeanwhile(_ path: String) -> SpoolError {
        SpoolError(
            .busy, "\(storage.path)/\(path): it comes and goes; trying again",
            path: storage.path + "/" + path)
    }

    private func cancel(_ ids: [JobID]) throws(SpoolError) {
        for id in ids {
            do {
                try Cancel(storage).cancel(id)
            } catch {
                // It has ended meanwhile, somebody is at work on it by hand, or it is no job, which never runs.
                guard [.notFound, .wrongState, .busy, .invalidJob].contains(error.code)
                else { throw error }
            }
        }
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

/// The directory of a path below the spool.
func directory(of path: String) -> String {
    String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)])
}
