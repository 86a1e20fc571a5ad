import SpoolSystem

/// The facts about a spool's file system that have been found out, and hold as long as the spool is open.
package final class FileSystemTraits: @unchecked Sendable {
    private let root: Directory
    private let lock = Lock()
    // Read and written with the lock.
    private var order: Bool?
    private var isLocal: Bool?
    /// Directories whose own names are known to be durable.
    private var durableDirectories: [String: FileStatus.Identity] = [:]

    init(_ root: Directory) {
        self.root = root
    }

    /// Whether the file system commits changes in the order in which it was told of them (`FileSystem.commitsInOrder`).
    /// Asked once.
    package var commitsInOrder: Bool {
        lock.held {
            let answer = order ?? FileSystem(of: root).commitsInOrder()
            order = answer
            return answer
        }
    }

    /// Whether no other host can use the spool at the same time (`FileSystem.isOfOneHost`). Asked once.
    package var isOfOneHost: Bool {
        lock.held {
            let answer = isLocal ?? FileSystem(of: root).isOfOneHost()
            isLocal = answer
            return answer
        }
    }

    /// Whether the name of a directory is known to be durable.
    func isDurable(_ name: String, _ identity: FileStatus.Identity) -> Bool {
        lock.held { durableDirectories[name] } == identity
    }

    func setDurable(_ name: String, _ identity: FileStatus.Identity) {
        lock.held { durableDirectories[name] = identity }
    }
}
