import CSpoolTrace
import Foundation
import Glibc

/// Writes down what traced programs do to a spool, call by call, and in order: while a call is made, every
/// other process's next call waits.
final class Recorder {
    private(set) var recording = Recording()
    private let root: String
    private let proof: String
    private var proved = 0
    private var files: [ino_t: Int] = [:]
    private var names: [String: Node] = [:]
    private var renames = 0
    private var existed = false

    init(_ fixture: ScenarioFixture) throws {
        root = fixture.spool
        proof = fixture.proof
        try take(directory: "")
        _ = proofLines()
    }

    /// Attaches itself to a tracer.
    func attach(to tracer: Tracer) {
        tracer.entered = { [unowned self] in enter($0) }
        tracer.returned = { [unowned self] in finish($0, $1.result) }
        tracer.commandBegan = { [unowned self] in begin($0) }
    }

    func tell(_ told: Told, _ what: String) { append(.told(told), what) }

    private func append(_ change: Change, _ what: String) {
        for line in proofLines() { recording.changes.append((.told(.proved(line)), line)) }
        recording.changes.append((change, what))
    }

    /// Right after the first one, so that nothing comes between them.
    private func appendSecondHalf(_ change: Change) {
        recording.secondHalves.insert(recording.changes.count)
        recording.changes.append((change, "the other half of it"))
    }

    /// What commands have proved since the last look.
    private func proofLines() -> [String] {
        let text = (try? String(contentsOfFile: proof, encoding: .utf8)) ?? ""
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .map(String.init)
        defer { proved = lines.count }
        return Array(lines.dropFirst(proved))
    }

    // MARK: The beginning

    private func take(directory: String) throws {
        recording.directories[directory] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: root + "/" + directory) {
            let path = directory.isEmpty ? name : directory + "/" + name
            let node: Node
            if status(path).map({ $0.st_mode & S_IFMT == S_IFDIR }) == true {
                node = .directory(path)
                try take(directory: path)
            } else {
                node = .file(newFile(path))
                recording.files[files.count - 1] = content(root + "/" + path)
            }
            names[path] = node
            recording.directories[directory]?[name] = node
        }
    }

    private func newFile(_ path: String) -> Int {
        let number = files.count
        // In memory a file's number isn't given anew, so that this one is known by it for ever.
        if let status = status(path) { files[status.st_ino] = number }
        return number
    }

    private func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(root + "/" + path, &status) == 0 ? status : nil
    }

    private func content(_ path: String) -> [UInt8] {
        [UInt8](FileManager.default.contents(atPath: path) ?? Data())
    }

    // MARK: Calls

    private func enter(_ event: trace_event) {
        guard ["openat", "openat2"].contains(SystemCalls.name(event.number)) else { return }
        existed = path(event, 0, 1).map { status($0) != nil } ?? false
    }

    private func finish(_ event: trace_event, _ result: Int64) {
        guard result >= 0 else { return }
        let name = SystemCalls.name(event.number)
        switch name {
        case "openat", "openat2": opened(event)
        case "write", "pwrite64", "writev", "ftruncate": written(event, name)
        case "renameat2", "renameat": renamed(event)
        case "linkat": linked(event)
        case "unlinkat": unlinked(event)
        case "mkdirat": made(event)
        case "fsync", "fdatasync": synced(event, name)
        case "sync_file_range": writtenBack(event)
        case "utimensat": touched(event)
        case "syncfs": append(.syncAll, "syncfs")
        default: append(.syncFile(-1), "\(name), which the recorder doesn't know")
        }
    }

    private func opened(_ event: trace_event) {
        let flags = SystemCalls.openFlags(of: event)
        guard flags & UInt64(O_CREAT) != 0, let path = path(event, 0, 1) else { return }
        if existed {
            if flags & UInt64(O_TRUNC) != 0, case .file(let file)? = names[path] {
                append(.content(file: file, []), "truncate \(path)")
            }
            return
        }
        let file = newFile(path)
        names[path] = .file(file)
        append(set(path, .file(file)), "create \(path)")
    }

    private func written(_ event: trace_event, _ name: String) {
        let number = CInt(truncatingIfNeeded: event.arguments.0)
        let link = "/proc/\(event.pid)/fd/\(number)"
        guard let file = file(event) else {
            if number == 1 { announced(event) }
            return
        }
        append(.content(file: file, content(link)), "\(name) \(self.name(event))")
    }

    /// Ids that are written to standard output.
    private func announced(_ event: trace_event) {
        var bytes = [UInt8](repeating: 0, count: min(Int(event.arguments.2), 1 << 16))
        guard trace_read(event.pid, event.arguments.1, &bytes, bytes.count) == bytes.count else {
            return
        }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        where line.count == 26 {
            tell(.submitted(String(line)), "printed \(line)")
        }
    }

    private func renamed(_ event: trace_event) {
        guard let from = path(event, 0, 1), let target = path(event, 2, 3), let node = names[from]
        else { return }
        renames += 1
        let what = "rename \(from) to \(target)"
        // RENAME_EXCHANGE: each has the other's name.
        if SystemCalls.name(event.number) == "renameat2", event.arguments.4 == 2 {
            guard let other = names[target] else { return }
            names[target] = node
            names[from] = other
            append(set(target, node), what + ", exchanged")
            appendSecondHalf(set(from, other))
            return
        }
        names[target] = node
        names[from] = nil
        append(set(target, node, rename: renames), what)
        let (directory, name) = Recorder.split(from)
        appendSecondHalf(.clear(directory: directory, name: name, rename: renames))
    }

    private func linked(_ event: trace_event) {
        guard let from = path(event, 0, 1), let target = path(event, 2, 3), let node = names[from]
        else { return }
        names[target] = node
        append(set(target, node), "link \(from) to \(target)")
    }

    private func unlinked(_ event: trace_event) {
        guard let path = path(event, 0, 1) else { return }
        names[path] = nil
        let (directory, name) = Recorder.split(path)
        append(.clear(directory: directory, name: name, rename: nil), "unlink \(path)")
    }

    private func made(_ event: trace_event) {
        if let path = path(event, 0, 1) { made(directory: path) }
    }

    /// A directory of the spool was made, maybe by somebody who isn't traced.
    func made(directory path: String) {
        names[path] = .directory(path)
        append(set(path, .directory(path)), "mkdir \(path)")
    }

    private func synced(_ event: trace_event, _ name: String) {
        if let file = file(event) {
            append(.syncFile(file), "\(name) \(self.name(event))")
        } else if let path = relative(
            descriptorPath(event.pid, CInt(truncatingIfNeeded: event.arguments.0)))
        {
            append(.syncDirectory(path), "\(name) \(path)/")
        }
    }

    /// Whether a call is a sync of a directory of a spool's.
    static func isSync(_ event: trace_event, of directory: String) -> Bool {
        SystemCalls.name(event.number) == "fsync"
            && descriptorPath(event.pid, CInt(truncatingIfNeeded: event.arguments.0))?
                .hasSuffix("/" + directory) == true
    }

    private func writtenBack(_ event: trace_event) {
        // SYNC_FILE_RANGE_WAIT_AFTER; without it, nothing is certain yet.
        guard event.arguments.3 & 4 != 0, let file = file(event) else { return }
        append(.writeBack(file), "write back \(self.name(event))")
    }

    private func touched(_ event: trace_event) {
        guard file(event) == nil,
            let path = relative(
                descriptorPath(event.pid, CInt(truncatingIfNeeded: event.arguments.0)))
        else { return }
        append(.touch(directory: path), "touch \(path)/")
    }

    private func begin(_ pid: pid_t) {
        let environment =
            (try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/environ"))) ?? Data()
        var variables: [String: String] = [:]
        for entry in environment.split(separator: 0) {
            let parts = String(decoding: entry, as: UTF8.self).split(separator: "=", maxSplits: 1)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
        }
        guard let id = variables["SPOOL_JOB_ID"], let file = variables["SPOOL_JOB_FILE"],
            let number = file.split(separator: ".").dropLast().last
        else { return }
        tell(.begun("begin \(id) \(number)"), "command \(number) of \(id) begins")
    }

    // MARK: Names

    private func set(_ path: String, _ node: Node, rename: Int? = nil) -> Change {
        let (directory, name) = Recorder.split(path)
        return .set(directory: directory, name: name, node, rename: rename)
    }

    static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path) }
        return (String(path[..<slash]), String(path[path.index(after: slash)...]))
    }

    /// The path below the spool that a call's arguments name; nil when it is elsewhere.
    private func path(_ event: trace_event, _ directory: Int, _ name: Int) -> String? {
        let arguments = withUnsafeBytes(of: event.arguments) {
            Array($0.bindMemory(to: UInt64.self))
        }
        guard let text = string(of: event.pid, at: arguments[name]) else { return nil }
        if text.hasPrefix("/") { return relative(text) }
        let number = CInt(truncatingIfNeeded: arguments[directory])
        let base =
            number == AT_FDCWD
            ? linkTarget("/proc/\(event.pid)/cwd") : descriptorPath(event.pid, number)
        return base.flatMap { relative($0 + "/" + text) }
    }

    private func relative(_ path: String?) -> String? {
        guard let path, path == root || path.hasPrefix(root + "/") else { return nil }
        let parts = path.dropFirst(root.count).split(separator: "/").filter { $0 != "." }
        return parts.joined(separator: "/")
    }

    /// The file of the spool that a call's descriptor is open on.
    private func file(_ event: trace_event) -> Int? {
        var status = stat()
        let link = "/proc/\(event.pid)/fd/\(CInt(truncatingIfNeeded: event.arguments.0))"
        guard stat(link, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return files[status.st_ino]
    }

    private func name(_ event: trace_event) -> String {
        let number = CInt(truncatingIfNeeded: event.arguments.0)
        return relative(descriptorPath(event.pid, number)) ?? "a file"
    }
}
