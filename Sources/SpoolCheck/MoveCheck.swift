import Spool
import SpoolSystem

/// Whether jobs can move: the calls of a change of state are made once, in tmp/, with files of no job.
struct MoveCheck: CheckArea {
    let name = "tmp"
    private let context: CheckContext
    private var storage: Storage { context.storage }

    init(_ context: CheckContext) {
        self.context = context
    }

    /// In bytes: more than most jobs' files.
    private static let trialSize = 1 << 14

    /// The directories that files come to by a rename from tmp/ or from one another.
    private static let reached =
        Place.allCases.map(\.directory) + ["workers", "state", "cron.d"]
    /// Those that files are made in.
    private static let written = ["locks", "logs", "history"]

    func check(_ report: CheckReport) throws(SpoolError) {
        if !ProcessTable.isMounted {
            let text = "/proc isn't mounted, so that no worker or scheduler can start"
            try context.found(Fault(.noProcesses, ".", text), report)
        }
        // The check of the layout has told of names that are missing or no directory. It has also told that nothing can
        // be written anywhere.
        if (try? FileSystem(of: storage.root).isReadOnly()) == true { return }
        guard try context.status(of: "tmp")?.kind == .directory else { return }
        for fault in trialFaults() { try context.found(fault, report) }
        var names = MoveCheck.reached + MoveCheck.written
        // The check of the layout has told that incoming/ can't be read.
        names += ((try? Listing(storage).queueDirectories()) ?? []).map { "incoming/" + $0 }
        names.append("done/\(storage.now().day)")
        for name in names where try context.status(of: name)?.kind == .directory {
            if let fault = reachFault(name) { try context.found(fault, report) }
        }
        for name in ["logs", "history"] {
            if let fault = try roomFault(name) { try context.found(fault, report) }
        }
        if let fault = reachFault(".") {
            let text = "\(fault.message); no crontab or settings.json can be changed"
            try context.found(Fault(fault.code, ".", text), report)
        }
    }

    /// Why nothing can be written in a directory on another file system than that of tmp/, which is tried.
    private func roomFault(_ name: String) throws(SpoolError) -> Fault? {
        guard let status = try context.status(of: name), status.kind == .directory,
            try context.status(of: "tmp")?.identity.device != status.identity.device,
            let space = try? FileSystem(of: storage.root.subdirectory(name)).space()
        else { return nil }
        if space.available == 0 { return Fault(.noSpace, name, "its file system is full") }
        guard space.availableFiles == 0 else { return nil }
        return Fault(.noSpace, name, "its file system has no inodes left for more files")
    }

    /// Writes, locks, renames and exchanges two files, and removes them. After a kill, workers sweep the files that are
    /// left.
    private func trialFaults() -> [Fault] {
        func newName() -> String { "tmp/\(storage.ids.make(at: storage.now())).json" }
        let (first, second, third) = (newName(), newName(), newName())
        // A file that stays in tmp/ is swept later.
        defer {
            for name in [first, second, third] { _ = try? storage.root.removeIfPresent(name) }
        }
        let bytes = [UInt8](repeating: UInt8(ascii: " "), count: MoveCheck.trialSize)
        do throws(Errno) {
            let file = try storage.root.open(first, [.readWrite, .create, .exclusive])
            try file.write(bytes)
            try file.sync()
            _ = try storage.root.open(second, [.readWrite, .create, .exclusive])
            do throws(Errno) {
                _ = try file.tryLock()
            } catch {
                return [Fault(.noLocks, "tmp", "flock: \(error): jobs can't be locked")]
            }
        } catch {
            return [
                MoveCheck.writeFault(
                    "tmp", error, hasNoInodes: FileSystem(of: storage.root).hasNoInodes())
            ]
        }
        do throws(Errno) {
            try storage.root.rename(first, to: third, .fresh)
            try storage.root.rename(third, to: second, .exchange)
        } catch {
            switch error {
            case .invalid, .notSupported, .notImplemented:
                return [
                    Fault(
                        .noExchange, "tmp",
                        "renameat2: \(error): this file system can't rename to a free name only, or exchange two"
                    )
                ]
            default:
                return [
                    MoveCheck.writeFault(
                        "tmp", error, hasNoInodes: FileSystem(of: storage.root).hasNoInodes())
                ]
            }
        }
        return []
    }

    /// Why files can't be made in a directory, or can't be renamed to it.
    private func reachFault(_ name: String) -> Fault? {
        do throws(Errno) {
            try storage.root.mayChange(name)
            if MoveCheck.written.contains(name) { return nil }
            // The kernel compares the mounts first, so a name that isn't there serves as well.
            let nothing = "\(storage.ids.make(at: storage.now())).json"
            try storage.root.rename("tmp/" + nothing, to: "\(name)/\(nothing)", .replace)
            return nil
        } catch {
            switch error {
            case .noEntry: return nil
            case .crossDevice:
                return Fault(
                    .otherMount, name,
                    "it is on another mount than tmp/, and no rename leads from one to the other (\(error))"
                )
            default: return MoveCheck.writeFault(name, error, hasNoInodes: false)
            }
        }
    }

    private static func writeFault(_ name: String, _ error: Errno, hasNoInodes: Bool) -> Fault {
        switch error {
        case .readOnly:
            Fault(.readOnly, name, "it is on a file system that is mounted read-only (\(error))")
        case .noSpace where hasNoInodes:
            Fault(
                .noSpace, name,
                "the file system is full (\(error)): it has no inodes left for more files")
        case .noSpace: Fault(.noSpace, name, "the file system is full (\(error))")
        case .quota: Fault(.quota, name, "the disk quota is used up (\(error))")
        default: Fault(.unwritable, name, "files can't be made or renamed here: \(error)")
        }
    }
}
