/// A job with its first record, and its first place.
struct Submission {
    let job: Job
    let location: JobLocation
}
