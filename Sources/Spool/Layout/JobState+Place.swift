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

    /// The places that a job of this state can lie in.
    var place: Place {
        switch self {
        case .queued: .incoming
        case .scheduled, .retrying: .scheduled
        case .blocked: .blocked
        case .held: .held
        case .running: .running
        case .completed: .done
        case .failed, .timedOut, .cancelled, .interrupted: .failed
        case .dead: .deadLetter
        }
    }
}
