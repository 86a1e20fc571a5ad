import Foundation

/// A file or a directory of a recorded spool. A directory is known by its path, as none is ever renamed; a
/// file by a number of its own, as it may have any name.
enum Node: Hashable {
    case file(Int)
    case directory(String)
}

/// One change of the file system, or what makes changes durable, or what somebody was told.
enum Change {
    /// The file has this content now.
    case content(file: Int, [UInt8])
    /// The name is this node's now. Of the two halves of a rename, this is the first.
    case set(directory: String, name: String, Node, rename: Int?)
    /// The name is nobody's now.
    case clear(directory: String, name: String, rename: Int?)
    case syncFile(Int)
    /// The content is on the disk, and what says where it lies is committed with all else.
    case writeBack(Int)
    /// The directory was changed in no way that shows.
    case touch(directory: String)
    case syncDirectory(String)
    case syncAll
    /// Something was told to the world outside, which doesn't forget it.
    case told(Told)

    /// Whether it is made for what is durable afterwards, and for nothing else.
    var isSync: Bool {
        switch self {
        case .syncFile, .writeBack, .touch, .syncDirectory, .syncAll: true
        default: false
        }
    }
}

enum Told {
    /// A job's id was printed.
    case submitted(String)
    /// An attempt's command has begun: the line that it proves it with.
    case begun(String)
    /// A line of the proof that a command has written itself.
    case proved(String)
    /// A waiter was told this exit code.
    case ended(String, exitCode: CInt)
    /// Somebody was told that it is cancelled.
    case cancelled(String)
}

/// All that happened to a spool, in order.
struct Recording {
    /// What was there before, durably.
    var files: [Int: [UInt8]] = [:]
    var directories: [String: [String: Node]] = [:]
    var changes: [(change: Change, what: String)] = []
    /// Those that belong to the same rename as the change before.
    var secondHalves: Set<Int> = []

    /// The jobs that may begin more than once, as they were submitted.
    var repeatable: Set<String> {
        var contents = files.mapValues { [$0] }
        for case (.content(let file, let bytes), _) in changes {
            contents[file, default: []].append(bytes)
        }
        let repeatable = contents.filter { $0.value.contains { Recording.maxAttempts($0) > 1 } }
        var ids: Set<String> = []
        for case (.set(_, let name, .file(let file), _), _) in changes
        where repeatable[file] != nil {
            if let id = Books.id(in: name) { ids.insert(id) }
        }
        return ids
    }

    private static func maxAttempts(_ content: [UInt8]) -> Int {
        let object = try? JSONSerialization.jsonObject(with: Data(content)) as? [String: Any]
        return object?["max_attempts"] as? Int ?? 1
    }
}
