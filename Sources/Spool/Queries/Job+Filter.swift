import SpoolTime

extension Job {
    /// A choice of jobs. A condition that isn't set leaves no job out.
    public struct Filter: Hashable, Sendable {
        public var states: Set<JobState>?
        public var queues: Set<String>?
        /// The job's own name, or that of the recurring entry that made it.
        public var names: Set<String>?
        /// Tags that a job must have, with these values.
        public var tags: [String: String]
        /// Only jobs that were submitted at this time or later.
        public var since: Instant?

        public init(
            states: Set<JobState>? = nil, queues: Set<String>? = nil, names: Set<String>? = nil,
            tags: [String: String] = [:], since: Instant? = nil
        ) {
            self.states = states
            self.queues = queues
            self.names = names
            self.tags = tags
            self.since = since
        }

        /// Whether a job is meant. A file that can't be read as a job fits if only states are asked for.
        public func fits(_ entry: JobEntry) -> Bool {
            if let states, !states.contains(entry.state) { return false }
            guard queues != nil || names != nil || !tags.isEmpty || since != nil else {
                return true
            }
            guard let job = entry.job else { return false }
            if let queues, !queues.contains(job.effectiveQueue) { return false }
            if let names, names.isDisjoint(with: [job.name, job.cron?.entry].compactMap(\.self)) {
                return false
            }
            if let since {
                let submitted =
                    job.submittedAt ?? entry.id.map { Instant(milliseconds: $0.milliseconds) }
                guard let submitted, submitted >= since else { return false }
            }
            return tags.allSatisfy { job.tags?[$0.key] == $0.value }
        }
    }
}
