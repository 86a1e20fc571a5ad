import Glibc
import SpoolSystem

/// What /proc says of a living process.
package enum ProcessView {
    /// The open descriptors: what each one is, by its number. Of files and pipes without their own numbers, so
    /// that two moments can be compared.
    package static func descriptors(of pid: pid_t) throws -> [String: String] {
        let directory = "/proc/\(pid)/fd"
        var found: [String: String] = [:]
        for number in try FileTree.names(directory) {
            var buffer = [CChar](repeating: 0, count: 4096)
            let count = readlink("\(directory)/\(number)", &buffer, buffer.count)
            // Closed meanwhile.
            guard count > 0 else { continue }
            let target = String(
                decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            found[number] = target.prefix { $0 != "[" }.description
        }
        return found
    }

    /// The processes that it has a handle on (pidfd_open(2)).
    package static func watched(by pid: pid_t) throws -> Set<pid_t> {
        Set(try descriptorFacts(of: pid, "Pid:\t").compactMap { pid_t($0) })
    }

    /// The files and directories that it has inotify(7) tell of.
    package static func watchedInodes(of pid: pid_t) throws -> Set<UInt64> {
        let watches = try descriptorFacts(of: pid, "inotify wd:")
        return Set(
            watches.compactMap { watch in
                watch.split(separator: " ").first { $0.hasPrefix("ino:") }
                    .flatMap { UInt64($0.dropFirst(4), radix: 16) }
            })
    }

    /// What /proc/PID/fdinfo says of all its descriptors: the rests of the lines that begin so.
    private static func descriptorFacts(
        of pid: pid_t, _ beginning: String
    ) throws -> [Substring] {
        let directory = "/proc/\(pid)/fdinfo"
        return try FileTree.names(directory).flatMap { number -> [Substring] in
            // One that is closed meanwhile has none.
            let bytes = (try? FileTree.read("\(directory)/\(number)")) ?? []
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
                .filter { $0.hasPrefix(beginning) }.map { $0.dropFirst(beginning.count) }
        }
    }

    /// The largest resident set so far, in KiB.
    package static func peakMemory(of pid: pid_t) throws -> Int {
        let text = String(decoding: try FileTree.read("/proc/\(pid)/status"), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        guard let number = line?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw FileTree.Failure(description: "no VmHWM of \(pid)")
        }
        return number
    }

    /// The children of a process, zombies too.
    package static func children(of pid: pid_t) throws -> [pid_t] {
        let text = String(
            decoding: try FileTree.read("/proc/\(pid)/task/\(pid)/children"), as: UTF8.self)
        return text.split(separator: " ").compactMap { pid_t($0.filter(\.isNumber)) }
    }
}
