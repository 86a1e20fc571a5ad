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
            message: Listing(storage).reason(for: name))
    }

    /// Drops a file of dead-letter/ once more that wasn't a job, and is one now.
    ///
    /// - Parameter name: its name there.
    /// - Returns: false if no such file lies there.
    /// - Throws: `.invalidJob` if it would only be rejected again, and stays where it is.
    package func retry(_ name: String) throws(SpoolError) -> Bool {
        guard JobFileName(name) == nil, DropIn.isCandidate(name), !name.contains("/") else {
            return false
        }
        let source = "dead-letter/" + name
        for directory in ["dead-letter", "incoming"] {
            try storage.requireNoLink(onTheWayTo: directory)
        }
        switch try Inspect(storage).inspect(source, isDropIn: true, isLocking: false) {
        case .gone: return false
        case .job, .busy: break
        case .unfit(let fault): throw stillNoJob(source, fault)
        case .unsettled:
            throw stillNoJob(
                source,
                Listing(storage).reason(for: name) ?? "'spool submit --check' says what is wrong")
        case .beingWritten:
            throw SpoolError(
                .busy, "\(storage.path)/\(source): it is still being written; try again later")
        }
        do throws(Errno) {
            try storage.root.rename(source, to: "incoming/" + name, .fresh)
            try storage.root.removeIfPresent(source + ".reason")
        } catch {
            if error == .noEntry { return false }
            throw SpoolError(error, "rename", storage.path + "/incoming/" + name)
        }
        History(storage).recordFile(
            .retry, id: nil, nil, from: source, to: "incoming/" + name, note: nil)
        return true
    }

    private func stillNoJob(_ source: String, _ fault: String) -> SpoolError {
        SpoolError(
            .invalidJob,
            "\(storage.path)/\(source) would be rejected again, and stays: \(fault); put it right there first"
        )
    }

    /// Removes a file of dead-letter/ that isn't a job, with its reason.
    package func remove(_ entry: JobEntry) throws(SpoolError) {
        guard entry.location == nil, entry.path.hasPrefix("dead-letter/") else { return }
        try remove(at: entry.path)
    }

    func remove(at path: String) throws(SpoolError) {
        do throws(Errno) {
            if try storage.root.status(of: path)?.kind == .directory {
                try storage.root.removeDirectory(path)
            } else {
                try storage.root.removeIfPresent(path)
            }
            try storage.root.removeIfPresent(path + ".reason")
        } catch {
            let advice =
                error == .notEmpty ? "somebody has dropped a directory: 'rm -r' removes it" : nil
            throw SpoolError(error, "unlink", storage.path + "/" + path, advice: advice)
        }
        History(storage).recordFile(.clean, id: nil, nil, from: path, to: nil, note: nil)
    }
}
