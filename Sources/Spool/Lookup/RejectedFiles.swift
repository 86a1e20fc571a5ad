import SpoolSystem

/// The files in dead-letter/ that are no jobs.
package struct RejectedFiles: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// The files in dead-letter/ that aren't jobs, with the reasons.
    package func all() throws(SpoolError) -> [JobEntry] {
        let names = try storage.onListing("dead-letter") { () throws(Errno) in
            try storage.root.names(in: "dead-letter")
        }
        return names.filter { $0.hasSuffix(".json") && JobFileName($0) == nil }.sorted().map {
            rejected($0)
        }
    }

    /// The one of them that a text names: by its name, or by a path that ends in `dead-letter/NAME`.
    ///
    /// - Returns: nil if no such file lies there.
    package func file(naming text: String) -> JobEntry? {
        let parts = text.split(separator: "/").map(String.init)
        guard let name = parts.last, DropIn.isCandidate(name), JobFileName(name) == nil,
            parts.count == 1 || parts[parts.count - 2] == "dead-letter"
        else { return nil }
        // If nobody can look there, nothing is found there.
        guard (try? storage.root.status(of: "dead-letter/" + name)) != nil else { return nil }
        return rejected(name)
    }

    private func rejected(_ name: String) -> JobEntry {
        JobEntry(
            location: nil, path: "dead-letter/" + name, job: nil, state: .dead,
            message: JobReader(storage).reason(for: name))
    }
}
