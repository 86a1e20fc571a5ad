import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// A copy that somebody makes by hand of a job that has ended, under a name of the job itself: it becomes a job of its
/// own, whatever is done with it first.
struct CopyTests {
    private let temporary: TemporarySpool
    private let spool: SpoolDirectory
    /// In failed/.
    private let id: JobID

    init() throws {
        temporary = try TemporarySpool()
        spool = try temporary.open()
        id = try spool.submit(Job(command: .shell("true")))
        #expect(try spool.cancel(id))
        #expect(try Lookup(spool.storage).locate(id) == [.failed(id)])
    }

    private func copy(to path: String) throws {
        try temporary.copy("failed/\(id).json", to: path)
    }

    /// The first claim fails, as a place can't be looked into, after the rank in the name was seen to be another one than
    /// in the content.
    @Test func whereTheFirstClaimFails() throws {
        try SpawnGate.quietly {
            let name = JobFileName(id: id, priority: Job.Priority(rank: 9))
            let location = JobLocation(.incoming, name)
            try copy(to: location.path)
            try temporary.rename("scheduled", to: "scheduled.away")
            try temporary.write("scheduled", "")
            #expect(throws: SpoolError.self) { try claim(location, in: spool) }
            FileTree.remove(temporary["scheduled"])
            try temporary.rename("scheduled.away", to: "scheduled")
            guard case .readmitted(let target) = try claim(location, in: spool) else {
                Issue.record("it went on under the other job's id")
                return
            }
            #expect(target.id != id && target.name.priority?.rank == 9)
            #expect(try Lookup(spool.storage).locate(id) == [.failed(id)])
            guard case .claimed(let locked) = try claim(target, in: spool) else {
                Issue.record("not claimed")
                return
            }
            #expect(locked.job.attempts == nil && locked.location.name.attempt == 1)
        }
    }

    struct Case: Sendable {
        let path: String
        let place: Place
        /// What is done to the job; the result is the id that it tells.
        let change: @Sendable (SpoolDirectory, JobID) throws -> JobID?
    }

    static let cases: [Case] = [
        Case(path: "held/9-ID.json", place: .failed) {
            _ = try $0.cancel($1)
            return nil
        },
        Case(path: "incoming/9-ID.json", place: .failed) {
            _ = try $0.cancel($1)
            return nil
        },
        Case(path: "incoming/9-ID.json", place: .held) { try $0.hold($1) },
        Case(path: "held/9-ID.json", place: .incoming) { try $0.release($1) },
        Case(path: "held/9-ID.json", place: .held) {
            try $0.move($1, Job.Placement(priority: .high))
        },
        Case(path: "scheduled/20990101T000000.000Z-9-ID.json", place: .scheduled) {
            try $0.edit($1) { $0.tags = ["a": "b"] }
        },
        Case(path: "scheduled/20990101T000000.000Z-9-ID.json", place: .incoming) {
            try $0.move($1, Job.Placement(due: $0.storage.now()))
        },
    ]

    @Test(arguments: cases)
    func whateverAPersonDoes(_ test: Case) throws {
        try SpawnGate.quietly {
            try copy(to: test.path.replacing("ID", with: id.description))
            let told = try test.change(spool, id)
            #expect(
                try Lookup(spool.storage).locate(id) == [.failed(id)], "the job that was copied")
            let others = try Listing(spool.storage).locations().filter { $0.id != id }
            #expect(others.map(\.place) == [test.place])
            let copy = try #require(others.first)
            if test.place != .failed { #expect(told == copy.id) }
            let job = try JobReader(spool.storage).read(copy)
            #expect(job.attempts == nil)
            if test.place != .failed { #expect(job.state?.isFinal != true || job.id != copy.id) }
        }
    }

    /// What was moved, and not copied, stays the same job.
    @Test func whatIsTheOnlyOneKeepsItsID() throws {
        try SpawnGate.quietly {
            try temporary.rename("failed/\(id).json", to: "held/9-\(id).json")
            try spool.release(id)
            #expect(try Lookup(spool.storage).locate(id).map(\.place) == [.incoming])
        }
    }
}

/// A copy that somebody makes by hand of a job that was put off.
struct CopyOfDelayedTests {
    private let temporary: TemporarySpool
    private let spool: SpoolDirectory
    private let clock = TestClock()
    private let id: JobID
    private let original: JobLocation
    private let copy: JobLocation

    init() throws {
        temporary = try TemporarySpool()
        spool = try temporary.open(clock)
        var job = Job(command: .shell("true"))
        job.delay = .seconds(3600)
        id = try spool.submit(job)
        original = try #require(try Lookup(spool.storage).locate(id).first)
        copy = .incoming(id, queue: Job.defaultQueue, .normal)
    }

    /// Also when the job itself was due, or has ended meanwhile.
    @Test(arguments: [TimeSpan.zero, .seconds(7200)], [false, true])
    func becomesAJobOfItsOwn(after span: TimeSpan, isCancelled: Bool) throws {
        try SpawnGate.quietly {
            try temporary.copy(original.path, to: copy.path)
            if isCancelled {
                // Of the two, the job itself: as it was given, so that the command takes no other.
                #expect(try spool.cancel(id, at: original))
                #expect(try Lookup(spool.storage).locate(id).contains(.failed(id)))
                #expect(try !spool.storage.isThere(original.path))
            }
            clock.advance(span)
            guard case .readmitted(let target) = try claim(copy, in: spool) else {
                Issue.record("it went on under the other job's id")
                return
            }
            #expect(target.id != id)
        }
    }

    @Test func whatWasMovedKeepsItsID() throws {
        try SpawnGate.quietly {
            try temporary.rename(original.path, to: copy.path)
            guard case .claimed(let locked) = try claim(copy, in: spool) else {
                Issue.record("not claimed")
                return
            }
            #expect(locked.id == id)
        }
    }
}

/// A copy that somebody makes by hand of a job that was put off, and whose turn comes when that has begun or ended.
struct LateCopyTests {
    private let fixture: CheckFixture
    private let id: JobID
    private let original: JobLocation
    private var spool: SpoolDirectory { fixture.spool }

    init() throws {
        let fixture = try CheckFixture()
        self.fixture = fixture
        id = try fixture.spool.submit(
            fixture.shape("late") { $0.notBefore = fixture.clock.now + .seconds(86_400) })
        original = try #require(try Lookup(fixture.spool.storage).locate(id).first)
    }

    enum Progress: String, CaseIterable {
        case waiting, running, completed, retrying
    }

    /// Brings the original on at its time.
    private func bring(to progress: Progress) throws {
        fixture.clock.advance(.seconds(86_401))
        var place = try #require(try Promote(spool.storage).promote(original))
        if progress == .waiting { return }
        guard case .claimed(let locked) = try claim(place, in: spool) else {
            Issue.record("the original isn't claimed")
            return
        }
        try fixture.begin(locked)
        // As a runner makes it.
        _ = try JobLogs(spool.storage).open(of: id)
        place = locked.location
        if progress == .running { return }
        if progress == .retrying { locked.job.maxAttempts = 9 }
        locked.job.attempts?[0].outcome = progress == .completed ? .completed : .failed
        locked.job.attempts?[0].finishedAt = fixture.clock.now
        _ = try Finish(spool.storage).finish(locked, .finish, random: 0)
    }

    /// The places of the original, and what is claimed when a copy waits in incoming/.
    private func expectOwnID(of target: JobLocation?, _ progress: Progress) throws {
        let target = try #require(target)
        #expect(target.id != id)
        let expected: Place =
            switch progress {
            case .waiting: .incoming
            case .running: .running
            case .completed: .done
            case .retrying: .scheduled
            }
        #expect(try Lookup(spool.storage).locate(id).map(\.place) == [expected])
        guard case .claimed(let locked) = try claim(target, in: spool) else {
            Issue.record("the copy isn't claimed")
            return
        }
        #expect(locked.id == target.id && locked.job.attempts == nil)
    }

    @Test(arguments: Progress.allCases)
    func underAnotherTime(_ progress: Progress) throws {
        try SpawnGate.quietly {
            var name = original.name
            name.due = name.due.map { $0 + .seconds(3600) }
            let copy = JobLocation(.scheduled, name)
            try fixture.temporary.copy(original.path, to: copy.path)
            try bring(to: progress)
            fixture.clock.advance(.seconds(3600))
            try expectOwnID(of: try Promote(spool.storage).promote(copy), progress)
        }
    }

    @Test(arguments: Progress.allCases)
    func heldAndReleased(_ progress: Progress) throws {
        try SpawnGate.quietly {
            let copy = JobLocation.held(id, .normal)
            try fixture.temporary.copy(original.path, to: copy.path)
            try bring(to: progress)
            let told = try spool.release(id, at: copy)
            try expectOwnID(of: try Lookup(spool.storage).locate(told).first, progress)
        }
    }

    /// A queue that is paused may keep a copy waiting longer than the original.
    @Test(arguments: Progress.allCases)
    func underAnotherRank(_ progress: Progress) throws {
        try SpawnGate.quietly {
            let copy = JobLocation.incoming(id, queue: Job.defaultQueue, .low)
            try fixture.temporary.copy(original.path, to: copy.path)
            try bring(to: progress)
            guard case .readmitted(let target) = try claim(copy, in: spool) else {
                Issue.record("it went on under the other job's id")
                return
            }
            try expectOwnID(of: target, progress)
        }
    }

    /// What was moved, and not copied, stays the same job.
    @Test func whatWasMovedKeepsItsID() throws {
        try SpawnGate.quietly {
            var name = original.name
            name.due = name.due.map { $0 + .seconds(3600) }
            let moved = JobLocation(.scheduled, name)
            try fixture.temporary.rename(original.path, to: moved.path)
            fixture.clock.advance(.seconds(90_001))
            #expect(try Promote(spool.storage).promote(moved)?.id == id)
        }
    }

    /// A job that comes up at its own time is looked for nowhere else: not even where nobody could look.
    @Test(arguments: [false, true])
    func aDueJobCostsNoLook(hasDelay: Bool) throws {
        try SpawnGate.quietly {
            var place = original
            if hasDelay {
                let delayed = try fixture.scheduled()
                place = try #require(try Lookup(spool.storage).locate(delayed).first)
            }
            for directory in ["running", "failed"] {
                try fixture.temporary.rename(directory, to: directory + ".away")
                try fixture.temporary.write(directory, "")
            }
            fixture.clock.advance(.seconds(90_001))
            var name = place.name
            name.due = name.due.map { $0 + .seconds(3600) }
            let moved = JobLocation(.scheduled, name)
            try fixture.temporary.rename(place.path, to: moved.path)
            #expect(throws: SpoolError.self) { try Promote(spool.storage).promote(moved) }
            try fixture.temporary.rename(moved.path, to: place.path)
            #expect(try Promote(spool.storage).promote(place)?.id == place.id)
        }
    }
}

private func claim(_ location: JobLocation, in spool: SpoolDirectory) throws -> ClaimResult {
    try Claim(spool.storage).claim(
        location, for: WorkerOffer(slots: 1, capabilities: []), freeSlots: 1)
}
