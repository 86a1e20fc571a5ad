import Spool

/// A job in incoming/ in the order in which jobs are to run: by rank, then by id, whatever its queue. Small, as
/// a worker holds many of them.
struct WaitingJob: Comparable {
    private let priority: Job.Priority
    private let id: JobID
    private let queue: String?

    /// nil for what can't be claimed.
    init?(_ location: JobLocation) {
        guard location.place == .incoming else { return nil }
        self.init(location.name, queue: location.subdirectory)
    }

    /// - Parameter queue: in whose directory it lies; nil: in incoming/ itself.
    init?(_ name: JobFileName, queue: String?) {
        guard name.fits(.incoming), let priority = name.priority else { return nil }
        self.priority = priority
        id = name.id
        self.queue = queue
    }

    var location: JobLocation {
        JobLocation(.incoming, subdirectory: queue, JobFileName(id: id, priority: priority))
    }

    static func < (left: WaitingJob, right: WaitingJob) -> Bool {
        if left.priority != right.priority { return left.priority < right.priority }
        if left.id != right.id { return left.id < right.id }
        return (left.queue ?? "") < (right.queue ?? "")
    }
}
