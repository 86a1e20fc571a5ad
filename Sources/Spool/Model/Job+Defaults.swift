import SpoolTime

/// The values in force if a job says nothing.
extension Job {
    package static let defaultQueue = "default"
    package static let defaultKillAfter = TimeSpan.seconds(10)
    /// A log of 1 GiB: far above what anybody reads, far below what fills a disk unnoticed.
    package static let defaultOutputLimit = Job.ByteCount(1 << 30)

    public var effectiveQueue: String { queue ?? Job.defaultQueue }
    public var effectivePriority: Job.Priority { priority ?? .normal }
    public var effectiveKillAfter: TimeSpan { killAfter ?? Job.defaultKillAfter }
    public var effectiveMaxAttempts: Int { maxAttempts ?? 1 }
    public var effectiveBackoff: Job.Backoff { backoff ?? .standard }
    public var effectiveSlots: Int { slots ?? 1 }
    public var effectiveSync: Job.SyncMode { sync ?? .full }
    public var effectiveOutputLimit: Job.ByteCount { limits?.output ?? Job.defaultOutputLimit }

    /// Whether it must be known after a power cut that its command may have begun.
    package var mustNotBeginTwice: Bool { effectiveSync == .full && effectiveMaxAttempts == 1 }

    /// The title that people know it by: its name, else its command or type.
    public var title: String { name ?? command?.summary ?? type ?? "?" }

    /// The number of the attempt that would come next.
    package var nextAttemptNumber: Int { (attempts?.last?.number ?? 0) + 1 }

    /// Tries that have been used in the present round.
    public var triesInRound: Int { max(0, (attempts?.count ?? 0) - (earlierAttempts ?? 0)) }
}
