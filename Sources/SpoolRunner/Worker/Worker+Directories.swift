import Spool
import SpoolCheck
import SpoolSystem

/// A directory that the worker watches.
enum WatchedDirectory: Hashable {
    /// The spool itself.
    case spool
    /// nil: incoming/ itself.
    case incoming(queue: String?)
    case scheduled
    case running
    case workers
    case state
}

extension Worker {
    func watchDirectories() {
        watch(.spool, ".", [.appearing, .vanishing, .writing])
        watch(.incoming(queue: nil), "incoming", [.appearing, .writing])
        watch(.scheduled, "scheduled", [.appearing])
        // A file here is closed after writing only when the process that ran it has died, or can't run it as its worker
        // has.
        watch(.running, "running", [.writing])
        // And here when a worker has died. What it had claimed only, it had open for reading.
        watch(.workers, "workers", [.writing])
        watch(.state, "state", [.appearing, .vanishing])
    }

    private func watch(
        _ directory: WatchedDirectory, _ name: String, _ interest: DirectoryWatch.Interest
    ) {
        do throws(Errno) {
            watched[try openWatch().watch(name, in: spool.root, interest)] = directory
            willBeTold(of: name)
        } catch {
            // What isn't there is made by who needs it, and told of by the directory above it.
            if error == .noEntry { return willBeTold(of: name) }
            // Without events, the regular look must do.
            if unwatched.isEmpty {
                report(
                    "inotify on \(spool.path)/\(name): \(error); looking every second instead"
                        + DirectoryWatch.advice(for: error))
            }
            unwatched.insert(name)
        }
    }

    private func watchAgain() {
        watchDirectories()
        for name in unwatched where name.hasPrefix("incoming/") {
            let queue = String(name.dropFirst("incoming/".count))
            watch(.incoming(queue: queue), name, [.appearing, .writing])
        }
    }

    private func openWatch() throws(Errno) -> DirectoryWatch {
        if let watch { return watch }
        let opened = try DirectoryWatch()
        try loop.watch(opened.number, as: .directory)
        watch = opened
        return opened
    }

    private func willBeTold(of name: String) {
        if unwatched.remove(name) != nil, unwatched.isEmpty {
            report("inotify has room again: waiting for its events")
        }
    }

    func handleChanges() {
        guard let watch else { return }
        do throws(Errno) {
            for change in try watch.read() { handle(change) }
            overcome(.work("inotify"))
            failedReads = 0
        } catch {
            tell(error, "inotify", of: .work("inotify"))
            // Nothing else keeps it from being tried again at once.
            Sleep.after(failures: &failedReads)
        }
    }

    private func handle(_ change: DirectoryWatch.Change) {
        guard let number = change.watch, let directory = watched[number] else {
            if change.kind == .overflow { rescan() }
            return
        }
        switch (directory, change.kind) {
        case (_, .itselfChanged):
            watched[number] = nil
        case (.spool, _) where change.name == SettingsFile.name:
            // An editor may take it away first, and write it then.
            remind(.settings, at: Clock.monotonic() + 50_000_000)
        case (.spool, .appeared) where change.isDirectory: directoryWasMade(change.name)
        case (.spool, .vanished): leaveIfRemoved()
        case (.incoming(let queue), .appeared), (.incoming(let queue), .written):
            incomingChanged(change, queue: queue)
        case (.scheduled, .appeared):
            if let name = JobFileName(change.name), name.fits(.scheduled) { timetable.insert(name) }
        case (.running, .written):
            if let name = JobFileName(change.name), name.fits(.running) {
                recoverIfOrphaned(JobLocation(.running, name))
            }
        case (.workers, .written): workerMayHaveDied()
        case (.state, _): pausesMayHaveChanged()
        default: break
        }
    }

    private func incomingChanged(_ change: DirectoryWatch.Change, queue: String?) {
        if let name = JobFileName(change.name), name.fits(.incoming) {
            ineligible.remove(name.id)
            noticeWaiting(JobLocation(.incoming, subdirectory: queue, name))
        } else if change.isDirectory, queue == nil, NameRule.isName(change.name) {
            watchQueue(change.name)
            listIncoming()
        } else if change.name.unicodeScalars.contains("\u{FFFD}") {
            // A name that isn't UTF-8, most likely: only a list has its bytes.
            listIncoming()
        } else {
            admit(change.name, queue: queue)
        }
    }

    /// By hand one was removed; whoever needed it first has made it again.
    private func directoryWasMade(_ name: String) {
        watchDirectories()
        if name == "workers" {
            attempt(.work("workers")) { () throws(SpoolError) in try register() }
        }
        rescan()
    }

    /// What goes on in a directory that nobody can reach is no use to anybody.
    func leaveIfRemoved() {
        guard let removal = spool.removal() else { return }
        leavingError = removal
        isLeaving = true
    }

    private func watchQueue(_ queue: String) {
        guard serves(queue), !watched.values.contains(.incoming(queue: queue)) else { return }
        watch(.incoming(queue: queue), "incoming/" + queue, [.appearing, .writing])
    }

    func serves(_ queue: String?) -> Bool {
        settings.queues?.contains(queue ?? Job.defaultQueue) ?? true
    }

    // MARK: Looking at everything

    /// The truth, whatever was reported: what waits, what is due, who is dead.
    func rescan() {
        let begin = Clock.monotonic()
        defer { setRescan(since: begin) }
        // There may be room for it now.
        if !unwatched.isEmpty { watchAgain() }
        leaveIfRemoved()
        if isLeaving { return }
        // Not on its way out: it isn't registered then.
        if registration != nil { settingsMayHaveChanged() }
        if !hasLookedAfterRestart {
            attempt(.work("restart"), again: .everything) { () throws(SpoolError) in
                try AfterRestart(spool, report: report).repair()
                hasLookedAfterRestart = true
            }
        }
        attempt(.work("pauses"), again: .everything) { () throws(SpoolError) in
            pauses = try spool.pauses()
        }
        listScheduled()
        promoteDue()
        let found = recoverAll()
        if found.areOthers, found.hasPutBack {
            mustLookForRunners = true
            remind(.death)
        }
        listIncoming()
        attempt(.work("sweep")) { () throws(SpoolError) in try spool.sweepLeftovers() }
    }

    private func pausesMayHaveChanged() {
        attempt(.work("pauses"), again: .everything) { () throws(SpoolError) in
            let now = try spool.pauses()
            guard now != pauses else { return }
            pauses = now
            putPrefetchedBack("the pauses have changed")
            listIncoming()
        }
    }

    /// Lists incoming/ once, keeps the first names, and admits what was dropped there.
    func listIncoming() {
        var jobs = SmallestElements<WaitingJob>(limit: Worker.windowSize)
        // While some are still being admitted, a look at all others, of which there may be a million, would be for
        // nothing: they come next.
        var dropped = dropIns.isEmpty ? DropInWindow() : nil
        var queues: [String] = []
        attempt(.work("incoming"), again: .everything) { () throws(SpoolError) in
            queues = try spool.queueDirectories()
        }
        for queue in queues { watchQueue(queue) }
        for queue in [nil] + queues {
            // What was dropped is admitted by anyone; it may belong to another queue.
            let isOurs = serves(queue) && !pauses.contains(queue ?? Job.defaultQueue)
            let directory = queue.map { "incoming/" + $0 } ?? "incoming"
            // A queue that can't be read must not stop the others.
            attempt(.work(directory + "/"), again: .everything) { () throws(SpoolError) in
                try spool.forEachRawEntry(in: directory) { raw in
                    if let name = JobFileName(bytes: raw.bytes),
                        let job = WaitingJob(name, queue: queue)
                    {
                        if isOurs, !ineligible.contains(name.id) { jobs.insert(job) }
                        return
                    }
                    let entry = raw.entry
                    guard entry.isDropIn else { return }
                    if let bytes = entry.foreignName {
                        dropped?.insert(foreign: bytes, in: directory)
                    } else {
                        dropped?.insert(entry.name, queue: queue, of: spool)
                    }
                }
            }
        }
        waiting.refill(jobs.sorted(), isComplete: !jobs.hasDropped)
        guard let dropped else {
            hasMoreDropIns = true
            return
        }
        for (name, directory) in dropped.foreign {
            attempt(.work("admission")) { () throws(SpoolError) in
                try spool.rejectForeign(name, in: directory)
            }
        }
        dropIns = dropped.sorted[...]
        hasMoreDropIns = dropped.hasMore
        hasAdmitted = false
        admitSome()
    }

    // MARK: Drop-ins

    /// Admits some of what was dropped, and the rest later, so that jobs begin and end meanwhile.
    func admitSome() {
        let end = Clock.monotonic() + Worker.turn
        while !isResting(.admission), let dropIn = dropIns.popFirst() {
            // What has failed has a time of its own.
            if later[.dropIn(name: dropIn.name, queue: dropIn.queue)] != nil { continue }
            if admit(dropIn.name, queue: dropIn.queue) { hasAdmitted = true }
            let now = Clock.monotonic()
            if now >= end, !dropIns.isEmpty { return remind(.dropIns, at: now) }
        }
        guard !isResting(.admission) else {
            // All are listed again after it.
            dropIns = []
            return
        }
        guard hasMoreDropIns else { return }
        // What can't be admitted would be listed over and over.
        if hasAdmitted { attempts[.dropIns] = nil }
        remind(.dropIns)
    }

    /// - Returns: whether it doesn't lie there any more.
    @discardableResult
    func admit(_ name: String, queue: String?) -> Bool {
        // A dot file, or something else that isn't meant for us.
        guard DropIn.isCandidate(name) else { return false }
        let reminder = Reminder.dropIn(name: name, queue: queue)
        if isResting(.admission) { return false }
        do throws(SpoolError) {
            let hasGone = try admitNow(name, queue: queue, reminder)
            if hasGone { noteSuccess(in: .admission) }
            return hasGone
        } catch {
            tell(error, of: .file(reminder))
            remind(reminder, isFailure: true)
            rest(.admission, concernsAll: false)
            return false
        }
    }

    private func admitNow(
        _ name: String, queue: String?, _ reminder: Reminder
    ) throws(SpoolError) -> Bool {
        switch try spool.admit(name, queue: queue) {
        case .admitted(let location):
            overcome(.file(reminder))
            if location.place == .incoming { noticeWaiting(location) }
            if location.place == .scheduled { timetable.insert(location.name) }
            return true
        case .rejected(let reason):
            overcome(.file(reminder))
            report("rejected incoming/\(name): \(reason)")
            return true
        case .unsettled(let time): remind(reminder, after: time)
        case .busy: remind(reminder)
        case .beingWritten, .gone: forget(.file(reminder))
        }
        return false
    }

    /// A job was seen in incoming/.
    func noticeWaiting(_ location: JobLocation) {
        guard let job = WaitingJob(location) else { return }
        if let queue = location.subdirectory { watchQueue(queue) }
        guard serves(location.subdirectory), !pauses.contains(location.queue ?? "") else { return }
        waiting.insert(job)
    }
}
