import SpoolSystem
import SpoolTime

/// Reads jobs where they lie, without locking them.
package struct JobReader: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// Reads a job where it lies, without locking it.
    ///
    /// - Throws: `.notFound` if it isn't there any more; `.invalidJob` if it isn't a job.
    package func read(_ location: JobLocation) throws(SpoolError) -> Job {
        let text = storage.path + "/" + location.path
        let bytes = try onPath(text, "read") { () throws(Errno) -> [UInt8]? in
            guard let file = try storage.root.openIfPresent(location.path) else { return nil }
            guard try file.status().kind == .regular else { return [] }
            return try file.readAll(limit: storage.rules.recordLimit) ?? []
        }
        guard let bytes else {
            throw SpoolError(.notFound, "\(text): the job is not there any more", path: text)
        }
        return try Job(json: bytes).completed(from: location)
    }

    /// The same, with nil for a file that is no job, and for a job that has moved on.
    package func readIfJob(_ location: JobLocation) throws(SpoolError) -> Job? {
        switch try look(at: location) {
        case .job(let job): return job
        case .noJob, .moved: return nil
        }
    }

    /// Reads a job that may have moved on since its location was looked up.
    ///
    /// - Returns: the job and its present location; nil for a file that is no job, and for a job that is gone.
    package func follow(
        _ location: JobLocation
    ) throws(SpoolError) -> (job: Job, location: JobLocation)? {
        var place = location
        // A job that goes back to an earlier place while we look may be missed once, not again and again.
        for _ in 0..<3 {
            switch try look(at: place) {
            case .job(let job): return (job, place)
            case .noJob: return nil
            case .moved: break
            }
            guard let next = try Lookup(storage).locate(location.id).last else { return nil }
            place = next
        }
        return nil
    }

    /// The result of a look at a location.
    enum Look {
        case job(Job)
        /// Something else, or a link.
        case noJob
        /// Nothing: it has moved on, or is gone.
        case moved
    }

    func look(at location: JobLocation) throws(SpoolError) -> Look {
        do throws(SpoolError) {
            return .job(try read(location))
        } catch {
            if error.code == .notFound { return .moved }
            if error.code == .invalidJob || error.errno == Errno.loop.rawValue { return .noJob }
            throw error
        }
    }

    /// The present facts about a job.
    ///
    /// - Throws: `.notFound` if there is no such job (any more).
    package func entry(of id: JobID) throws(SpoolError) -> JobEntry {
        for _ in 0..<3 {
            // A job that moves on while we look lies in the later place.
            if let location = try Lookup(storage).locate(id).last, let entry = entry(at: location) {
                return entry
            }
        }
        throw SpoolError(.notFound, "\(storage.path): there is no job \(id)")
    }

    /// The same, with nil if there is no such job (any more).
    package func entryIfPresent(of id: JobID) throws(SpoolError) -> JobEntry? {
        do throws(SpoolError) {
            return try entry(of: id)
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    /// The present facts about a job that may have moved on since its location was looked up; nil if it is gone.
    package func entry(following location: JobLocation) throws(SpoolError) -> JobEntry? {
        if let entry = entry(at: location) { return entry }
        return try entryIfPresent(of: location.id)
    }

    /// The facts about the job at a location; nil if it has moved on meanwhile.
    package func entry(at location: JobLocation) -> JobEntry? {
        var job: Job?
        var fault: String?
        do throws(SpoolError) {
            job = try read(location)
        } catch {
            if error.code == .notFound { return nil }
            fault = error.message
        }
        let reason = location.place == .deadLetter ? self.reason(for: location.name.text) : nil
        return JobEntry(
            location: location, path: location.path, job: job,
            state: JobState(job, in: location.place),
            message: reason ?? fault ?? job?.message)
    }

    /// When a file was put where it is, or changed there; nil if it is gone.
    package func lastChange(of entry: JobEntry) -> Instant? { lastChange(ofPath: entry.path) }

    /// The same of a job's file.
    package func lastChange(of location: JobLocation) -> Instant? {
        lastChange(ofPath: location.path)
    }

    private func lastChange(ofPath path: String) -> Instant? {
        // For people only: a file that can't be looked at shows no time.
        (try? storage.root.status(of: path)).flatMap { $0 }.map { Instant(nanoseconds: $0.changed) }
    }

    func reason(for name: String) -> String? {
        // For people only: a file whose reason can't be read is shown without it.
        let bytes = try? storage.root.openIfPresent("dead-letter/\(name).reason")?.readAll(
            limit: 1 << 16)
        guard let bytes else { return nil }
        return String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "\n")
    }
}
