import Spool
import SpoolSystem

/// Watches what a scheduler reads: the crontabs, the zones, and, while something waits for jobs to end,
/// running/.
final class CrontabWatch {
    enum Change: Hashable {
        /// The spool may have been removed.
        case spool
        case crontabs
        case zones
        /// A job has left running/; nil: some job may have.
        case job(JobID?)
    }

    private let context: SchedulerContext
    /// nil: there is none to be had.
    private var watch: DirectoryWatch?
    /// Paths below the spool, and absolute ones.
    private var watched: [CInt: String] = [:]
    /// Paths of which no change is told.
    private var unwatched: Set<String> = []
    private let isShared: Bool
    private var failedReads = 0

    init(_ context: SchedulerContext) throws(Errno) {
        self.context = context
        isShared = try FileSystem(of: context.spool.storage.root).mayChangeUnseen()
    }

    /// Whether every change is told. Else the files must be looked at now and then.
    var isReliable: Bool { !isShared && unwatched.isEmpty }

    /// Whether the ends of running jobs are told.
    var watchesJobs = false {
        didSet {
            guard watchesJobs != oldValue else { return }
            if watchesJobs { return add("running", .vanishing) }
            for (number, name) in watched where name == "running" { watch?.stopWatching(number) }
            unwatched.remove("\(context.spool.path)/running")
            watched = watched.filter { $0.value != "running" }
        }
    }

    /// Also what was made anew since: what is watched already stays so.
    func watchAll() {
        add("", [.appearing, .writing, .vanishing, .permitting])
        add("cron.d", [.appearing, .writing, .vanishing, .permitting])
    }

    /// - Parameter directories: where the zones in use lie.
    func watchZones(_ directories: Set<String>) {
        let known = Set(watched.values)
        for (number, path) in watched where path.hasPrefix("/") && !directories.contains(path) {
            watch?.stopWatching(number)
            watched[number] = nil
        }
        for path in directories.subtracting(known) { add(path, [.appearing, .writing]) }
    }

    private func add(_ name: String, _ interest: DirectoryWatch.Interest) {
        let path = name.hasPrefix("/") ? name : "\(context.spool.path)/\(name)"
        do throws(Errno) {
            let watch = try openWatch()
            let number =
                name.hasPrefix("/")
                ? try watch.watch(name, interest)
                : try watch.watch(name, in: context.spool.storage.root, interest)
            watched[number] = name
            willBeTold(of: path)
        } catch {
            if error == .noEntry { return willBeTold(of: path) }
            if unwatched.isEmpty {
                context.report(
                    "inotify on \(path): \(error); looking every minute instead"
                        + DirectoryWatch.advice(for: error))
            }
            unwatched.insert(path)
        }
    }

    private func openWatch() throws(Errno) -> DirectoryWatch {
        if let watch { return watch }
        let opened = try DirectoryWatch()
        try context.loop.watch(opened.number, as: .files)
        watch = opened
        return opened
    }

    private func willBeTold(of path: String) {
        if unwatched.remove(path) != nil, unwatched.isEmpty {
            context.report("inotify has room again: waiting for its events")
        }
    }

    /// The changes since it was asked last.
    func read() -> Set<Change> {
        do throws(Errno) {
            guard let watch else { return [] }
            let changes = try watch.read()
            failedReads = 0
            return changes.reduce(into: []) { $0.formUnion(meaning(of: $1)) }
        } catch {
            if failedReads == 0 { context.report("inotify: \(error)") }
            // Nothing else keeps it from being tried again at once.
            Sleep.after(failures: &failedReads)
            return CrontabWatch.anything
        }
    }

    private static let anything: Set<Change> = [.spool, .crontabs, .zones, .job(nil)]

    private func meaning(of change: DirectoryWatch.Change) -> Set<Change> {
        guard let number = change.watch else { return CrontabWatch.anything }
        switch watched[number] {
        case "" where change.name == "cron.d":
            watchAll()
            return [.crontabs]
        case "" where change.name == SpoolLayout.formatFile: return [.spool]
        case "": return change.name == "crontab" ? [.crontabs] : []
        case "cron.d":
            if change.kind == .itselfChanged { watched[number] = nil }
            return [.crontabs]
        case "running":
            // Other files come and go beside a job's own.
            return JobFileName(change.name).map { [.job($0.id)] } ?? []
        case let path? where path.hasPrefix("/"): return [.zones]
        default: return []
        }
    }
}
