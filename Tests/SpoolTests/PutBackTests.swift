import Glibc
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// Between a claim and a start nothing counts as a try, and a request to cancel is neither lost nor left over.
struct PutBackTests {
    private struct Claimed {
        let temporary: TemporarySpool
        let spool: SpoolDirectory
        let id: JobID
        let locked: LockedJob

        var attempt: Attempt {
            Attempt(
                number: 1, worker: "w", host: Host.name, bootID: Host.bootID,
                runner: Attempt.Process(pid: 1, startTime: 0), command: nil,
                startedAt: spool.storage.now())
        }
    }

    private func withClaimed(_ body: (Claimed) throws -> Void) throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let spool = try temporary.open()
            let id = try spool.submit(Job(command: .shell("true")))
            let place = try #require(try Lookup(spool.storage).locate(id).first)
            let offer = WorkerOffer(slots: 1, capabilities: [])
            guard
                case .claimed(let locked) = try Claim(spool.storage).claim(
                    place, for: offer, freeSlots: 1)
            else { throw FileTree.Failure(description: "not claimed") }
            try body(Claimed(temporary: temporary, spool: spool, id: id, locked: locked))
        }
    }

    @Test func aRecordedStartThatCameToNothingIsNoTry() throws {
        try withClaimed { claimed in
            // As when the record stands, but its directory can't be synced.
            #expect(try Start(claimed.spool.storage).start(claimed.locked, claimed.attempt))
            #expect(
                try JobReader(claimed.spool.storage).read(claimed.locked.location).attempts?.count
                    == 1)
            #expect(try PutBack(claimed.spool.storage).putBack(claimed.locked, note: nil) == .moved)
            let job = try JobReader(claimed.spool.storage).read(
                .incoming(claimed.id, queue: "default", .normal))
            #expect((job.attempts ?? []).isEmpty)
            #expect(job.state == nil)
            #expect(job.nextAttemptNumber == 1 && job.triesInRound == 0)
        }
    }

    @Test func aStartThatCantBeWrittenChangesNothing() throws {
        try withClaimed { claimed in
            let before = claimed.locked.job
            try FileTree.check(rmdir(claimed.temporary["tmp"]), "rmdir")
            try claimed.temporary.write("tmp", "")
            #expect(throws: SpoolError.self) {
                try Start(claimed.spool.storage).start(claimed.locked, claimed.attempt)
            }
            #expect(claimed.locked.job == before)
            // Nothing has to be taken back, so nothing has to be written.
            #expect(try PutBack(claimed.spool.storage).putBack(claimed.locked, note: nil) == .moved)
        }
    }

    @Test func aRequestThatComesTooLateIsTakenBack() throws {
        try withClaimed { claimed in
            let running = claimed.locked.location
            #expect(try CancelRequests(claimed.spool.storage).make(running))
            #expect(try claimed.temporary.names("running").contains("\(claimed.id).1.cancel"))
            CancelRequests(claimed.spool.storage).removeSidecars(of: running)
            try claimed.temporary.rename(running.path, to: "failed/\(claimed.id).json")
            #expect(try !CancelRequests(claimed.spool.storage).make(running))
            #expect(try claimed.temporary.names("running").isEmpty)
        }
    }

    @Test func aRequestBeforeTheCommandBeganEndsTheJob() throws {
        try withClaimed { claimed in
            #expect(try CancelRequests(claimed.spool.storage).make(claimed.locked.location))
            #expect(try PutBack(claimed.spool.storage).putBack(claimed.locked, note: nil) == .moved)
            #expect(try claimed.temporary.names("running").isEmpty)
            #expect(try Lookup(claimed.spool.storage).locate(claimed.id) == [.failed(claimed.id)])
            let entry = try claimed.spool.entry(of: claimed.id)
            #expect(entry.state == .cancelled)
            #expect(entry.message == "cancelled before its command began")
        }
    }

    @Test func cancellingWhatADeadWorkerHasClaimedEndsIt() throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let spool = try temporary.open()
            let id = try spool.submit(Job(command: .shell("true")))
            try temporary.rename("incoming/5-\(id).json", to: "running/\(id).1.json")
            #expect(try spool.cancel(id))
            #expect(try temporary.names("running").isEmpty)
            #expect(try spool.entry(of: id).state == .cancelled)
            #expect(try Lookup(spool.storage).locate(id) == [.failed(id)])
        }
    }

    @Test func leftoversAreSweptOnceTheyAreOld() throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let clock = TestClock()
            let spool = try temporary.open(clock)
            let (dead, living) = (
                spool.storage.ids.make(at: clock.now), spool.storage.ids.make(at: clock.now)
            )
            let leftovers = [
                "running/\(dead).1.cancel", "running/\(dead).1.result",
                "running/\(living).2.progress", "dead-letter/\(dead).json.reason",
            ]
            let others = [
                "running/\(living).1.json", "running/\(living).1.cancel", "running/note.cancel",
                "dead-letter/\(living).json", "dead-letter/\(living).json.reason",
            ]
            for name in leftovers + others { try temporary.write(name, "") }
            #expect(try Sweep(spool.storage).all() == 0, "all are young")
            clock.advance(.seconds(61))
            #expect(try Sweep(spool.storage).all() == leftovers.count)
            for name in leftovers { #expect(!temporary.exists(name), "\(name)") }
            for name in others { #expect(temporary.exists(name), "\(name)") }
        }
    }
}
