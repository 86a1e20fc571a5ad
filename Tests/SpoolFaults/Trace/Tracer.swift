import CSpoolTrace
import Foundation
import Glibc
import SpoolSystem

/// A place in a run that can be found again in the next one: the n-th watched call of a process, which is
/// named by its descent (the second program that the scenario starts is "2", its first child "2.1").
struct CallPoint: Hashable, CustomStringConvertible {
    let process: String
    let index: Int
    let call: Int64

    var description: String { "\(process)#\(index) \(SystemCalls.name(call))" }
}

/// What the walk does at a call.
enum Verdict {
    case go
    case killBefore(all: Bool)
    case killAfter(all: Bool)
    case fail(CInt)
    case shorten
}

/// How a traced program ended.
struct TracedEnd {
    let process: String
    let status: CInt

    var signal: CInt? { status & 0x7f == 0 ? nil : status & 0x7f }
    var exitCode: CInt? { signal == nil ? (status >> 8) & 0xff : nil }
}

/// Runs programs under the tracer and asks a walk at each watched call of ours what to do. Commands that
/// the jobs run are let go unasked.
final class Tracer {
    struct HasHung: Error {}

    private struct Process {
        let name: String
        var children = 0
        var calls = 0
        /// Runs the program under test, and not a job's command.
        var isOurs = true
    }

    private let binary: String
    /// What each process that belongs to the spool has in its environment.
    private var spoolVariable = ""
    private var processes: [pid_t: Process] = [:]
    private var roots = 0
    /// Children whose stop came before their parent told of them.
    private var early: [trace_event] = []
    /// Everything of ours was killed: what was just being born is no exception.
    private var killsAll = false

    private(set) var ends: [TracedEnd] = []
    /// Job commands that have begun.
    private(set) var begun = 0
    /// Asked at each watched call.
    var decide: (trace_event, CallPoint) -> Verdict = { _, _ in .go }
    /// Told when a watched call has returned, while everything of that process stands still. With it, each
    /// call runs to its end before another process's call is looked at.
    var returned: ((trace_event, trace_event) -> Void)?
    /// Told before a recorded call is made.
    var entered: ((trace_event) -> Void)?
    /// Told when a process has become a job's command.
    var commandBegan: ((pid_t) -> Void)?

    /// Calls that wait until so many commands have begun.
    var overtaken: (isCall: (trace_event) -> Bool, begun: Int)?
    private var waiting: (event: trace_event, point: CallPoint)?
    var isWaiting: Bool { waiting != nil }

    /// Whether programs are told that their file system is an xfs, on which they rely on its order of commits.
    var feignsOrder = false

    init(binary: String) {
        self.binary = binary
    }

    /// Whether only commands run, or nothing.
    var hasNoneOfOurs: Bool { !processes.values.contains { $0.isOurs } }

    /// Kills what still runs, and forgets everything: the next program is "1" again.
    func reset() {
        killAll()
        roots = 0
        begun = 0
        killsAll = false
        ends = []
        early = []
        decide = { _, _ in .go }
        returned = nil
        entered = nil
        commandBegan = nil
        overtaken = nil
        waiting = nil
    }

    /// Starts a program of ours that stops before these calls.
    func start(
        _ arguments: [String], environment: [String], directory: String, standard: [CInt],
        calls: [CInt]
    ) throws -> String {
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { (words + variables).forEach { free($0) } }
        spoolVariable = environment.first { $0.hasPrefix("SPOOL_DIR=") } ?? ""
        let calls = (calls + (feignsOrder ? [trace_call_number("fstatfs")] : [])).sorted()
        let pid = trace_start(
            binary, &words, &variables, directory, standard, calls, CInt(calls.count))
        guard pid > 0 else { throw Failure("trace \(arguments): \(errorText(errno))") }
        roots += 1
        processes[pid] = Process(name: "\(roots)")
        return "\(roots)"
    }

    /// Handles events until something is so, or no process is left.
    ///
    /// - Parameter span: after so many milliseconds without an event it is asked again if it is so.
    /// - Throws: `HasHung` after so many seconds; everything has been killed then.
    func run(upTo seconds: Int, askingEvery span: Int64 = 500, until isSo: () -> Bool) throws {
        let deadline = time(nil) + seconds
        trace_set_deadline(span)
        defer { trace_set_deadline(0) }
        while !isSo(), !processes.isEmpty {
            var event = trace_event()
            switch trace_next(&event) {
            case 1: handle(event)
            case 0: processes = [:]
            default:
                guard time(nil) > deadline else { continue }
                killAll()
                throw HasHung()
            }
        }
    }

    /// Handles the events of the processes that are left, for so many milliseconds.
    func handleEvents(for span: Int64) throws {
        let end = Clock.monotonic() + span * 1_000_000
        try run(upTo: 60, askingEvery: span) { Clock.monotonic() >= end }
    }

    /// Kills everything that is traced, and waits until it is gone.
    func killAll() {
        for pid in processes.keys { trace_kill(pid) }
        var event = trace_event()
        while !processes.isEmpty {
            switch trace_next(&event) {
            case 1 where event.kind == TRACE_END.rawValue: end(event)
            case 1:
                // Born meanwhile.
                trace_kill(event.pid)
                if event.kind == TRACE_FORK.rawValue { adopt(event) }
            case 0: processes = [:]
            default: continue
            }
        }
    }

    private func adopt(_ event: trace_event) {
        var parent = processes[event.pid] ?? Process(name: "?")
        parent.children += 1
        processes[event.pid] = parent
        processes[event.child] = Process(
            name: "\(parent.name).\(parent.children)", isOurs: parent.isOurs)
    }

    private func end(_ event: trace_event) {
        guard let process = processes.removeValue(forKey: event.pid) else { return }
        if process.isOurs {
            ends.append(TracedEnd(process: process.name, status: CInt(event.result)))
        }
        let orphans = early.filter { isOrphan($0.pid) }
        early.removeAll { event in orphans.contains { $0.pid == event.pid } }
        for event in orphans { takeIn(event) }
    }

    /// Whether the one that has made a process was killed before it could tell of it.
    private func isOrphan(_ pid: pid_t) -> Bool {
        guard let parent = parentProcess(of: pid) else { return false }
        return processes[parent] == nil
    }

    private func takeIn(_ event: trace_event) {
        // A command's child may have escaped the end of the program before; it is no command that begins.
        processes[event.pid] = Process(name: "?", isOurs: programPath(event.pid) == binary)
        if killsAll { trace_kill(event.pid) } else { handle(event) }
    }

    private func handle(_ event: trace_event) {
        guard processes[event.pid] != nil else {
            if isOrphan(event.pid) { takeIn(event) } else { early.append(event) }
            return
        }
        switch UInt32(event.kind) {
        case TRACE_END.rawValue: end(event)
        case TRACE_FORK.rawValue:
            adopt(event)
            trace_go(event.pid)
            let waiting = early.filter { $0.pid == event.child }
            early.removeAll { $0.pid == event.child }
            for event in waiting { handle(event) }
        case TRACE_EXEC.rawValue:
            let isOurs = programPath(event.pid) == binary
            if processes[event.pid]?.isOurs == true, !isOurs {
                begun += 1
                commandBegan?(event.pid)
            }
            processes[event.pid]?.isOurs = isOurs
            trace_go(event.pid)
            if let overtaken, begun >= overtaken.begun, let call = waiting {
                waiting = nil
                go(call.event, call.point)
            }
        case TRACE_CALL.rawValue: call(event)
        default: trace_go(event.pid)
        }
    }

    private func call(_ event: trace_event) {
        guard var process = processes[event.pid], process.isOurs, !isOfOthers(event),
            !SystemCalls.isWait(event)
        else {
            trace_go(event.pid)
            return
        }
        if SystemCalls.name(event.number) == "fstatfs" { return feign(event) }
        process.calls += 1
        processes[event.pid] = process
        let point = CallPoint(process: process.name, index: process.calls, call: event.number)
        if let overtaken, begun < overtaken.begun, overtaken.isCall(event) {
            waiting = (event, point)
        } else {
            go(event, point)
        }
    }

    private func go(_ event: trace_event, _ point: CallPoint) {
        switch decide(event, point) {
        case .go:
            if let returned, SystemCalls.name(event.number) != "execve" {
                entered?(event)
                _ = finishCall(event, returned)
            } else {
                trace_go(event.pid)
            }
        case .killBefore(let all): kill(event.pid, all: all)
        case .killAfter(let all):
            let isOver = finishCall(event) { _, _ in kill(event.pid, all: all) }
            if !isOver { kill(event.pid, all: all) }
        case .fail(let code):
            trace_fail(event.pid, code)
            trace_go(event.pid)
        case .shorten:
            trace_set_count(event.pid, event.arguments.2 / 2)
            trace_go(event.pid)
        }
    }

    /// Lets the program ask for its file system, and changes the answer: the magic number of an xfs.
    private func feign(_ event: trace_event) {
        _ = finishCall(event) { call, _ in
            var magic: UInt64 = 0x5846_5342
            _ = trace_write(call.pid, call.arguments.1, &magic, MemoryLayout.size(ofValue: magic))
        }
    }

    /// Calls that may wait for another process, which may wait for us.
    private static let maybeWaiting: Set<String> = ["flock", "poll", "recvmsg", "wait4"]

    /// Lets one call run to its end. An execve or a fork doesn't return where it was called.
    ///
    /// - Returns: false when it waits for somebody else: then the others are to go on first.
    private func finishCall(
        _ event: trace_event, _ then: (trace_event, trace_event) -> Void
    ) -> Bool {
        trace_go_to_return(event.pid)
        var next = trace_event()
        var deadlines = 0
        while true {
            let answer = trace_next_of(event.pid, &next)
            if answer < 0 {
                deadlines += 1
                guard deadlines < 4 || !Tracer.maybeWaiting.contains(SystemCalls.name(event.number))
                else { return false }
                continue
            }
            guard answer == 1 else { return true }
            switch UInt32(next.kind) {
            case TRACE_RETURN.rawValue:
                then(event, next)
                trace_go(event.pid)
                return true
            case TRACE_FORK.rawValue:
                adopt(next)
                trace_go_to_return(event.pid)
            case TRACE_EXEC.rawValue:
                handle(next)
                then(event, next)
                return true
            default:
                handle(next)
                return true
            }
        }
    }

    private func kill(_ pid: pid_t, all: Bool) {
        trace_kill(pid)
        guard all else { return }
        killsAll = true
        for (other, process) in processes where process.isOurs { trace_kill(other) }
    }

    /// The dynamic linker's and the language runtime's own files aren't what is tested, nor are the machine's other
    /// processes, of which there aren't as many each time.
    private func isOfOthers(_ event: trace_event) -> Bool {
        let path: String?
        switch SystemCalls.name(event.number) {
        case "openat", "openat2", "newfstatat", "statx", "faccessat2":
            path = string(of: event.pid, at: event.arguments.1)
        case "read", "pread64", "fstat", "fcntl":
            path = descriptorPath(event.pid, CInt(truncatingIfNeeded: event.arguments.0))
        default: return false
        }
        guard let path else { return false }
        return path.hasPrefix("/usr/lib") || path.hasPrefix("/lib") || path.hasPrefix("/opt/")
            || path.hasPrefix("/etc/ld.so") || path.contains(".so") || isOfStranger(path)
    }

    /// Whether it is a file of a process that has nothing to do with the spool.
    private func isOfStranger(_ path: String) -> Bool {
        guard path.hasPrefix("/proc/"), let pid = pid_t(path.dropFirst(6).prefix { $0 != "/" }),
            processes[pid] == nil
        else { return false }
        let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data()
        return environment.range(of: Data(spoolVariable.utf8)) == nil
    }

    private func programPath(_ pid: pid_t) -> String? { linkTarget("/proc/\(pid)/exe") }
}

// MARK: - Looking at a stopped process

func descriptorPath(_ pid: pid_t, _ number: CInt) -> String? {
    linkTarget("/proc/\(pid)/fd/\(number)")
}

/// The parent of a process; nil when there is none any more.
func parentProcess(of pid: pid_t) -> pid_t? {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
        let end = text.lastIndex(of: ")")
    else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    return fields.count > 1 ? pid_t(fields[1]) : nil
}

func linkTarget(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink(path, &buffer, buffer.count - 1)
    guard count >= 0 else { return nil }
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// A string in the memory of a stopped process.
func string(of pid: pid_t, at address: UInt64) -> String? {
    guard address != 0 else { return nil }
    var bytes: [UInt8] = []
    var position = address
    while bytes.count < 8192 {
        // Not beyond the page, which may be the last one.
        let size = 4096 - Int(position % 4096)
        var piece = [UInt8](repeating: 0, count: size)
        let count = trace_read(pid, position, &piece, size)
        guard count > 0 else { return nil }
        if let end = piece[..<count].firstIndex(of: 0) {
            return String(decoding: bytes + piece[..<end], as: UTF8.self)
        }
        bytes += piece[..<count]
        position += UInt64(count)
    }
    return nil
}

func errorText(_ code: CInt) -> String { String(cString: strerror(code)) }

/// What a scenario needs isn't here.
struct Skipped: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
