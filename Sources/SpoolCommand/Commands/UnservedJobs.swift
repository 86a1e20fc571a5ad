import Spool

/// Says of jobs that no worker serves their queues, or offers what they require.
struct UnservedJobs {
    private let context: Context
    private let spool: SpoolDirectory

    init(_ context: Context, _ spool: SpoolDirectory) {
        self.context = context
        self.spool = spool
    }

    /// Of jobs that were just submitted. The workers are looked at if none serves every queue. If one does, they are
    /// looked at only for jobs of other queues than the default one, or that require something.
    func remark(_ jobs: [Job], _ presence: WorkerPresence) throws(SpoolError) {
        let special = jobs.filter {
            presence == .ofNamedQueues || $0.effectiveQueue != Job.defaultQueue
                || !($0.requires ?? []).isEmpty
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

    /// Of a queue that was paused. Nobody may have meant one of this name.
    func remark(paused queue: String) {
        // The pause holds in any case.
        guard queue != Job.defaultQueue, (try? isUnknown(queue)) == true else { return }
        context.remark(
            "no worker serves the queue \(queue), and no job is in it; what comes into it waits for"
                + " 'spool resume \(queue)'")
    }

    /// Whether no worker serves a queue, and no job waits or runs in it.
    private func isUnknown(_ queue: String) throws(SpoolError) -> Bool {
        let survey = try WorkerRegistry(spool.storage).survey()
        guard survey.undescribed == 0,
            !survey.open.contains(where: { $0.serves(queue) })
        else { return false }
        let listing = Listing(spool.storage)
        if try listing.queueDirectories().contains(queue) {
            var isEmpty = true
            try spool.storage.forEachEntry(in: "incoming/" + queue) { entry in
                if entry.isDropIn { isEmpty = false }
            }
            if !isEmpty { return false }
        }
        let places = RepeatedListing.openPlaces.filter { $0 != .incoming }
        let others = try listing.locations(in: places)
        // Of more than that, somebody else is likely to know.
        guard others.count <= UnservedJobs.mostRead else { return false }
        let reader = JobReader(spool.storage)
        return !others.contains { reader.entry(at: $0)?.job?.effectiveQueue == queue }
    }

    private static let mostRead = 1000

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
