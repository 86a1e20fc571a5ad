import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// What people put where it doesn't belong quite so, with mv and cp.
struct ByHandTests {
    private func ended(in spool: SpoolDirectory) throws -> (id: JobID, path: String) {
        let id = try spool.submit(Job(command: .shell("true")))
        let locked = try claimed(id, in: spool)
        #expect(try Start(spool.storage).start(locked, attempt(1, spool)))
        try finish(locked, in: spool)
        return (id, try #require(try Lookup(spool.storage).locate(id).first).path)
    }

    private func attempt(_ number: Int, _ spool: SpoolDirectory) -> Attempt {
        Attempt(
            number: number, worker: "w", host: Host.name, bootID: Host.bootID,
            runner: Attempt.Process(pid: 1, startTime: 0), command: nil,
            startedAt: spool.storage.now())
    }

    private func claimed(_ id: JobID, in spool: SpoolDirectory) throws -> LockedJob {
        let place = try #require(
            try Lookup(spool.storage).locate(id).first { $0.place == .incoming })
        let offer = WorkerOffer(slots: 1, capabilities: [])
        guard
            case .claimed(let locked) = try Claim(spool.storage).claim(
                place, for: offer, freeSlots: 1)
        else {
            throw FileTree.Failure(description: "not claimed")
        }
        return locked
    }

    private func finish(_ locked: LockedJob, exit code: Int32 = 0, in spool: SpoolDirectory) throws
    {
        var all = try #require(locked.job.attempts)
        var last = all.removeLast()
        last.outcome = code == 0 ? .completed : .failed
        last.exitCode = code
        last.finishedAt = spool.storage.now()
        locked.job.attempts = all + [last]
        #expect(try Finish(spool.storage).finish(locked, .finish, random: 0) == .moved)
    }

    // MARK: Names of another form

    @Test(arguments: ["held", "scheduled"])
    func aCopyUnderItsOldNameCanBeChanged(_ directory: String) throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let spool = try temporary.open()
            let (id, path) = try ended(in: spool)
            try temporary.copy(path, to: "\(directory)/\(id).json")
            let place = try #require(
                try Listing(spool.storage).locations().first { $0.directory == directory })
            let own = try spool.move(id, at: place, .init(priority: .high))
            #expect(own != id)
            let moved = try #require(try Lookup(spool.storage).locate(own).first)
            #expect(moved.name.fits(moved.place) && moved.name.priority == .high)
            #expect(try Lookup(spool.storage).locate(id).map(\.path) == [path])
        }
    }

    @Test func whatWasPutAsideUnderItsOldNameIsReleased() throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let spool = try temporary.open()
            let (id, path) = try ended(in: spool)
            try temporary.rename(path, to: "held/\(id).json")
            #expect(try spool.release(id) == id)
            #expect(try Lookup(spool.storage).locate(id).map(\.path) == ["incoming/5-\(id).json"])
        }
    }

    @Test(arguments: ["cancel", "edit", "hold"])
    func everyVerbCopesWithAnotherFormOfName(_ verb: String) throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let spool = try temporary.open()
            let (id, path) = try ended(in: spool)
            try temporary.rename(path, to: "scheduled/\(id).json")
            switch verb {
            case "cancel": #expect(try spool.cancel(id))
            case "hold": try spool.hold(id)
            default: try spool.edit(id) { $0.priority = .low }
            }
            let places = try Lookup(spool.storage).locate(id)
            #expect(places.count == 1 && places.allSatisfy { $0.name.fits($0.place) })
        }
    }

    // MARK: Copies of what runs

    @Test func aCopyOfARunningJobIsAJobOfItsOwn() throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let spool = try temporary.open()
            let id = try spool.submit(Job(command: .shell("true")))
            let first = try claimed(id, in: spool)
            #expect(try Start(spool.storage).start(first, attempt(1, spool)))
            try temporary.copy(first.path, to: "incoming/5-\(id).json")
            let place = try #require(try Listing(spool.storage).locations(in: [.incoming]).first)
            let offer = WorkerOffer(slots: 1, capabilities: [])
            guard
                case .readmitted(let own) = try Claim(spool.storage).claim(
                    place, for: offer, freeSlots: 1)
            else {
                Issue.record("the copy was claimed as the job itself")
                return
            }
            #expect(own.id != id)
            try finish(first, in: spool)
            let second = try claimed(own.id, in: spool)
            #expect(try Start(spool.storage).start(second, attempt(1, spool)))
            try finish(second, exit: 7, in: spool)
            #expect(try spool.entry(of: id).state == .completed)
            #expect(try spool.entry(of: own.id).job?.attempts?.map(\.exitCode) == [7])
        }
    }

    @Test func anEndWhosePlaceIsTakenKeepsItsRecord() throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let spool = try temporary.open()
            let id = try spool.submit(Job(command: .shell("true")))
            let locked = try claimed(id, in: spool)
            #expect(try Start(spool.storage).start(locked, attempt(1, spool)))
            try temporary.copy(locked.path, to: "failed/\(id).json")
            try finish(locked, exit: 7, in: spool)
            let other = try #require(
                try Listing(spool.storage).locations(in: [.failed]).first { $0.id != id })
            let job = try #require(JobReader(spool.storage).entry(at: other)?.job)
            #expect(job.id == other.id)
            #expect(job.state == .failed && job.attempts?.last?.exitCode == 7)
        }
    }

    @Test func whatWasTakenFromItsRunnerDoesNotRunAccordingToItsRecord() throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let spool = try temporary.open()
            let id = try spool.submit(Job(command: .shell("true")))
            do {
                let locked = try claimed(id, in: spool)
                #expect(try Start(spool.storage).start(locked, attempt(1, spool)))
                try temporary.rename(locked.path, to: "incoming/5-\(id).json")
            }
            let again = try claimed(id, in: spool)
            #expect(again.location.name.attempt == 2)
            #expect(again.job.attempts?.map(\.outcome) == [.interrupted])
        }
    }

    @Test func whatIsFoundLateHasTheTimeOfItsDropping() throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let spool = try temporary.open()
            try temporary.write("incoming/first.json", #"{"command": "true"}"#)
            let changed = try #require(try spool.storage.root.status(of: "incoming/first.json"))
                .changed
            let second = spool.storage.ids.make(at: Instant(nanoseconds: changed + 500_000_000))
            guard
                case .admitted(let place) = try Admit(spool.storage).admit("first.json", queue: nil)
            else {
                Issue.record("it was not admitted")
                return
            }
            #expect(place.id < second)
            #expect(place.id.milliseconds == changed / 1_000_000)
        }
    }

    // MARK: Ids and records

    @Test func anIDOfATimeThatCannotBeWrittenIsNone() throws {
        SpawnGate.quietly {
            #expect(JobID("7ZZZZZZZZZZZZZZZZZZZZZZZZY") == nil)
            let last = JobID(milliseconds: 253_402_300_799_999, random: (0, 0))
            #expect(JobID(last.description) == last)
            #expect(
                JobID(JobID(milliseconds: 253_402_300_800_000, random: (0, 0)).description) == nil)
        }
    }

    @Test func theRecordOfManyRoundsStaysSmall() throws {
        try SpawnGate.quietly {
            let spool = try TemporarySpool().open()
            var job = Job(command: .shell("true"))
            for number in 1...150 {
                RetryPolicy.prepareNextAttempt(&job)
                #expect(job.nextAttemptNumber == number)
                #expect(job.triesInRound == 0)
                var next = attempt(number, spool)
                next.outcome = .failed
                next.finishedAt = spool.storage.now()
                next.message = String(repeating: "é", count: 300)
                job.attempts = (job.attempts ?? []) + [next]
                job = RetryPolicy.ended(job, random: 0)
            }
            let attempts = try #require(job.attempts)
            #expect(attempts.count == RetryPolicy.keptEarlierAttempts + 1)
            #expect(attempts.last?.number == 150)
            #expect(attempts.first?.message == String(repeating: "é", count: 100))
            #expect(attempts.last?.message?.count == 300)
            try job.validate()
        }
    }

    @Test func theTriesOfOneRoundAllStayOnRecord() throws {
        try SpawnGate.quietly {
            let spool = try TemporarySpool().open()
            var job = Job(command: .shell("true"))
            job.maxAttempts = 300
            for number in 1...300 {
                RetryPolicy.prepareNextAttempt(&job)
                #expect(job.triesInRound == number - 1)
                var next = attempt(number, spool)
                next.outcome = .failed
                next.finishedAt = spool.storage.now()
                job.attempts = (job.attempts ?? []) + [next]
                job = RetryPolicy.ended(job, random: 0)
            }
            #expect(job.state == .dead && job.attempts?.count == 300)
        }
    }
}
