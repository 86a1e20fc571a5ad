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
