import Spool
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

/// Watches the directories of a spool, and has all of them looked at now and then.
final class SpoolWatch {
    private let context: WorkerContext
    /// nil: there is none to be had.
    private var watch: DirectoryWatch?
    /// Which directory a watch number stands for.
    private var watched: [CInt: WatchedDirectory] = [:]
    /// Directories of which the kernel reports nothing: they are looked at every second.
    private var unwatched: Set<String> = []
    private let rescanTimer: Timer
    private var failedReads = 0

    init(_ context: WorkerContext) throws(Errno) {
        self.context = context
        rescanTimer = try Timer(.monotonic)
        try context.loop.watch(rescanTimer.number, as: .rescan)
    }

    /// Also what was made anew since: what is watched already stays so.
    func watchAll() {
        add(.spool, ".", [.appearing, .vanishing, .writing, .permitting])
        add(.incoming(queue: nil), "incoming", [.appearing, .writing])
        add(.scheduled, "scheduled", [.appearing])
        // A file here is closed after writing only when the process that ran it has died, or can't run it as its worker
        // has.
        add(.running, "running", [.writing])
        // And here when a worker has died. Jobs that it had only claimed it had open for reading.
        add(.workers, "workers", [.writing, .vanishing])
        add(.state, "state", [.appearing, .vanishing])
    }

    /// Watches the directory that a queue has now. The one that is watched may have been moved away.
    func watchQueue(_ queue: String) {
        guard context.settings.serves(queue) else { return }
        add(.incoming(queue: queue), "incoming/" + queue, [.appearing, .writing])
    }

    /// As `watchQueue`, but for each job: if the queue is watched, no call is made.
    func watchNewQueue(_ queue: String) {
        if !watched.values.contains(.incoming(queue: queue)) { watchQueue(queue) }
    }

    /// There may be room now for what couldn't be watched before.
    func watchAgain() {
        if unwatched.isEmpty { return }
        watchAll()
        for name in unwatched where name.hasPrefix("incoming/") {
            let queue = String(name.dropFirst("incoming/".count))
            add(.incoming(queue: queue), name, [.appearing, .writing])
        }
    }

    private func add(
        _ directory: WatchedDirectory, _ name: String, _ interest: DirectoryWatch.Interest
    ) {
        do throws(Errno) {
            let watch = try openWatch()
            let number = try watch.watch(name, in: context.storage.root, interest)
            if watched[number] != directory {
                // Another directory may have had the name before: it was moved away, and is none of the spool's.
                for (former, its) in watched where its == directory {
                    watch.stopWatching(former)
                    watched[former] = nil
                }
                watched[number] = directory
            }
            willBeTold(of: name)
        } catch {
            // A missing directory is made by the process that needs it, and the directory above tells of that.
            if error == .noEntry { return willBeTold(of: name) }
            // Without events, the regular look must do.
            let isFirst = unwatched.isEmpty
            unwatched.insert(name)
            if isFirst {
                context.report(
                    "inotify on \(context.spool.path)/\(name): \(error); looking every second instead"
                        + DirectoryWatch.advice(for: error))
                // The next look was to come much later.
                setRescan(since: Clock.monotonic())
            }
        }
    }

    private func openWatch() throws(Errno) -> DirectoryWatch {
        if let watch { return watch }
        let opened = try DirectoryWatch()
        try context.loop.watch(opened.number, as: .directory)
        watch = opened
        return opened
    }

    private func willBeTold(of name: String) {
        if unwatched.remove(name) != nil, unwatched.isEmpty {
            context.report("inotify has room again: waiting for its events")
        }
    }

    /// All that has happened since it was asked last.
    func read() -> [DirectoryWatch.Change] {
        guard let watch else { return [] }
        do throws(Errno) {
            let changes = try watch.read()
            context.failures.overcome(.work("inotify"))
            failedReads = 0
            return changes
        } catch {
            context.failures.note(error, "inotify", of: .work("inotify"))
            // Nothing else keeps it from being tried again at once.
            Sleep.after(failures: &failedReads)
            return []
        }
    }

    /// Finds the directory in which a change happened, for each change once, in their order. A directory that is gone
    /// isn't watched after that.
    ///
    /// - Returns: nil if the change is none of a watched directory's content.
    func resolve(_ change: DirectoryWatch.Change) -> WatchedDirectory? {
        guard let number = change.watch, let directory = watched[number] else { return nil }
        guard change.kind == .itselfChanged else { return directory }
        watched[number] = nil
        return nil
    }

    /// Sets the time of the next look at everything.
    ///
    /// - Parameter begin: when this one began, by the monotonic clock.
    func setRescan(since begin: Int64) {
        let now = Clock.monotonic()
        var interval = context.settings.rescan.nanoseconds
        // If nothing is told, as often as takes little of the time.
        if !unwatched.isEmpty { interval = min(interval, max(1_000_000_000, 20 * (now - begin))) }
        do throws(Errno) {
            try rescanTimer.set(now + interval)
            context.failures.overcome(.work("rescan"))
        } catch {
            context.failures.note(error, "timerfd_settime", of: .work("rescan"))
        }
    }

    func acknowledgeTimer() { rescanTimer.acknowledge() }
}
