import SpoolSystem

/// A pause is a file in state/: `paused` for all queues, `paused.QUEUE` for one. Workers start no job of a
/// paused queue; what runs goes on.
extension SpoolDirectory {
    private static let pauseFile = "paused"

    private func pausePath(_ queue: String?) throws(SpoolError) -> String {
        guard let queue else { return "state/" + SpoolDirectory.pauseFile }
        guard NameRule.isName(queue) else {
            throw SpoolError(.invalidJob, "\"\(queue)\": a queue's name \(NameRule.advice)")
        }
        return "state/" + SpoolDirectory.pauseFile + "." + queue
    }

    /// - Parameter queue: nil for all.
    public func pause(queue: String?) throws(SpoolError) {
        let text = "paused by \(Host.userName) on \(Host.name) at \(now())\n"
        try publish(Array(text.utf8), as: try pausePath(queue), .replace, sync: .full)
    }

    /// - Returns: whether it was paused.
    @discardableResult
    public func resume(queue: String?) throws(SpoolError) -> Bool {
        let name = try pausePath(queue)
        return try onPath(path + "/" + name, "unlink") { () throws(Errno) in
            try root.removeIfPresent(name)
        }
    }

    /// What is paused now.
    public func pauses() throws(SpoolError) -> Pauses {
        let names = try onListing("state") { () throws(Errno) in
            try root.names(in: "state")
        }
        let prefix = SpoolDirectory.pauseFile + "."
        return Pauses(
            isEverything: names.contains(SpoolDirectory.pauseFile),
            queues: Set(
                names.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }))
    }
}

/// What is paused.
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
