import Spool
import SpoolRunner
import SpoolSystem
import SpoolTime

/// The whole spool in a few lines: workers, waiting jobs, problems. It costs one listing of each directory, and a look
/// at the files of jobs that run, that failed, and that wait longest: at most 2000 of each kind, of failed ones those
/// with the newest ids.
struct Overview: Encodable {
    let spool: String
    let workers: [Worker]
    let slots: Slots
    let scheduler: Scheduler
    let paused: Paused
    /// How many jobs there are in each state, as far as names tell it.
    let jobs: [String: Int]
    let oldest: Oldest?
    /// Of the 2000 newest in failed/ and dead-letter/.
    let failuresToday: Int
    let disk: Disk
    let problems: [Problem]
    /// The job that was submitted last.
    var last: ListedJob?

    struct Worker: Encodable {
        let pid: Int32
        let host: String
        let slots: Int
        let queues: [String]?
        /// It takes no more jobs, and ends when those that it runs have ended.
        let isDraining: Bool
        let startedAt: Instant

        enum CodingKeys: String, CodingKey, CaseIterable {
            case pid, host, slots, queues
            case isDraining = "draining"
            case startedAt = "started_at"
        }
    }

    struct Slots: Encodable {
        let used: Int
        let total: Int

        enum CodingKeys: String, CodingKey, CaseIterable { case used, total }
    }

    struct Scheduler: Encodable {
        /// nil: it is on another host.
        let isRunning: Bool?
        let pid: Int32?
        let host: String?
        let entries: Int

        enum CodingKeys: String, CodingKey, CaseIterable {
            case pid, host, entries
            case isRunning = "running"
        }
    }

    struct Paused: Encodable {
        let all: Bool
        let queues: [String]

        enum CodingKeys: String, CodingKey, CaseIterable { case all, queues }
    }

    struct Oldest: Encodable {
        let id: JobID
        let since: Instant
        let title: String

        enum CodingKeys: String, CodingKey, CaseIterable { case id, since, title }
    }

    /// In bytes.
    struct Disk: Encodable {
        let available: Int
        let total: Int

        enum CodingKeys: String, CodingKey, CaseIterable { case available, total }
    }

    struct Problem: Encodable {
        enum Code: String, Encodable, CaseIterable {
            case noWorker = "no-worker"
            case unserved
            case unoffered
            case overdue
            case deadRunner = "dead-runner"
            case unfiled
            case noScheduler = "no-scheduler"
            case badCrontab = "bad-crontab"
            case badSettings = "bad-settings"
            case diskFull = "disk-full"
            case readOnly = "read-only"
        }

        let code: Code
        let message: String

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
