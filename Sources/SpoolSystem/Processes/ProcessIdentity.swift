import CSpoolSystem
import Glibc

/// A process, named so that no other process ever has the same name. Pids are reused; a pid with its start time within
/// one boot isn't.
package struct ProcessIdentity: Hashable, Sendable {
    package let pid: pid_t
    /// Field 22 of /proc/PID/stat: clock ticks between boot and the start of the process.
    package let startTime: UInt64

    package init(pid: pid_t, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// The process that has this pid now; nil if there is none.
    package init?(current pid: pid_t) {
        guard let stat = ProcessTable.stat(of: pid) else { return nil }
        self.init(pid: pid, startTime: stat.startTime)
    }

    /// A child of this process that was made between two times, in nanoseconds since boot, and hasn't been taken yet.
    ///
    /// Its start time is known without looking, unless a tick ended between the two times. This holds only once the
    /// first child that was looked at has shown that the kernel counts like that here.
    package init?(child pid: pid_t, after: Int64, before: Int64) {
        let counted = ProcessIdentity.startTime(after: after, before: before)
        if let counted, ProcessIdentity.countsLikeTheKernel.withLock({ $0 }) == true {
            self.init(pid: pid, startTime: counted)
            return
        }
        self.init(current: pid)
        guard let counted else { return }
        ProcessIdentity.countsLikeTheKernel.withLock { $0 = $0 != false && counted == startTime }
    }

    /// nil: not known yet. After it was wrong once, it isn't relied on any more.
    private static let countsLikeTheKernel = LockedBox<Bool?>(nil)

    /// In ticks of 10 ms, as /proc has it on every machine (USER_HZ), if both times lie well within the same one.
    package static func startTime(after: Int64, before: Int64) -> UInt64? {
        let tick: Int64 = 10_000_000
        let margin: Int64 = 10_000
        guard after > margin, before >= after, (after - margin) / tick == (before + margin) / tick
        else { return nil }
        return UInt64(after / tick)
    }

    package static func own() -> ProcessIdentity {
        // A process always finds itself, unless /proc isn't mounted. A start time of 0 then matches no process, and
        // nothing is ever killed on its account.
        ProcessIdentity(current: getpid()) ?? ProcessIdentity(pid: getpid(), startTime: 0)
    }

    package var isAlive: Bool {
        guard let now = ProcessTable.stat(of: pid) else { return false }
        return now.startTime == startTime && !now.isZombie
    }

    /// Whether it is alive and hasn't begun to exit. An exiting process does nothing more, but it may hold some of its
    /// locks for a while when others are free already.
    package var isActive: Bool {
        guard let now = ProcessTable.stat(of: pid) else { return false }
        return now.startTime == startTime && !now.isZombie && !now.isExiting
    }

    /// Signals the process if it is still the same one.
    ///
    /// - Returns: whether it was there.
    @discardableResult
    package func signal(_ number: CInt) throws(Errno) -> Bool {
        let raw = spool_pidfd_open(pid)
        if raw < 0 {
            if Errno.last == .noProcess { return false }
            throw Errno.last
        }
        // The descriptor holds on to the process, so that the check and the signal are of one process.
        let handle = Descriptor(owning: raw)
        guard isAlive else { return false }
        return try systemCall(unless: .noProcess) {
            spool_pidfd_send_signal(handle.number, number)
        } != nil
    }
}

/// The entries of /proc about the processes of this machine.
package enum ProcessTable {
    package struct Stat: Sendable {
        package let pid: pid_t
        /// It is dead, with all of its threads.
        package let isZombie: Bool
        /// It closes its files now, or has closed them.
        package let isExiting: Bool
        package let group: pid_t
        package let session: pid_t
        package let startTime: UInt64
    }

    /// Whether /proc is there at all.
    package static var isMounted: Bool { FilePath("/proc/self/fd").exists }

    /// nil if there is no such process, as far as can be seen.
    package static func stat(of pid: pid_t) -> Stat? {
        contents(of: "/proc/\(pid)/stat").flatMap { Stat(pid, $0) }
    }

    /// Every process that can be seen.
    ///
    /// - Throws: if one may be overlooked: for want of descriptors or memory, or without /proc (ENOENT).
    package static func all() throws(Errno) -> [Stat] {
        var all: [Stat] = []
        for name in try Directory(path: "/proc").names(in: ".", mustExist: true) {
            guard let pid = pid_t(name), let text = try read("/proc/\(pid)/stat"),
                let stat = Stat(pid, text)
            else { continue }
            all.append(stat)
        }
        // If nothing is mounted there, not even this process is.
        guard all.contains(where: { $0.pid == getpid() }) else { throw .noEntry }
        return all
    }

    /// Whether the environment that a process was started with holds `NAME=value`; nil if it may not be read.
    ///
    /// - Throws: as `all`.
    package static func environment(
        of pid: pid_t, contains entry: String
    ) throws(Errno) -> Bool? {
        guard let bytes = try read("/proc/\(pid)/environ") else { return nil }
        return bytes.split(separator: 0).contains { $0.elementsEqual(entry.utf8) }
    }

    /// Whether a process has this file or directory open.
    ///
    /// - Returns: false too if there is no such process, or its descriptors may not be seen.
    package static func hasOpen(
        _ file: FileStatus.Identity, in pid: pid_t
    ) throws(Errno) -> Bool {
        do throws(Errno) {
            let descriptors = try Directory(path: "/proc/\(pid)/fd")
            for name in try descriptors.names(in: ".") {
                if try descriptors.statusOfTarget(name)?.identity == file { return true }
            }
            return false
        } catch {
            switch error {
            case .noEntry, .noProcess, .accessDenied, .notPermitted: return false
            default: throw error
            }
        }
    }

    /// The name of the program that a process runs, of 15 bytes at most, as ps(1) shows it; nil if there is no such
    /// process.
    package static func name(of pid: pid_t) -> String? {
        contents(of: "/proc/\(pid)/comm").map {
            String(decoding: $0.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
        }
    }

    /// nil if it can't be read, whatever the reason.
    package static func contents(of path: String) -> [UInt8]? {
        do throws(Errno) {
            return try read(path)
        } catch {
            return nil
        }
    }

    /// - Returns: nil for a file that isn't there, or may not be read.
    static func read(_ path: String) throws(Errno) -> [UInt8]? {
        do throws(Errno) {
            let file = Descriptor(
                owning: try systemCall { Glibc.open(path, O_RDONLY | O_CLOEXEC) })
            return try file.readStream(limit: 1 << 23)
        } catch {
            switch error {
            // A process that ends meanwhile is no process when it is read.
            case .noEntry, .noProcess, .accessDenied, .notPermitted: return nil
            default: throw error
            }
        }
    }
}

extension ProcessTable.Stat {
    /// - Parameter text: of /proc/PID/stat; nil if it isn't such a text.
    init?(_ pid: pid_t, _ text: [UInt8]) {
        // The command name is in brackets and may hold anything, brackets and spaces too.
        guard let end = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[(end + 1)...].split(separator: UInt8(ascii: " "), maxSplits: 20)
        guard fields.count > 19, let group = Self.number(fields[2]),
            let session = Self.number(fields[3]), let flags = Self.number(fields[6]),
            let threads = Self.number(fields[17]), let startTime = Self.number(fields[19])
        else { return nil }
        self.init(
            pid: pid,
            // Of a process whose first thread has ended before the others, the kernel says Z, too.
            isZombie: (fields[0].elementsEqual("Z".utf8) || fields[0].elementsEqual("X".utf8))
                && threads < 2,
            // PF_EXITING of the kernel's flags, which proc(5) refers to.
            isExiting: flags & 0x4 != 0,
            group: pid_t(truncatingIfNeeded: group), session: pid_t(truncatingIfNeeded: session),
            startTime: UInt64(truncatingIfNeeded: startTime))
    }

    /// For a process that is going, the kernel says -1.
    private static func number(_ text: ArraySlice<UInt8>) -> Int64? {
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        var number: Int64 = 0
        for digit in digits {
            guard (48...57).contains(digit), number < Int64.max / 10 - 1 else { return nil }
            number = number * 10 + Int64(digit - 48)
        }
        if digits.isEmpty { return nil }
        return digits.count < text.count ? -number : number
    }
}

extension ProcessIdentity {
    package static var ownPID: pid_t { getpid() }
}

extension ProcessIdentity {
    /// pidfd_open(2): a bare descriptor that becomes readable when the process ends. The caller closes it.
    package static func openHandle(_ pid: pid_t) throws(Errno) -> CInt {
        try systemCall { spool_pidfd_open(pid) }
    }
}
