import Glibc
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// A running job that is cancelled at the moment at which it moves on by itself.
struct CancelTests {
    private let temporary: TemporarySpool
    private let clock = TestClock()
    private let spool: SpoolDirectory

    init() throws {
        temporary = try TemporarySpool()
        spool = try temporary.open(clock)
    }

    private func submit() throws -> JobID {
        var job = Job(command: .shell("false"))
        job.maxAttempts = 3
        return try spool.submit(job)
    }

    private func claim(_ id: JobID) throws -> ClaimResult {
        let location = try #require(try Lookup(spool.storage).locate(id).first)
        let offer = WorkerOffer(slots: 1, capabilities: [])
        return try Claim(spool.storage).claim(location, for: offer, freeSlots: 1)
    }

    private func claimed(_ id: JobID) throws -> LockedJob {
        guard case .claimed(let locked) = try claim(id) else {
            throw FileTree.Failure(description: "not claimed")
        }
        return locked
    }

    /// As a runner does it, whose command fails.
    private func fail(_ locked: LockedJob, whenStarted: () throws -> Void = {}) throws {
        var attempt = Attempt(
            number: locked.job.nextAttemptNumber, worker: "w", host: Host.name,
            bootID: Host.bootID, runner: Attempt.Process(pid: 1, startTime: 0), command: nil,
            startedAt: spool.storage.now())
        #expect(try Start(spool.storage).start(locked, attempt))
        try whenStarted()
        attempt.outcome = .failed
        attempt.exitCode = 1
        attempt.finishedAt = spool.storage.now()
        locked.job.attempts = [attempt]
        #expect(try Finish(spool.storage).finish(locked, .finish, random: 0) == .moved)
    }

    private func expectCancelled(_ id: JobID) throws {
        #expect(try Lookup(spool.storage).locate(id) == [.failed(id)])
        #expect(try spool.entry(of: id).state == .cancelled)
        #expect(try temporary.names("running").isEmpty)
    }

    @Test func oneThatNeverBeganDoesNotWaitAgain() throws {
        try SpawnGate.quietly {
            let id = try submit()
            _ = try claimed(id)
            #expect(try spool.cancel(id), "its worker is dead, so it has ended")
            try expectCancelled(id)
        }
    }

    @Test func oneThatIsPutBackDoesNotWaitAgain() throws {
        try SpawnGate.quietly {
            let id = try submit()
            let locked = try claimed(id)
            #expect(try !spool.cancel(id), "its runner has been asked")
            try PutBack(spool.storage).putBack(locked, note: nil)
            try expectCancelled(id)
        }
    }

    @Test func oneThatFailsMeanwhileIsNotTriedAgain() throws {
        try SpawnGate.quietly {
            let id = try submit()
            try fail(try claimed(id)) {
                let hasEnded = try spool.cancel(id)
                #expect(!hasEnded)
            }
            try expectCancelled(id)
            let last = try #require(try spool.entry(of: id).job?.attempts?.last)
            #expect(last.outcome == .cancelled)
            #expect(last.exitCode == 1)
        }
    }

    @Test func aRequestThatADeathLeftIsObeyedBeforeTheNextTry() throws {
        try SpawnGate.quietly {
            let id = try submit()
            try fail(try claimed(id))
            try temporary.write("running/\(id).1.cancel", "")
            let waiting = try #require(try Lookup(spool.storage).locate(id).first)
            clock.advance(.seconds(3600))
            _ = try #require(try Promote(spool.storage).promote(waiting))
            guard case .cancelled = try claim(id) else {
                Issue.record("started again")
                return
            }
            try expectCancelled(id)
        }
    }

    @Test func anOldRequestDoesNotEndANewRound() throws {
        try SpawnGate.quietly {
            let id = try submit()
            #expect(try spool.cancel(id))
            try temporary.write("running/\(id).1.cancel", "")
            try spool.retry(id)
            _ = try claimed(id)
            #expect(try temporary.names("running") == ["\(id).1.json"])
        }
    }

    /// Does to a waiting job what a person may; nothing for other words.
    private func apply(_ change: String, to id: JobID) throws {
        switch change {
        case "move": try Move(spool.storage).move(id, Job.Placement(priority: .high))
        case "edit": try Edit(spool.storage).edit(id) { $0.name = "edited" }
        case "hold":
            try Hold(spool.storage).hold(id)
            try Move(spool.storage).move(id, Job.Placement(priority: .high))
            try Hold(spool.storage).release(id)
        default: break
        }
    }

    /// A runner that dies after its last rename leaves the request behind, which was for the round that has ended.
    @Test(arguments: ["retry", "move", "edit", "hold"])
    func aRequestOfTheFormerRoundIsVoid(_ change: String) throws {
        try SpawnGate.quietly {
            let id = try submit()
            try fail(try claimed(id)) { _ = try spool.cancel(id) }
            try expectCancelled(id)
            for number in 1...2 {
                try temporary.write("running/\(id).\(number).cancel", "left behind")
            }
            try Retry(spool.storage).retry(id)
            try apply(change, to: id)
            #expect(try claimed(id).location == .running(id, attempt: 2))
        }
    }

    /// It was made after the retry, and the job has been put back since.
    @Test(arguments: ["claim", "move", "edit", "hold"])
    func aRequestOfTheNewRoundStands(_ change: String) throws {
        try SpawnGate.quietly {
            let id = try submit()
            try fail(try claimed(id)) { _ = try spool.cancel(id) }
            try Retry(spool.storage).retry(id)
            try temporary.write("running/\(id).2.cancel", "somebody")
            try apply(change, to: id)
            guard case .cancelled = try claim(id) else {
                throw FileTree.Failure(description: "it would run")
            }
            try expectCancelled(id)
        }
    }

    /// Whatever stands beside it.
    @Test func aWaitingJobIsCancelledThoughAFormerRequestCannotBeRemoved() throws {
        try SpawnGate.quietly {
            let id = try submit()
            try fail(try claimed(id)) { _ = try spool.cancel(id) }
            try Retry(spool.storage).retry(id)
            try FileTree.check(mkdir(temporary["running/\(id).1.cancel"], 0o700), "mkdir")
            try temporary.write("running/\(id).1.cancel/file", "")
            _ = try spool.cancel(id)
            #expect(try spool.entry(of: id).state == .cancelled)
        }
    }

    /// As where the disk is full.
    @Test func aJobWhoseRecordCannotBeWrittenWaitsOn() throws {
        try SpawnGate.quietly {
            let id = try submit()
            let before = try Lookup(spool.storage).locate(id)
            let bytes = try temporary.read(before[0].path)
            FileTree.remove(temporary["tmp"])
            try temporary.write("tmp", "")
            #expect(throws: SpoolError.self) { try spool.cancel(id) }
            #expect(try Lookup(spool.storage).locate(id) == before)
            #expect(try temporary.read(before[0].path) == bytes)
            try temporary.remove("tmp")
            try FileTree.check(mkdir(temporary["tmp"], 0o700), "mkdir")
            #expect(try spool.cancel(id))
            try expectCancelled(id)
        }
    }

    /// A copy that waits becomes a job of its own. A request to the job that it is a copy of stands.
    @Test func aRequestToAnotherJobStands() throws {
        try SpawnGate.quietly {
            let id = try submit()
            try fail(try claimed(id)) { _ = try spool.cancel(id) }
            let ended = try temporary.read("failed/\(id).json")
            try Retry(spool.storage).retry(id)
            let locked = try claimed(id)
            let isMade = try CancelRequests(spool.storage).make(locked.location)
            #expect(isMade)
            let copy = JobLocation.incoming(id, queue: Job.defaultQueue, .low)
            try temporary.write(copy.path, ended)
            let own = try Edit(spool.storage).edit(id, at: copy) { $0.name = "copied" }
            #expect(own != id)
            #expect(try CancelRequests(spool.storage).isMade(locked.location))
        }
    }
}
