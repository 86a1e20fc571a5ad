import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// What is found in running/ after a death, for each state that the content can be in.
struct RecoverTests {
    struct Case: Sendable {
        var isStarted = true
        /// Whether the machine was started after the claim.
        var isRestarted = false
        /// Whether a worker could note that it looked after the start of the machine.
        var isMarked = true
        var sync: Job.SyncMode? = nil
        var host = Host.name
        var boot = Host.bootID
        var namespace = Host.pidNamespace
        var maxAttempts: Int? = nil
        var outcome: Attempt.Outcome? = nil
        var isCancelled = false
        let place: Place?
        let state: JobState?
    }

    static let cases: [Case] = [
        Case(isStarted: false, place: .incoming, state: .queued),
        Case(isStarted: false, isCancelled: true, place: .failed, state: .cancelled),
        Case(isStarted: false, isRestarted: true, place: .failed, state: .interrupted),
        Case(
            isStarted: false, isRestarted: true, isCancelled: true, place: .failed,
            state: .cancelled),
        Case(isStarted: false, isMarked: false, place: .failed, state: .interrupted),
        Case(
            isStarted: false, isRestarted: true, maxAttempts: 2, place: .incoming, state: .queued),
        Case(isStarted: false, isRestarted: true, sync: .off, place: .incoming, state: .queued),
        Case(place: .failed, state: .interrupted),
        Case(boot: "another boot", place: .failed, state: .interrupted),
        Case(boot: "another boot", maxAttempts: 2, place: .scheduled, state: .retrying),
        Case(maxAttempts: 2, place: .scheduled, state: .retrying),
        Case(isCancelled: true, place: .failed, state: .cancelled),
        Case(maxAttempts: 5, isCancelled: true, place: .failed, state: .cancelled),
        Case(outcome: .completed, place: .done, state: .completed),
        Case(outcome: .completed, isCancelled: true, place: .done, state: .completed),
        Case(outcome: .failed, place: .failed, state: .failed),
        Case(maxAttempts: 3, outcome: .failed, place: .scheduled, state: .retrying),
        Case(maxAttempts: 1, outcome: .timedOut, place: .failed, state: .timedOut),
        Case(isStarted: false, isCancelled: true, place: .failed, state: .cancelled),
        Case(
            maxAttempts: 3, outcome: .failed, isCancelled: true, place: .failed, state: .cancelled),
        Case(host: "elsewhere", boot: "another boot", place: nil, state: nil),
        // The same machine, renamed since.
        Case(host: "elsewhere", place: .failed, state: .interrupted),
        Case(namespace: 1, place: nil, state: nil),
        // What is of an earlier boot is dead, whatever its pids meant.
        Case(boot: "another boot", namespace: 1, place: .failed, state: .interrupted),
    ]

    /// Leaves a job in running/ as a runner that died there would.
    private func leave(_ test: Case, in spool: SpoolDirectory) throws -> JobID {
        var job = Job(command: .shell("true"))
        job.maxAttempts = test.maxAttempts
        job.sync = test.sync
        if test.isMarked, !test.isRestarted { try BootMarks(spool.storage).set() }
        if test.isRestarted {
            try FileTree.write(spool.path + "/state/boot.another", Array("another boot\n".utf8))
        }
        let id = try spool.submit(job)
        let place = try #require(try Lookup(spool.storage).locate(id).first)
        let offer = WorkerOffer(slots: 1, capabilities: [])
        guard
            case .claimed(let locked) = try Claim(spool.storage).claim(
                place, for: offer, freeSlots: 1)
        else {
            throw FileTree.Failure(description: "not claimed")
        }
        guard test.isStarted else {
            if test.isCancelled { #expect(try CancelRequests(spool.storage).make(locked.location)) }
            return id
        }
        var attempt = Attempt(
            number: 1, worker: "w", host: test.host, bootID: test.boot,
            runner: Attempt.Process(
                pid: 1, startTime: 0, namespace: test.namespace),
            command: nil, startedAt: spool.storage.now())
        #expect(try Start(spool.storage).start(locked, attempt))
        if test.isCancelled { #expect(try CancelRequests(spool.storage).make(locked.location)) }
        guard let outcome = test.outcome else { return id }
        attempt.outcome = outcome
        attempt.finishedAt = spool.storage.now()
        locked.job.attempts = [attempt]
        locked.job = RetryPolicy.ended(locked.job, random: 0)
        #expect(try JobFiles(spool.storage).rewrite(locked, isDurable: false))
        return id
    }

    @Test(arguments: cases)
    func everyStateIsBroughtToItsEnd(_ test: Case) throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let spool = try temporary.open()
            let id = try leave(test, in: spool)
            let found = try #require(try Recover(spool.storage).runningJobs().first)
            let answer = try Recover(spool.storage).recover(found)
            guard let place = test.place else {
                guard case .uncertain = answer else {
                    Issue.record("another host's job was touched: \(answer)")
                    return
                }
                #expect(try Lookup(spool.storage).locate(id).map(\.place) == [.running])
                return
            }
            guard case .recovered(let target) = answer else {
                Issue.record("not recovered: \(answer)")
                return
            }
            #expect(target.place == place)
            #expect(try Lookup(spool.storage).locate(id) == [target], "in exactly one place")
            #expect(JobReader(spool.storage).entry(at: target)?.state == test.state)
            #expect(try temporary.names("running").isEmpty)
            let job = try JobReader(spool.storage).read(target)
            let mayHaveBegun =
                test.isStarted || place != .incoming && (test.isRestarted || !test.isMarked)
            #expect((job.attempts?.count ?? 0) == (mayHaveBegun ? 1 : 0))
            guard case .gone = try Recover(spool.storage).recover(found) else {
                Issue.record("recovered twice")
                return
            }
        }
    }

    @Test(arguments: [Attempt.Outcome.failed, .timedOut, .interrupted])
    func aJobThatIsToBeCancelledIsNotTriedAgain(_ outcome: Attempt.Outcome) throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let spool = try temporary.open()
            let id = try leave(Case(maxAttempts: 3, place: nil, state: nil), in: spool)
            let place = JobLocation.running(id, attempt: 1)
            guard
                case .job(let job, let file) = try Inspect(spool.storage).inspect(
                    place.path, isDropIn: false)
            else { throw FileTree.Failure(description: "not a job") }
            let locked = LockedJob(file: file, location: place, job: job.completed(from: place))
            locked.job.attempts?[0].outcome = outcome
            locked.job.attempts?[0].finishedAt = spool.storage.now()
            // Too late for the runner to stop its command, and in time for all that comes after.
            #expect(try CancelRequests(spool.storage).make(place))
            guard case .moved = try Finish(spool.storage).finish(locked, .finish, random: 0) else {
                throw FileTree.Failure(description: "not finished")
            }
            #expect(try Lookup(spool.storage).locate(id) == [.failed(id)])
            #expect(try JobReader(spool.storage).read(.failed(id)).state == .cancelled)
        }
    }

    @Test func anotherHostIsGivenItsLease() throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let clock = TestClock()
            let spool = try temporary.open(clock)
            let id = try leave(
                Case(host: "elsewhere", boot: "another boot", place: nil, state: nil), in: spool)
            let found = try #require(try Recover(spool.storage).runningJobs().first)
            clock.advance(.seconds(50))
            guard case .uncertain(let until) = try Recover(spool.storage).recover(found) else {
                Issue.record("taken within the lease")
                return
            }
            clock.set(until + .seconds(1))
            guard case .recovered(let target) = try Recover(spool.storage).recover(found) else {
                Issue.record("not taken after the lease")
                return
            }
            #expect(target == .failed(id))
        }
    }

    @Test func aLockedJobIsAlive() throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let spool = try temporary.open()
            let id = try leave(Case(place: nil, state: nil), in: spool)
            let found = JobLocation.running(id, attempt: 1)
            let file = try spool.storage.root.open(found.path, .readWrite)
            #expect(try file.tryLock())
            guard case .alive = try Recover(spool.storage).recover(found) else {
                Issue.record("taken from its runner")
                return
            }
            #expect(file.number >= 0)
        }
    }

    @Test func garbageInRunningIsRejected() throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let clock = TestClock()
            let spool = try temporary.open(clock)
            let name = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
            try temporary.write("running/\(name).1.json", "")
            let found = try #require(try Recover(spool.storage).runningJobs().first)
            guard case .uncertain = try Recover(spool.storage).recover(found) else {
                Issue.record("judged early")
                return
            }
            clock.advance(.seconds(60))
            guard case .rejected = try Recover(spool.storage).recover(found) else {
                Issue.record("not rejected")
                return
            }
            #expect(
                try temporary.names("dead-letter") == ["\(name).json", "\(name).json.reason"])
        }
    }
}
