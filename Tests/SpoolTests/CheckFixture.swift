import SpoolCheck
import Glibc
import SpoolSystem
import SpoolTestSupport
import SpoolTime

@testable import Spool

/// A spool to be damaged, with a clock that stands two minutes later when it is checked, so that nothing is
/// too young to be judged.
struct CheckFixture {
    let temporary: TemporarySpool
    let clock: TestClock
    let spool: SpoolDirectory

    init() throws {
        temporary = try TemporarySpool()
        clock = TestClock()
        spool = try temporary.open(clock)
    }

    func check(isRepairing: Bool = false, more: [any CheckArea.Type] = []) throws -> [SpoolCheck
        .Finding]
    {
        let now = clock.now
        clock.advance(.seconds(120))
        defer { clock.set(now) }
        var findings: [SpoolCheck.Finding] = []
        try SpoolCheck(spool, more: more).run(isRepairing: isRepairing) { findings.append($0) }
        return findings
    }

    func shape(_ name: String, _ change: (inout Job) -> Void = { _ in }) -> Job {
        var job = Job(command: .shell("true"))
        job.name = name
        change(&job)
        return job
    }

    func queued(_ name: String = "queued") throws -> JobID { try spool.submit(shape(name)) }
    func held(_ name: String = "held") throws -> JobID {
        try spool.submit(shape(name), held: true)
    }
    func scheduled(_ name: String = "scheduled") throws -> JobID {
        try spool.submit(shape(name) { $0.delay = .seconds(86_400) })
    }

    /// Takes a job as a worker does. Nobody holds its lock once the result is gone.
    func claimed(_ id: JobID) throws -> LockedJob {
        let offer = WorkerOffer(slots: 1, capabilities: [])
        guard let place = try Lookup(spool.storage).locate(id).first,
            case .claimed(let locked) = try Claim(spool.storage).claim(
                place, for: offer, freeSlots: 1)
        else { throw FileTree.Failure(description: "not claimed") }
        return locked
    }

    /// Begins an attempt without any process.
    func begin(_ locked: LockedJob) throws {
        _ = try Start(spool.storage).start(
            locked,
            Attempt(
                number: locked.job.nextAttemptNumber, worker: "w", host: Host.name,
                bootID: Host.bootID, runner: Attempt.Process(pid: 1, startTime: 0), command: nil,
                startedAt: clock.now))
    }

    /// A job in running/ whose runner has died.
    func dead(_ name: String = "running") throws -> JobID {
        let id = try queued(name)
        try begin(try claimed(id))
        return id
    }

    func ended(_ outcome: Attempt.Outcome, _ name: String = "ended", tries: Int? = nil) throws
        -> JobID
    {
        let id = try spool.submit(shape(name) { $0.maxAttempts = tries })
        let locked = try claimed(id)
        try begin(locked)
        locked.job.attempts?[0].outcome = outcome
        locked.job.attempts?[0].finishedAt = clock.now
        _ = try Finish(spool.storage).finish(locked, .finish, random: 0)
        return id
    }

    var today: String { clock.now.day.description }

    /// Changes a job file as an editor would.
    func rewrite(_ path: String, _ change: (inout Job) throws -> Void) throws {
        var job = try Job(json: try FileTree.read(temporary[path]))
        try change(&job)
        try FileTree.write(temporary[path], try job.json())
    }

    /// How many files below the places of jobs hold a text.
    func count(of mark: String) throws -> Int { try files(with: mark).count }

    /// How many there must still be, and how many there may be, once the names that halved moves have left are
    /// gone: names of one file are one job, or become several by a copy.
    func bounds(of mark: String) throws -> ClosedRange<Int> {
        let files = try files(with: mark)
        return Set(files).count...files.count
    }

    private func files(with mark: String) throws -> [FileStatus.Identity] {
        var found: [FileStatus.Identity] = []
        for place in Place.allCases {
            var pending = [place.directory]
            while let directory = pending.popLast() {
                for name in try temporary.names(directory) where !name.hasSuffix(".reason") {
                    let path = directory + "/" + name
                    guard let status = try spool.storage.root.status(of: path) else { continue }
                    if status.kind == .directory { pending.append(path) }
                    guard status.kind == .regular else { continue }
                    if try temporary.read(path).contains(mark) { found.append(status.identity) }
                }
            }
        }
        return found
    }
}
