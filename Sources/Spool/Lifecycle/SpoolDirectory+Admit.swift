import SpoolSystem
import SpoolTime

/// What became of a dropped file.
package enum Admission: Sendable {
    /// It is a job now, and lies there.
    case admitted(JobLocation)
    /// It lies in dead-letter/, with the reason beside it.
    case rejected(reason: String)
    /// Its writer isn't done; the close will be an event.
    case beingWritten
    /// It isn't a job yet; look again then.
    case unsettled(until: Instant)
    /// Somebody else is admitting it.
    case busy
    case gone
}

extension SpoolDirectory {
    /// Looks at a file in incoming/, or in a queue's directory there, whose name isn't a waiting job's, and
    /// gives it its proper name, or takes it to dead-letter/. Its bytes stay untouched, unless the queue in
    /// whose directory it was dropped must be written into it.
    ///
    /// - Parameter queue: nil for incoming/ itself.
    package func admit(_ name: String, queue: String?) throws(SpoolError) -> Admission {
        let directory = queue.map { "incoming/" + $0 } ?? "incoming"
        let source = directory + "/" + name
        switch try inspect(source, isDropIn: true) {
        case .gone: return .gone
        case .busy: return .busy
        case .beingWritten: return .beingWritten
        case .unsettled(let time): return .unsettled(until: time)
        case .unfit(let reason): return try reject(source, name: name, reason: reason)
        case .job(let job, let file):
            return try admit(job, file, source: source, queue: queue)
        }
    }

    private func admit(
        _ parsed: Job, _ file: LockedFile, source: String, queue: String?
    ) throws(SpoolError) -> Admission {
        var job = parsed
        let dropped = source.split(separator: "/").last.map(String.init) ?? source
        let name = JobFileName(dropped)
        let droppedAt = Instant(nanoseconds: file.status.changed)
        let known = name?.id ?? job.id
        // A moved file keeps its id; a copy of one that still lies elsewhere is a job of its own.
        var isMoved = false
        // A job that was admitted by its name alone carries its id there only.
        if let known, job.id == known || job.id == nil {
            isMoved = try locate(known, except: source).isEmpty
        }
        if !isMoved {
            job.forgetRecord()
            if let fault = job.neverStarts(submittedAt: droppedAt) {
                return try reject(source, name: dropped, reason: fault)
            }
        }
        let own = isMoved ? known : nil
        let id = own ?? dropIDs.make(at: droppedAt)
        let priority = isMoved ? name?.priority ?? job.effectivePriority : job.effectivePriority

        var target = JobLocation.incoming(id, queue: queue ?? job.effectiveQueue, priority)
        if !isMoved, let due = job.dueTime(submittedAt: droppedAt), due > now() {
            target = .scheduled(id, due: due, priority)
        }
        let locked = LockedJob(
            file: file, location: JobLocation(.incoming, subdirectory: queue, target.name), job: job
        )
        if let queue, job.effectiveQueue != queue {
            locked.job.queue = queue
            guard try rewriteDropIn(locked, at: source) else { return .gone }
        }
        switch try rename(locked.file, from: source, to: target) {
        case .gone: return .gone
        case .taken: return .busy
        case .moved:
            recordFile(.admit, id: id, job, from: source, to: target.path, note: nil)
            return .admitted(target)
        }
    }

    /// As `rewrite`, for a file that hasn't got its proper name yet.
    private func rewriteDropIn(_ locked: LockedJob, at source: String) throws(SpoolError) -> Bool {
        let temporary = try writeTemporary(
            try locked.job.json(), sync: locked.job.effectiveSync)
        do throws(Errno) {
            try root.rename(temporary.name, to: source, .exchange)
        } catch {
            if error == .noEntry { return false }
            throw SpoolError(error, "rename", path + "/" + source)
        }
        locked.file = temporary.file
        return true
    }

    /// Takes a file that isn't a job to dead-letter/, as it is, with the reason in `NAME.reason`.
    ///
    /// - Parameter source: its path below the spool.
    package func reject(_ source: String, name: String, reason: String) throws(SpoolError)
        -> Admission
    {
        for attempt in 0..<100 {
            let ownName = attempt == 0 ? try deadLetterName(for: name, source: source) : nil
            let target = "dead-letter/" + (ownName ?? JobFileName(id: ids.make(at: now())).text)
            let isTaken = try onPath(path + "/" + target, "stat") { () throws(Errno) in
                try root.status(of: target) != nil
            }
            if isTaken { continue }
            // The reason first: a reason without a file says nothing wrong, a file without a reason does.
            try publish(
                Array(MessageText.visible("\(source): \(reason)").utf8) + [10],
                as: target + ".reason", .replace, sync: .off)
            do throws(Errno) {
                try root.rename(source, to: target, .fresh)
            } catch {
                if error == .exists { continue }
                // Who was quicker may have put it there, beside the same reason.
                if let isThere = try? (root.status(of: target) != nil), !isThere {
                    // A reason without its file is found and swept later.
                    _ = try? root.removeIfPresent(target + ".reason")
                }
                if error == .noEntry { return .gone }
                throw SpoolError(error, "rename", path + "/" + target)
            }
            recordFile(
                .reject, id: JobFileName(name)?.id, nil, from: source, to: target, note: reason)
            return .rejected(reason: reason)
        }
        throw SpoolError(
            .cannotCreate,
            "\(path)/dead-letter: a hundred files named like \(name) lie there; clear"
                + " them away", path: path)
    }

    /// Takes a dropped file whose name isn't UTF-8 to dead-letter/, under a name that can be typed.
    ///
    /// - Parameter directory: below the spool.
    package func rejectForeign(_ name: [CChar], in directory: String) throws(SpoolError) {
        let target = "dead-letter/" + JobFileName(id: ids.make(at: now())).text
        let shown = ForeignText(name.dropLast().map { UInt8(bitPattern: $0) }).quoted
        let reason = "\(directory)/\(shown): its name is not UTF-8; give it another name"
        try publish(
            Array(MessageText.visible(reason).utf8) + [10], as: target + ".reason", .replace,
            sync: .off)
        do throws(Errno) {
            try root.renameForeign(name, in: directory, to: target)
        } catch {
            // A reason without its file is found and swept later.
            _ = try? root.removeIfPresent(target + ".reason")
            if error == .noEntry { return }
            throw SpoolError(error, "rename", path + "/" + target)
        }
        recordFile(.reject, id: nil, nil, from: "\(directory)/\(shown)", to: target, note: reason)
    }

    /// A job keeps its id, unless that is another's, as where this is a spoilt copy; anything else keeps its
    /// name.
    ///
    /// - Returns: nil where it needs a new id: also where its name is too long for the reason's beside it.
    private func deadLetterName(for name: String, source: String) throws(SpoolError) -> String? {
        if let id = JobFileName(name)?.id {
            return try locate(id, except: source).isEmpty ? JobFileName(id: id).text : nil
        }
        return name.utf8.count <= 200 ? name : nil
    }
}
