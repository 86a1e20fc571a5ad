import Spool

/// A job that this worker has claimed, and the place in which it waited.
struct ClaimedJob {
    let job: LockedJob
    let origin: JobLocation
}
