import SpoolSystem

/// A pause is a file in state/: `paused` for all queues, `paused.QUEUE` for one. Workers start no job of a paused
/// queue; running jobs go on.
package struct PauseQueue: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    private static let pauseFile = "paused"

    private func pausePath(_ queue: String?) throws(SpoolError) -> String {
        guard let queue else { return "state/" + PauseQueue.pauseFile }
        guard NameRule.isName(queue) else {
            throw SpoolError(.invalidJob, "\"\(queue)\": a queue's name \(NameRule.advice)")
        }
        return "state/" + PauseQueue.pauseFile + "." + queue
    }

    /// - Parameter queue: nil for all.
    package func pause(queue: String?) throws(SpoolError) {
        let text = "paused by \(Host.userName) on \(Host.name) at \(storage.now())\n"
        try FileWriter(storage).publish(
            Array(text.utf8), as: try pausePath(queue), .replace, sync: .full)
    }

    /// - Returns: whether it was paused.
    @discardableResult
    package func resume(queue: String?) throws(SpoolError) -> Bool {
        let name = try pausePath(queue)
        return try storage.remove(name)
    }

    /// The queues that are paused now.
    package func pauses() throws(SpoolError) -> Pauses {
        let names = try storage.onListing("state") { () throws(Errno) in
            try storage.root.names(in: "state")
        }
        let prefix = PauseQueue.pauseFile + "."
        return Pauses(
            isEverything: names.contains(PauseQueue.pauseFile),
            queues: Set(
                names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
                    .filter { NameRule.isName($0) }))
    }
}

/// The queues that are paused.
public struct Pauses: Hashable, Sendable {
    public let isEverything: Bool
    public let queues: Set<String>

    package init(isEverything: Bool = false, queues: Set<String> = []) {
        self.isEverything = isEverything
        self.queues = queues
    }

    public func contains(_ queue: String) -> Bool { isEverything || queues.contains(queue) }
    public var isEmpty: Bool { !isEverything && queues.isEmpty }
}
