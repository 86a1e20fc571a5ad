import Spool
import SpoolRunner
import SpoolSystem
import SpoolTime

/// The whole spool in a few lines: who works, what waits, what went wrong. It costs one listing of each directory,
/// and a look at the files of what runs, of what failed, and of what waits longest: at 2000 at most of each kind, of what
/// failed those with the newest ids.
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

// MARK: - For people

extension Overview {
    func lines(now: Instant) -> [String] {
        var facts: [(String, String)] = [
            ("spool", spool), ("workers", workersText), ("scheduler", schedulerText),
        ]
        if paused.all {
            facts.append(("paused", "all queues ('spool resume' lets them go on)"))
        } else if !paused.queues.isEmpty {
            facts.append(("paused", paused.queues.joined(separator: ", ")))
        }
        facts.append(("jobs", jobsText))
        if let oldest {
            let title = oldest.title.count <= 40 ? oldest.title : oldest.title.prefix(40) + "…"
            facts.append(
                (
                    "oldest",
                    "\(oldest.id.description.suffix(6)) \(title), queued for"
                        + " \(Ago.text(now - oldest.since))"
                ))
        }
        if failuresToday > 0 {
            facts.append(("failed", "\(failuresToday) today ('spool list --failed')"))
        }
        facts.append(
            (
                "disk",
                "\(Overview.size(disk.available)) of \(Overview.size(disk.total)) available"
            ))
        for problem in problems { facts.append(("wrong", problem.message)) }
        return facts.map { Fact.line($0.0, $0.1) }
    }

    private var workersText: String {
        guard !workers.isEmpty else { return "none" }
        let shown = workers.prefix(4).map { worker in
            let queues = worker.queues.map { " for \($0.joined(separator: ", "))" } ?? ""
            return "pid \(worker.pid)" + (worker.host == Host.name ? "" : " on \(worker.host)")
                + queues + (worker.isDraining ? " drains" : "")
        }
        let more = workers.count > 4 ? " and \(workers.count - 4) more" : ""
        return "\(workers.count) (\(shown.joined(separator: "; "))\(more)), \(slots.used) of"
            + " \(MessageText.count(slots.total, "slot")) used"
    }

    private var schedulerText: String {
        let known = MessageText.count(scheduler.entries, "entry", "entries") + " in force"
        switch scheduler.isRunning {
        case true?: return "pid \(scheduler.pid ?? 0), " + known
        case nil: return "on \(scheduler.host ?? "another host"), " + known
        case false?: return scheduler.entries == 0 ? "none, and nothing recurs" : "none, " + known
        }
    }

    private var jobsText: String {
        let present = Overview.states.filter { jobs[$0.name, default: 0] > 0 }
        guard !present.isEmpty else { return "none" }
        return present.map { "\(jobs[$0.name, default: 0]) \($0.name)" }.joined(separator: ", ")
    }

    /// What a directory's name alone says of the state of what lies in it.
    static let states: [(name: String, place: Place)] = [
        ("queued", .incoming), ("scheduled", .scheduled), ("blocked", .blocked), ("held", .held),
        ("running", .running), ("completed", .done), ("failed", .failed), ("dead", .deadLetter),
    ]

    private static func size(_ bytes: Int) -> String {
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"]
        var value = bytes
        var unit = 0
        var tenths = 0
        while value >= 1024, unit < units.count - 1 {
            tenths = value % 1024 * 10 / 1024
            value /= 1024
            unit += 1
        }
        return (unit > 0 && value < 100 ? "\(value).\(tenths)" : "\(value)") + " " + units[unit]
    }
}

/// A line of a page of facts.
enum Fact {
    static func line(_ name: String, _ value: String) -> String {
        let indented = MessageText.visible(value, keepsLines: true).split(
            separator: "\n", omittingEmptySubsequences: false
        )
        .joined(separator: "\n" + String(repeating: " ", count: 13))
        return HelpText.padded(name + ":", 12) + " " + indented
    }
}
