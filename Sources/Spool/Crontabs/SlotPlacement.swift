import SpoolSystem

/// The steps of a decision. Tests cut it off after one of them, as a kill would.
package enum SlotStep: CaseIterable, Sendable {
    case jobWritten, markerReady, markerMade, seatChecked, replacedCancelled, jobPlaced
}

/// Brings the job of a decided slot to its place, as often as it is asked to, and never twice.
package struct SlotPlacement {
    private let storage: Storage
    private let interrupt: (SlotStep) throws(SpoolError) -> Void

    /// - Parameter interrupt: called after each step; an error that it throws ends everything there and then.
    package init(
        _ storage: Storage, _ interrupt: @escaping (SlotStep) throws(SpoolError) -> Void
    ) {
        self.storage = storage
        self.interrupt = interrupt
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
            guard try storage.isThere(SpoolLayout.directory(of: target)) else { return }
            try storage.syncDirectory(ofPath: target)
        }
        guard case .failure(let error) = synced else { return nil }
        return error
    }

    private func bring(
        _ file: String, to target: String, _ record: SlotRecord, _ job: Job?
    ) throws(SpoolError) -> String? {
        let directory = SpoolLayout.directory(of: target)
        guard try hasKey(file, target, job) else { return "failed" }
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
        throw SpoolError.comesAndGoes(storage.path + "/" + target)
    }

    /// Takes the key of a slot's job. If another job has it, this one ends.
    ///
    /// - Returns: whether the job may be brought to its place.
    private func hasKey(
        _ file: String, _ target: String, _ job: Job?
    ) throws(SpoolError) -> Bool {
        let path = "tmp/" + file
        let written: Job?
        if let job { written = job } else { written = try writtenJob(path) }
        guard let job = written, let key = job.key, let location = JobLocation(path: target) else {
            return true
        }
        let sync = job.effectiveSync
        switch try KeyFiles(storage).take(KeyRecord(key, location, file: path), sync: sync) {
        case .own:
            if sync == .full { try KeyFiles(storage).sync() }
            return true
        case .other(let holder):
            switch try Inspect(storage).inspect(path, isDropIn: false) {
            case .gone: return true
            case .job(let job, let file):
                return try EndWaiting(storage).endDuplicate(
                    file, at: path, job, as: location.id, of: holder.id) != .moved
            case .busy, .beingWritten, .undecided, .unfit:
                throw SpoolError.comesAndGoes(storage.path + "/" + path)
            }
        }
    }

    /// nil if it isn't there any more.
    private func writtenJob(_ path: String) throws(SpoolError) -> Job? {
        guard let bytes = try storage.contents(of: path, limit: storage.rules.recordLimit)
        else { return nil }
        return try Job(json: bytes)
    }

    private func isKnown(_ job: JobID?, at path: String) throws(SpoolError) -> Bool {
        if try storage.isThere(path) { return true }
        return try job.map { id throws(SpoolError) in try !Lookup(storage).locate(id).isEmpty }
            ?? false
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
}

extension SpoolError {
    /// The error to report if a file comes and goes. A scheduler that begins anew finds it as it is.
    static func comesAndGoes(_ path: String) -> SpoolError {
        SpoolError(.busy, "\(path): it comes and goes; trying again", path: path)
    }
}
