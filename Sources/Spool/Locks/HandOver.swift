import SpoolSystem

/// Hands a claimed job over from the process that has claimed it to the one that runs it. The job goes as its file,
/// open and locked, with the two names that it had, and whether its claim is durable.
package struct HandOver: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// The facts that the other process must know beside the file.
    package static func handOver(
        _ locked: LockedJob, claimedFrom origin: JobLocation
    ) -> [UInt8] {
        let parts = [
            origin.subdirectory ?? "", origin.name.text, locked.location.name.text,
            locked.hasDurableClaim ? "durable" : "",
        ]
        return Array(parts.joined(separator: "/").utf8)
    }

    /// Lets go of a claimed job whose command hasn't begun, for others to recover. They are told so: they watch for
    /// files of running/ that are closed after writing.
    package func abandon(_ locked: LockedJob) {
        let sign = try? storage.root.open(locked.path, [.readWrite])
        // If that fails, it is found at the next look at everything.
        try? locked.file.descriptor.unlock()
        _ = consume sign
    }

    /// Takes a job over, with the lock on its file.
    ///
    /// - Parameters:
    ///   - message: of `handOver(_:claimedFrom:)`.
    ///   - descriptor: the file, which is closed in any case if nobody holds the job.
    /// - Returns: nil if the message or the file isn't the one that was handed over.
    package func takeOver(
        _ message: [UInt8], _ descriptor: consuming Descriptor
    ) throws(SpoolError) -> LockedJob? {
        let parts = String(decoding: message, as: UTF8.self)
            .split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let waited = JobFileName(parts[1]), waited.fits(.incoming),
            let taken = JobFileName(parts[2]), taken.fits(.running)
        else { return nil }
        let origin = JobLocation(
            .incoming, subdirectory: parts[0].isEmpty ? nil : parts[0], waited)
        let location = JobLocation(.running, taken)
        let name = storage.path + "/" + location.path
        let file: LockedFile
        do throws(Errno) {
            let status = try descriptor.status()
            file = LockedFile(descriptor: descriptor, status: status)
        } catch {
            throw SpoolError(error, "fstat", name)
        }
        let bytes = try onPath(name, "read") { () throws(Errno) in
            try file.descriptor.readAll(limit: storage.rules.recordLimit)
        }
        guard let bytes else { return nil }
        let job = try Job(json: bytes).completed(from: origin)
        let locked = LockedJob(file: file, location: location, job: job)
        locked.hasDurableClaim = parts[3] == "durable"
        return locked
    }
}
