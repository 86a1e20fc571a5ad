import SpoolTime

/// The location of a job's file: a place, within it a queue or a day, and a name.
public struct JobLocation: Hashable, Sendable {
    public let place: Place
    /// The subdirectory: a queue in incoming/ (nil: the default queue), a day in done/, nil elsewhere.
    public let subdirectory: String?
    public let name: JobFileName

    package init(_ place: Place, subdirectory: String? = nil, _ name: JobFileName) {
        self.place = place
        self.subdirectory = subdirectory
        self.name = name
    }

    /// nil for a path that isn't exactly as `path` says it.
    init?(path: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let first = parts.first,
            let place = Place.allCases.first(where: { $0.directory == first }),
            (2...3).contains(parts.count), let name = parts.last.flatMap({ JobFileName($0) }),
            name.fits(place)
        else { return nil }
        let subdirectory = parts.count == 3 ? parts[1] : nil
        switch place {
        case .incoming where subdirectory.map(NameRule.isName) ?? true: break
        case .done where subdirectory.flatMap { CivilDate(directory: $0) } != nil: break
        default: guard subdirectory == nil, place != .done else { return nil }
        }
        self.init(place, subdirectory: subdirectory, name)
    }

    public var id: JobID { name.id }

    /// The directory relative to the spool.
    package var directory: String {
        subdirectory.map { place.directory + "/" + $0 } ?? place.directory
    }

    /// The path relative to the spool.
    public var path: String { directory + "/" + name.text }

    /// The queue whose directory it lies in; nil outside incoming/.
    package var queue: String? {
        place == .incoming ? subdirectory ?? Job.defaultQueue : nil
    }

    /// Whether a waiting job is to begin before another, whatever their ages.
    package func isMoreUrgent(than other: JobLocation) -> Bool {
        (name.priority ?? .normal) < (other.name.priority ?? .normal)
    }

    // MARK: The proper location for each state

    package static func incoming(_ id: JobID, queue: String, _ priority: Job.Priority)
        -> JobLocation
    {
        JobLocation(
            .incoming, subdirectory: queue == Job.defaultQueue ? nil : queue,
            JobFileName(id: id, priority: priority))
    }

    package static func scheduled(_ id: JobID, due: Instant, _ priority: Job.Priority)
        -> JobLocation
    {
        // Names carry milliseconds: rounded up, so that nothing runs before its time.
        let latest = Instant.latest.microseconds - 999
        let milliseconds = Instant(microseconds: min(due.microseconds, latest) + 999).milliseconds
        return JobLocation(
            .scheduled,
            JobFileName(
                id: id, priority: priority, due: Instant(milliseconds: milliseconds)))
    }

    package static func held(_ id: JobID, _ priority: Job.Priority) -> JobLocation {
        JobLocation(.held, JobFileName(id: id, priority: priority))
    }

    package static func running(_ id: JobID, attempt: Int) -> JobLocation {
        JobLocation(.running, JobFileName(id: id, attempt: attempt))
    }

    package static func done(_ id: JobID, finishedAt: Instant) -> JobLocation {
        JobLocation(.done, subdirectory: finishedAt.day.description, JobFileName(id: id))
    }

    package static func failed(_ id: JobID) -> JobLocation {
        JobLocation(.failed, JobFileName(id: id))
    }

    package static func deadLetter(_ id: JobID) -> JobLocation {
        JobLocation(.deadLetter, JobFileName(id: id))
    }
}
