import Spool

/// The job whose command the program was started by, if any.
extension Invocation {
    /// nil outside of jobs.
    var ownJob: JobID? {
        get throws(SpoolError) {
            try console.variable("SPOOL_JOB_ID")
                .flatMap { JobID($0) }
        }
    }

    /// The own job, the one that submitted it, the one that submitted that, and so on. As long as this command waits,
    /// the own job can't end, nor can the others if they wait for it.
    func ownJobs(in spoolDirectory: SpoolDirectory) throws(SpoolError) -> Set<JobID> {
        var found: Set<JobID> = []
        var next = try ownJob
        // Whoever writes a job may name any parent, also in a circle.
        while let id = next, found.insert(id).inserted {
            next = (try? spoolDirectory.entry(of: id))?.job?.parent
        }
        return found
    }

    /// A job that waits for its own end has none.
    func refuseOwnJob(among ids: [JobID]) throws(SpoolError) {
        guard let ownJob = try ownJob, ids.contains(ownJob) else { return }
        throw .usage(
            "\(ownJob) is the job that this command runs in ($SPOOL_JOB_ID): it can't end while it waits for itself"
        )
    }
}
