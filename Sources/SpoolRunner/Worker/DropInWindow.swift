import Spool
import SpoolSystem

/// The oldest of the files that were dropped into incoming/: as many as are admitted at once. However many lie
/// there, the worker's memory is bounded, and they come in by the order of their dropping.
struct DropInWindow {
    static let limit = 16_384

    private var keys = SmallestElements<String>(limit: limit)
    /// Files with names that aren't UTF-8.
    private(set) var foreign: [(name: [CChar], directory: String)] = []
    private var hasMoreForeign = false
    /// Files up to this key aren't taken; nil: all are.
    private let last: String?

    /// - Parameter last: the key of a file: only those behind it are wanted. nil: all are.
    init(after last: String? = nil) {
        self.last = last
    }

    var hasMore: Bool { keys.hasDropped || hasMoreForeign }

    /// Takes something that isn't a job's file, if it was dropped to become one.
    ///
    /// - Parameter queue: whose directory it lies in; nil: in incoming/ itself.
    mutating func insert(
        _ entry: Directory.Entry, in directory: String, queue: String?, of spool: SpoolDirectory
    ) {
        guard entry.isDropIn else { return }
        if let bytes = entry.nonUTF8Name {
            insert(foreign: bytes, in: directory)
        } else {
            insert(entry.name, queue: queue, of: spool)
        }
    }

    mutating func insert(_ name: String, queue: String?, of spool: SpoolDirectory) {
        let path = queue.map { $0 + "/" + name } ?? name
        let status = (try? spool.storage.root.status(of: "incoming/" + path)) ?? nil
        // The kernel's clock for this ticks every few milliseconds. Within a tick the file's number decides: most file
        // systems number files in the order in which they are made.
        let time = padded(UInt64(max(0, status?.changed ?? 0)))
        let key = time + padded(status?.identity.inode ?? 0) + name + "/" + (queue ?? "")
        if let last, key <= last { return }
        keys.insert(key)
    }

    /// Digits enough for every number.
    private static let width = 20

    private func padded(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: DropInWindow.width - digits.count) + digits
    }

    private mutating func insert(foreign name: [CChar], in directory: String) {
        if foreign.count < DropInWindow.limit {
            foreign.append((name, directory))
        } else {
            hasMoreForeign = true
        }
    }

    /// By the order of their dropping, which is that of their keys.
    var sorted: [(name: String, queue: String?, key: String)] {
        keys.sorted().map { key in
            let parts = key.dropFirst(2 * DropInWindow.width).split(
                separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts[1].isEmpty ? nil : String(parts[1]), key)
        }
    }
}
