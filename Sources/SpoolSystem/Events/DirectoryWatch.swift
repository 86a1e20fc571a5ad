import CSpoolSystem
import Glibc

/// inotify(7). An event is a hint that something changed, never the truth: the queue overflows, and file systems shared
/// by several hosts don't report events. A program that watches also looks for itself now and then.
package final class DirectoryWatch {
    /// One event of a watched path.
    package struct Change: Sendable {
        package enum Kind: Sendable {
            /// A name came to be, by creation or rename.
            case appeared
            /// A file that was open for writing was closed.
            case written
            /// A name was removed.
            case vanished
            /// A name was moved elsewhere.
            case movedAway
            /// The watched directory, or a file in it, was opened.
            case opened
            /// The watched file or directory itself was moved or deleted.
            case itselfChanged
            /// Events were lost: look at everything.
            case overflow
        }
        /// The number that `watch` answered for the path; nil for an overflow.
        package let watch: CInt?
        package let name: String
        package let kind: Kind
        package let isDirectory: Bool
    }

    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let appearing = Interest(rawValue: UInt32(IN_CREATE | IN_MOVED_TO))
        package static let writing = Interest(rawValue: UInt32(IN_CLOSE_WRITE))
        package static let vanishing = Interest(rawValue: UInt32(IN_DELETE | IN_MOVED_FROM))
        /// Its owner or mode changes, among others.
        package static let permitting = Interest(rawValue: UInt32(IN_ATTRIB))
        package static let opening = Interest(rawValue: UInt32(IN_OPEN))
        package static let modifying = Interest(rawValue: UInt32(IN_MODIFY))
        /// The watched file itself is renamed or deleted.
        package static let moving = Interest(rawValue: UInt32(IN_MOVE_SELF | IN_DELETE_SELF))
    }

    private let descriptor: Descriptor

    package init() throws(Errno) {
        descriptor = Descriptor(owning: try systemCall { spool_inotify_create() })
    }

    package var number: CInt { descriptor.number }

    /// The settings of the kernel (sysctl(8)) that give users more room, if there was none.
    package static func advice(for error: Errno) -> String {
        switch error {
        case .tooManyFiles: " (sysctl fs.inotify.max_user_instances, or ulimit -n)"
        case .noSpace: " (sysctl fs.inotify.max_user_watches)"
        default: ""
        }
    }

    /// Watches a path from now on. The same inode watched twice gives the same number.
    package func watch(_ path: String, _ interest: Interest) throws(Errno) -> CInt {
        try systemCall { inotify_add_watch(descriptor.number, path, interest.rawValue) }
    }

    /// Watches a name in a directory, even if the directory has been moved, and however long its path is.
    package func watch(
        _ name: String, in directory: Directory, _ interest: Interest
    ) throws(Errno) -> CInt {
        do {
            return try watch("/proc/self/fd/\(directory.number)/\(name)", interest)
        } catch {
            guard error == .noEntry, !ProcessTable.isMounted else { throw error }
            return try watch(directory.path + "/" + name, interest)
        }
    }

    package func stopWatching(_ watch: CInt) {
        // EINVAL: the kernel dropped it already, with the file.
        _ = inotify_rm_watch(descriptor.number, watch)
    }

    /// All changes that are waiting; none if there are none.
    package func read() throws(Errno) -> [Change] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: 1 << 16, alignment: MemoryLayout<inotify_event>.alignment)
        defer { buffer.deallocate() }
        var changes: [Change] = []
        var filled: Int
        repeat {
            filled = try BareDescriptor(descriptor.number).read(into: buffer) ?? 0
            Self.append(UnsafeRawBufferPointer(rebasing: buffer[..<filled]), to: &changes)
            // If another event would have had room, there was none.
        } while buffer.count - filled < Self.largest
        return changes
    }

    /// The length of the longest event, in bytes.
    private static let largest = MemoryLayout<inotify_event>.size + Int(NAME_MAX) + 1

    private static func append(_ events: UnsafeRawBufferPointer, to changes: inout [Change]) {
        var rest = events
        while rest.count >= 16 {
            let watch = rest.loadUnaligned(as: Int32.self)
            let mask = rest.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            let length = Int(rest.loadUnaligned(fromByteOffset: 12, as: UInt32.self))
            let name = rest[16..<(16 + length)].prefix { $0 != 0 }
            rest = UnsafeRawBufferPointer(rebasing: rest[(16 + length)...])
            guard let kind = kind(of: mask) else { continue }
            changes.append(
                Change(
                    watch: kind == .overflow ? nil : watch,
                    name: String(decoding: name, as: UTF8.self), kind: kind,
                    isDirectory: mask & UInt32(bitPattern: Int32(IN_ISDIR)) != 0))
        }
    }

    private static func kind(of mask: UInt32) -> Change.Kind? {
        func has(_ flags: Int) -> Bool { mask & UInt32(flags) != 0 }
        if has(Int(IN_Q_OVERFLOW)) { return .overflow }
        if has(Int(IN_CREATE | IN_MOVED_TO)) { return .appeared }
        if has(Int(IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB)) { return .written }
        if has(Int(IN_DELETE)) { return .vanished }
        if has(Int(IN_MOVED_FROM)) { return .movedAway }
        if has(Int(IN_OPEN)) { return .opened }
        if has(Int(IN_MOVE_SELF | IN_DELETE_SELF | IN_IGNORED)) { return .itselfChanged }
        return nil
    }
}
