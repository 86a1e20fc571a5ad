import CSpoolSystem
import Glibc
import SpoolSystem

/// The processes that were started from here and are still there, daemons too, and the cost of all that have ended.
enum Descendants {
    /// From now on those whose parents are gone become children of this process.
    static func adopt() throws {
        guard spool_become_subreaper() == 0 else { throw BenchFailure(Errno.last, "prctl") }
    }

    static func all(below pid: pid_t = getpid()) -> [pid_t] {
        // Of each thread the children are listed by themselves; nothing here has more than one.
        let bytes = ProcessTable.contents(of: "/proc/\(pid)/task/\(pid)/children") ?? []
        let children = String(decoding: bytes, as: UTF8.self).split(separator: " ")
            .compactMap { pid_t($0) }
        return children.flatMap { [$0] + all(below: $0) }
    }

    /// The memory of a process: its own pages, and its share of those that it shares with others.
    ///
    /// - Returns: bytes; nil if it is gone.
    static func proportionalSize(of pid: pid_t) -> Int? {
        let bytes = ProcessTable.contents(of: "/proc/\(pid)/smaps_rollup") ?? []
        let line = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .first { $0.hasPrefix("Pss:") }
        return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 * 1024 }
    }

    /// Whether a process runs this program.
    static func isProgram(_ path: String, _ pid: pid_t) -> Bool {
        let bytes = ProcessTable.contents(of: "/proc/\(pid)/cmdline") ?? []
        return bytes.prefix { $0 != 0 }.elementsEqual(path.utf8)
    }

    /// Ends them all, and takes their ends.
    static func end() {
        repeat {
            for pid in all() { kill(pid, SIGKILL) }
        } while waitpid(-1, nil, 0) > 0
    }

    /// Waits until all have ended by themselves: the processor time of all that have ended so far, in seconds.
    static func processorTime() throws -> Double {
        while waitpid(-1, nil, 0) > 0 {}
        var usage = rusage()
        guard getrusage(__rusage_who_t(RUSAGE_CHILDREN.rawValue), &usage) == 0 else {
            throw BenchFailure(Errno.last, "getrusage")
        }
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }
}
