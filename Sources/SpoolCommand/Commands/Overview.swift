import Spool
import SpoolRunner
import SpoolSystem
import SpoolTime

/// The whole spool in a few lines: workers, waiting jobs, problems. It costs one listing of each directory, and a look
/// at the files of jobs that run, that failed, and that wait longest. It looks at no more than 2000 of each kind. Of
/// failed jobs, it takes those with the newest ids.
package struct Overview: Encodable {
    package let spool: String
    package let workers: [Worker]
    package let slots: Slots
    package let scheduler: Scheduler
    package let paused: Paused
    /// How many jobs there are in each state, as far as names tell it.
    package let jobs: [String: Int]
    package let oldest: Oldest?
    /// Of the 2000 newest in failed/ and dead-letter/.
    package let failuresToday: Int
    package let disk: Disk
    package let problems: [Problem]
    /// The job that was submitted last.
    var last: ListedJob?

    package struct Worker: Encodable {
        package let pid: Int32
        package let host: String
        package let slots: Int
        package let queues: [String]?
        /// It takes no more jobs, and ends when those that it runs have ended.
        package let isDraining: Bool
        package let startedAt: Instant

        enum CodingKeys: String, CodingKey, CaseIterable {
            case pid, host, slots, queues
            case isDraining = "draining"
            case startedAt = "started_at"
        }
    }

    package struct Slots: Encodable {
        package let used: Int
        package let total: Int

        enum CodingKeys: String, CodingKey, CaseIterable { case used, total }
    }

    package struct Scheduler: Encodable {
        /// nil: it is on another host.
        package let isRunning: Bool?
        package let pid: Int32?
        package let host: String?
        package let entries: Int
        /// Whether nobody queues what recurs.
        var isMissing: Bool { isRunning == false && entries > 0 }

        enum CodingKeys: String, CodingKey, CaseIterable {
            case pid, host, entries
            case isRunning = "running"
        }
    }

    package struct Paused: Encodable {
        package let all: Bool
        package let queues: [String]

        enum CodingKeys: String, CodingKey, CaseIterable { case all, queues }
    }

    package struct Oldest: Encodable {
        package let id: JobID
        package let since: Instant
        package let title: String

        enum CodingKeys: String, CodingKey, CaseIterable { case id, since, title }
    }

    /// In bytes.
    package struct Disk: Encodable {
        package let available: Int
        package let total: Int

        enum CodingKeys: String, CodingKey, CaseIterable { case available, total }
    }

    package struct Problem: Encodable {
        package enum Code: String, Encodable, CaseIterable {
            case noWorker = "no-worker"
            case badWorker = "bad-worker"
            case unserved
            case unoffered
            case overdue
            case deadRunner = "dead-runner"
            case unfiled
            case blockedQueue = "blocked-queue"
            case noScheduler = "no-scheduler"
            case unqueued
            case badCrontab = "bad-crontab"
            case badSettings = "bad-settings"
            case diskFull = "disk-full"
            case readOnly = "read-only"
        }

        package let code: Code
        package let message: String

        enum CodingKeys: String, CodingKey, CaseIterable { case code, message }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case spool, workers, slots, scheduler, paused, jobs, oldest, disk, problems, last
        case failuresToday = "failures_today"
    }
}

extension Overview {
    /// The state that a directory's name alone gives the jobs in it.
    static let states: [(name: String, place: Place)] = [
        ("queued", .incoming), ("scheduled", .scheduled), ("blocked", .blocked), ("held", .held),
        ("running", .running), ("completed", .done), ("failed", .failed), ("dead", .deadLetter),
    ]
}
