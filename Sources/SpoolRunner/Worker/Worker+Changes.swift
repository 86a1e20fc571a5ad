import Spool
import SpoolCheck
import SpoolSystem

/// The worker's answers to changes in the directories.
extension Worker {
    func handle(_ change: DirectoryWatch.Change) {
        // Something was missed.
        if change.kind == .overflow { return rescan() }
        guard let directory = watch.resolve(change) else { return }
        switch (directory, change.kind) {
        case (.spool, _) where change.name == SettingsFile.name:
            // An editor may take it away first, and write it then.
            context.reminders.add(.settings, at: Clock.monotonic() + 50_000_000)
        case (.spool, .appeared) where change.isDirectory: directoryWasMade(change.name)
        case (.spool, .vanished): departure.leaveIfRemoved()
        case (.spool, .movedAway):
            departure.leaveIfRemoved()
            if change.name == "workers", !departure.isLeaving {
                registration.makeAgainIfGone(isDraining: departure.isStopping)
            }
        case (.incoming(let queue), .appeared), (.incoming(let queue), .written):
            incomingChanged(change, queue: queue)
        case (.scheduled, .appeared):
            if let name = JobFileName(change.name), name.fits(.scheduled) {
                backlog.notice(JobLocation(.scheduled, name))
            }
        case (.running, .written):
            if let name = JobFileName(change.name), name.fits(.running) {
                recovery.recoverIfOrphaned(JobLocation(.running, name))
            }
        case (.workers, .written): recovery.workerMayHaveDied()
        case (.workers, .vanished), (.workers, .movedAway):
            // Clients would take a worker without its file for dead. The whole spool may be about to go, though.
            context.reminders.add(.registration, at: Clock.monotonic() + 200_000_000)
        case (.state, _):
            guard backlog.readPauses() else { return }
            prefetch.putBack("the pauses have changed")
            inbox.list(isGoingOn: false)
        default: break
        }
    }

    private func incomingChanged(_ change: DirectoryWatch.Change, queue: String?) {
        if let name = JobFileName(change.name), name.fits(.incoming) {
            backlog.noticeAgain(JobLocation(.incoming, subdirectory: queue, name))
        } else if change.isDirectory, queue == nil, NameRule.isName(change.name) {
            watch.watchQueue(change.name)
            inbox.queueAppeared()
        } else if change.name.unicodeScalars.contains("\u{FFFD}") {
            // A name that isn't UTF-8, most likely: only a list has its bytes.
            inbox.list()
        } else {
            inbox.admit(change.name, queue: queue)
        }
    }

    /// By hand one was removed; whoever needed it first has made it again.
    private func directoryWasMade(_ name: String) {
        watch.watchAll()
        if name == "workers" { registration.makeAgain(isDraining: departure.isStopping) }
        rescan()
    }

    /// Looks at everything. The truth, whatever was reported: what waits, what is due, who is dead.
    func rescan() {
        let begin = Clock.monotonic()
        defer { watch.setRescan(since: begin) }
        watch.watchAgain()
        departure.leaveIfRemoved()
        if departure.isLeaving { return }
        // Nobody may have told the worker.
        registration.makeAgainIfGone(isDraining: departure.isStopping)
        // Not on its way out: it isn't registered then.
        if registration.isMade, context.haveSettingsChanged() { reread() }
        if !hasLookedAfterRestart {
            context.failures.attempt(.work("restart"), again: .everything) {
                () throws(SpoolError) in
                try AfterRestart(context.spool, report: context.report).repair()
                hasLookedAfterRestart = true
            }
        }
        _ = backlog.readPauses()
        // Also files that were passed over, unless such looks come very often.
        let isComplete = context.failures.beginAllAnew()
        backlog.listScheduled(isComplete: isComplete)
        backlog.promoteDue()
        recovery.rescan()
        inbox.list(isComplete: isComplete, isGoingOn: !isComplete)
        context.failures.attempt(.work("sweep")) { () throws(SpoolError) in
            try Sweep(context.storage).all()
        }
    }

    /// Reads the settings again, and begins anew with them.
    func reread() {
        do throws(SpoolError) {
            try context.readSettings()
            backlog.forgetIneligible()
            prefetch.putBack("the settings have changed")
            pool.dismissAll()
            try registration.make(isDraining: departure.isStopping)
            rescan()
            context.report(
                "settings read again: " + MessageText.count(context.settings.slots, "slot"))
        } catch {
            context.report(badSettings: error)
        }
    }
}
