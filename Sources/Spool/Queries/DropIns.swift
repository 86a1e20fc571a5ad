import SpoolSystem

/// The files that were dropped into incoming/, or a queue's directory there, and that nobody has admitted yet. They are
/// queued all the same.
package struct DropIns: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// The paths of dropped files below the spool, in the order of their names.
    package func paths() throws(SpoolError) -> [String] {
        var paths: [String] = []
        for queue in [nil] + (try Listing(storage).queueDirectories()) {
            let directory = queue.map { "incoming/" + $0 } ?? "incoming"
            try storage.forEachRawEntry(in: directory) { raw in
                guard JobFileName(bytes: raw.bytes) == nil else { return }
                let entry = raw.entry
                if entry.isDropIn { paths.append(directory + "/" + entry.name) }
            }
        }
        return paths.sorted()
    }

    /// The dropped files. A plain file that nobody else can have written is read; nothing else is opened.
    ///
    /// - Parameter limit: how many are read.
    /// - Returns: also how many were left unread.
    package func entries(
        limit: Int = .max
    ) throws(SpoolError) -> (entries: [JobEntry], unread: Int) {
        entries(at: try paths(), limit: limit) { _ in true }
    }

    /// The same of known paths; files that have gone from there are left out.
    package func entries(
        at paths: [String], limit: Int, where isWanted: (JobEntry) -> Bool
    ) -> (entries: [JobEntry], unread: Int) {
        var entries: [JobEntry] = []
        for (index, path) in paths.enumerated() {
            if entries.count >= limit { return (entries, paths.count - index) }
            if let entry = dropIn(at: path), isWanted(entry) { entries.append(entry) }
        }
        return (entries, 0)
    }

    /// - Returns: nil if nothing lies there.
    private func dropIn(at path: String) -> JobEntry? {
        var job: Job?
        var fault: String?
        do throws(SpoolError) {
            let bytes = try onPath(storage.path + "/" + path, "read") {
                () throws(Errno) -> [UInt8]? in
                guard let found = try storage.root.status(of: path) else { throw .noEntry }
                fault = Inspect.kindFault(found.kind) ?? storage.trust.distrust(of: found)
                // To open a FIFO would let its writer go on.
                guard fault == nil else { return nil }
                let file = try storage.root.open(path)
                let status = try file.status()
                fault = Inspect.kindFault(status.kind) ?? storage.trust.distrust(of: file, status)
                guard fault == nil else { return nil }
                if let bytes = try file.readAll(limit: storage.rules.sizeLimit) { return bytes }
                fault = "larger than \(storage.rules.sizeLimit) bytes, the limit"
                return nil
            }
            if let bytes {
                job = try Job(json: bytes)
                job?.forgetRecord()
            }
        } catch {
            if error.errno == Errno.noEntry.rawValue { return nil }
            fault = error.message
        }
        let parts = path.split(separator: "/").map(String.init)
        if parts.count == 3, job != nil { job?.queue = parts[1] }
        return JobEntry(location: nil, path: path, job: job, state: .queued, message: fault)
    }

    /// The present state of a dropped file.
    package enum DropInState {
        case waiting(JobEntry)
        /// It became this job.
        case admitted(JobID)
    }

    /// - Returns: nil if no such file waits, or was admitted today.
    package func search(for dropIn: DropIn) throws(SpoolError) -> DropInState? {
        var queues: [String?]
        if let queue = dropIn.queue {
            queues = [queue]
        } else {
            queues = [nil]
            queues += try Listing(storage).queueDirectories().map(Optional.some)
        }
        let paths = queues.map { ($0.map { "incoming/" + $0 } ?? "incoming") + "/" + dropIn.name }
        for path in paths {
            if let entry = self.dropIn(at: path) { return .waiting(entry) }
        }
        return HistoryReader(storage).lastAdmitted(from: paths).map { .admitted($0) }
    }
}
