import Spool

/// Something to look at again, soon, because it was busy or not ready.
enum Reminder: Hashable {
    case dropIn(name: String, queue: String?)
    case waiting(JobLocation)
    case running(JobLocation)
    /// A worker may have died.
    case death
    case scheduled(JobLocation)
    /// Something ran out, or can't be written; what was done to one file after the other goes on then.
    case backOff(Series)
    /// More files of a series have failed than have reminders: all are listed again.
    case passedOver(Series)
    /// A directory could not be read.
    case everything
    /// More was dropped than has been admitted.
    case dropIns
    /// The scheduler beside the worker has ended.
    case scheduler
    /// Runners have nothing to do.
    case idleRunners
    /// Jobs are prefetched.
    case prefetched
    /// The settings were changed, or are being.
    case settings
    /// A worker's file has gone: it may be this one's.
    case registration
    /// Of the end of a runner no event tells.
    case runners

    /// The series of which it is a file; nil: of none.
    var series: Series? {
        switch self {
        case .dropIn: .admission
        case .scheduled: .promotion
        case .waiting: .claiming
        default: nil
        }
    }

    /// Whether looking again only puts it back among the others, where it may fail once more.
    var isDecidedLater: Bool {
        switch self {
        case .waiting, .scheduled, .backOff: true
        default: false
        }
    }

    /// Whether it is work that a worker must not leave behind. A directory that can't be read may stay so, and is none.
    var isWork: Bool {
        switch self {
        case .everything, .idleRunners, .prefetched, .settings, .registration: false
        default: true
        }
    }
}
