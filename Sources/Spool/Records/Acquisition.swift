import SpoolTime

/// The result of taking the file of a job for a change of its state.
package enum Acquisition {
    /// It is locked. `written` is the content of its file, before its name and place are put in.
    case locked(LockedJob, written: Job)
    /// It isn't a job, and will never be one: it belongs into dead-letter/.
    case unfit(reason: String)
    /// Somebody else works on it, or has it open for writing.
    case busy
    /// It isn't a job, but may still become one until that time.
    case undecided(until: Instant)
    case gone
}
