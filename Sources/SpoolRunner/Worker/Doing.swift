import Spool

/// A piece of a worker's work that can fail over and over.
enum Doing: Hashable {
    /// To a file, which a reminder is of.
    case file(Reminder)
    /// To a directory, or anything else that has a name.
    case work(String)

    /// Whether it is done to a single job.
    var isOfJob: Bool {
        switch self {
        case .file: true
        case .work(let name): ["fork", "start", "restart"].contains(name)
        }
    }

    /// To list what there is to be done.
    var isOfPlace: Bool {
        guard case .work(let name) = self else { return false }
        return name.hasPrefix("incoming") || ["scheduled", "running"].contains(name)
    }

    /// Work whose failures are one trouble.
    var group: String {
        switch self {
        case .work(let name): name
        case .file(.running): "recovery"
        case .file(.passedOver(let series)): series.rawValue
        case .file(let reminder): (reminder.series ?? .claiming).rawValue
        }
    }
}
