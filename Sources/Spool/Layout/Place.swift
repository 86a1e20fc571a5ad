/// The directories that a job's file can lie in: its directory is its state.
public enum Place: String, CaseIterable, Sendable {
    case incoming
    case scheduled
    case blocked
    case held
    case running
    case done
    case failed
    case deadLetter = "dead-letter"

    /// The name below the spool directory.
    package var directory: String { rawValue }

    /// Waits for its turn, a time, another job or a person.
    package var isWaiting: Bool {
        switch self {
        case .incoming, .scheduled, .blocked, .held: true
        case .running, .done, .failed, .deadLetter: false
        }
    }

    package var isEnded: Bool { !isWaiting && self != .running }
}
