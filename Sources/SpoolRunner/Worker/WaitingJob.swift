import Spool

/// A job in incoming/ in the order in which jobs are to run: by rank, then by id, whatever its queue.
struct WaitingJob: Comparable {
    let location: JobLocation

    /// nil for what can't be claimed.
    init?(_ location: JobLocation) {
        guard location.place == .incoming, location.name.fits(.incoming) else { return nil }
        self.location = location
    }

    static func < (left: WaitingJob, right: WaitingJob) -> Bool {
        let one = left.location
        let other = right.location
        if one.name.priority != other.name.priority {
            return (one.name.priority ?? .normal) < (other.name.priority ?? .normal)
        }
        if one.id != other.id { return one.id < other.id }
        return (one.subdirectory ?? "") < (other.subdirectory ?? "")
    }

    // MARK: As a text

    /// A text that sorts as jobs run: the name, and behind it the queue.
    static func key(name: String, queue: String?) -> String { name + "/" + (queue ?? "") }

    init?(key: String) {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let name = JobFileName(parts[0]) else { return nil }
        self.init(
            JobLocation(
                .incoming, subdirectory: parts[1].isEmpty ? nil : String(parts[1]), name))
    }
}
