import SpoolSystem
import SpoolTime

/// A file of the queue, with its content if it could be read.
public struct JobEntry: Sendable {
    /// Its location; nil for a rejected file that is no job.
    public let location: JobLocation?
    /// Its path below the spool.
    public let path: String
    /// nil if it isn't a job, or couldn't be read.
    public let job: Job?
    public let state: JobState
    /// Why it is where it is, as far as its own file or the reason beside it says.
    public let message: String?
    public var id: JobID? { location?.id }
}

/// Reads and lists jobs where they lie, without locking them.
package struct Listing: Sendable {
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

    /// All places where files of this kind of state can lie: directories below the spool, in the order in
    /// which a job goes through them.
    package func directories(of places: [Place] = Place.allCases) throws(SpoolError) -> [(
        place: Place, subdirectory: String?
    )] {
        var directories: [(Place, String?)] = []
        for place in places {
            switch place {
            case .incoming:
                directories.append((place, nil))
                directories += try Lookup(storage).queueDirectories().map { (place, $0) }
            case .done:
                directories += try Lookup(storage).days().map { (place, $0) }
            default:
                directories.append((place, nil))
            }
        }
        return directories
    }

    /// The locations of all jobs in these places, in no particular order within one directory.
    package func locations(
        in places: [Place] = Place.allCases
    ) throws(SpoolError) -> [JobLocation] {
        var found: [JobLocation] = []
        for (place, subdirectory) in try directories(of: places) {
            let directory = subdirectory.map { place.directory + "/" + $0 } ?? place.directory
            for name in try Lookup(storage).fileNames(in: directory) {
                found.append(JobLocation(place, subdirectory: subdirectory, name))
            }
        }
        return found
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

extension JobState {
    /// The state that a job shows: its directory decides, its content says which kind.
    package init(_ job: Job?, in place: Place) {
        switch place {
        case .incoming: self = .queued
        case .scheduled: self = job?.state == .retrying ? .retrying : .scheduled
        case .blocked: self = .blocked
        case .held: self = .held
        case .running: self = .running
        case .done: self = .completed
        case .failed:
            // Moved here by hand, it says nothing of an end: somebody has withdrawn it.
            switch job?.state {
            case .failed, .timedOut, .interrupted: self = job?.state ?? .failed
            default: self = .cancelled
            }
        case .deadLetter: self = .dead
        }
    }
}
