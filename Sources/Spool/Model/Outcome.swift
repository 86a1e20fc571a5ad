extension Attempt {
    /// How an attempt ended.
    public enum Outcome: String, Codable, Sendable, CaseIterable {
        case completed
        case failed
        case timedOut = "timed_out"
        case cancelled
        /// The machine, the runner or an administrator ended it before the command did.
        case interrupted
    }
}

/// The state of a job as people see it, derived from the place and the content of its file.
public enum JobState: String, Codable, Sendable, CaseIterable {
    case queued
    case scheduled
    case retrying
    case blocked
    case held
    case running
    case completed
    case failed
    case timedOut = "timed_out"
    case cancelled
    case interrupted
    case dead

    /// Nothing more happens unless somebody asks for it.
    public var isFinal: Bool {
        switch self {
        case .queued, .scheduled, .retrying, .blocked, .held, .running: false
        case .completed, .failed, .timedOut, .cancelled, .interrupted, .dead: true
        }
    }
}
