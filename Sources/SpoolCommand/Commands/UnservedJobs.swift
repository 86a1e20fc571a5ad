import Spool

/// Says of jobs that no worker serves their queues, or offers what they require.
struct UnservedJobs {
    private let context: Context
    private let spool: SpoolDirectory

    init(_ context: Context, _ spool: SpoolDirectory) {
        self.context = context
        self.spool = spool
    }

    /// Of jobs that were just submitted. The workers are looked at only if a job is for another queue than the default
    /// one, or requires something.
    func remark(_ jobs: [Job]) throws(SpoolError) {
        let special = jobs.filter {
            $0.effectiveQueue != Job.defaultQueue || !($0.requires ?? []).isEmpty
        }
        guard !special.isEmpty else { return }
        guard let workers = try knownWorkers() else { return }
        let unserved = Set(special.map(\.effectiveQueue)).filter { queue in
            !workers.contains { $0.serves(queue) }
        }
        for queue in unserved.sorted() { remark(unserved: queue) }
        let wanted = Set(
            special.filter { job in
                guard let requires = job.requires, !requires.isEmpty else { return false }
                return !unserved.contains(job.effectiveQueue)
                    && WaitReasons.able(
                        workers.filter { $0.serves(job.effectiveQueue) }, for: job
                    ).isEmpty
            }.compactMap(\.requires))
        for capabilities in wanted.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            context.remark(
                "no worker offers \(capabilities.joined(separator: ", ")); what requires it waits for one"
                    + " ('spool worker --offer')")
        }
    }

    /// Of a queue that jobs were moved to.
    func remark(queue: String) throws(SpoolError) {
        guard let workers = try knownWorkers(), !workers.contains(where: { $0.serves(queue) })
        else { return }
        remark(unserved: queue)
    }

    /// - Returns: nil if none is running, which has been said, or if nobody knows which jobs one of them takes.
    private func knownWorkers() throws(SpoolError) -> [WorkerRecord]? {
        let survey = try WorkerRegistry(spool.storage).survey()
        return survey.open.isEmpty || survey.undescribed > 0 ? nil : survey.open
    }

    private func remark(unserved queue: String) {
        context.remark(
            "no worker serves the queue \(queue); what is in it waits for one"
                + " ('spool worker --queue \(queue)')")
    }
}
