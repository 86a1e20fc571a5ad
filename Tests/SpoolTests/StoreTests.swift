import Foundation
import Glibc
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// The steps of a job in the store, with a clock of the test's, and without any process.
struct StoreTests {
    private struct Fixture {
        let temporary: TemporarySpool
        let clock: TestClock
        let spool: SpoolDirectory
        let offer = WorkerOffer(slots: 2, capabilities: [])

        func claim(_ location: JobLocation) throws -> LockedJob? {
            guard
                case .claimed(let locked) = try Claim(spool.storage).claim(
                    location, for: offer, freeSlots: 2)
            else { return nil }
            return locked
        }

        func attempt(_ number: Int = 1, host: String = Host.name, boot: String = Host.bootID)
            -> Attempt
        {
            // No process: the recovery has nothing to kill.
            Attempt(
                number: number, worker: "w", host: host, bootID: boot,
                runner: Attempt.Process(pid: 1, startTime: 0), command: nil,
                startedAt: spool.storage.now())
        }
    }

    private func onStage(_ body: (Fixture) throws -> Void) throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let clock = TestClock()
            try body(Fixture(temporary: temporary, clock: clock, spool: try temporary.open(clock)))
        }
    }

    private func location(_ fixture: Fixture, _ id: JobID) throws -> JobLocation {
        try #require(try Lookup(fixture.spool.storage).locate(id).first)
    }

    /// Of two processes that make a spool at once, one finds it made where there was nothing just now.
    @Test func aSpoolDoesNotLieInsideOfItself() throws {
        let temporary = try TemporarySpool()
        _ = try temporary.open()
        try SpoolPath.requireOwnPlace(temporary.path)
        #expect(throws: SpoolError.self) { try SpoolPath.requireOwnPlace(temporary["incoming"]) }
        #expect(throws: SpoolError.self) { try SpoolPath.requireOwnPlace(temporary["a/b"]) }
    }

    /// The files that changes make stay files that can be read.
    @Test func noChangeMakesAFileTooLong() throws {
        try onStage { fixture in
            let id = try fixture.spool.submit(Job(command: .arguments(["true"])))
            let path = try location(fixture, id).path
            let before = try fixture.temporary.read(path)
            let error = #expect(throws: SpoolError.self) {
                try fixture.spool.edit(id) {
                    $0.payload = .string(String(repeating: "x", count: 1 << 20))
                }
            }
            #expect(error?.code == .invalidJob)
            #expect(try fixture.temporary.read(path) == before)
            let text = [UInt8](repeating: UInt8(ascii: "\n"), count: (1 << 26) + 1)
            let other = #expect(throws: SpoolError.self) {
                try CrontabInstaller(fixture.spool.storage).install(text, as: "crontab")
            }
            #expect(other?.code == .invalidJob)
            #expect(!fixture.temporary.exists("crontab"))
        }
    }

    @Test func aJobGoesThrough() throws {
        try onStage { fixture in
            let id = try fixture.spool.submit(Job(command: .shell("true")))
            let locked = try #require(try fixture.claim(location(fixture, id)))
            #expect(locked.location.path == "running/\(id).1.json")
            #expect(try Start(fixture.spool.storage).start(locked, fixture.attempt()))
            #expect(try JobReader(fixture.spool.storage).read(locked.location).state == .running)
            fixture.clock.advance(.seconds(5))
            locked.job.attempts?[0].outcome = .completed
            locked.job.attempts?[0].finishedAt = fixture.clock.now
            _ = try Finish(fixture.spool.storage).finish(locked, .finish, random: 0)
            let end = try location(fixture, id)
            #expect(end.path == "done/\(fixture.clock.now.day)/\(id).json")
            let job = try JobReader(fixture.spool.storage).read(end)
            #expect(job.attempts?.first?.duration == .seconds(5))
            let history = try fixture.temporary.history()
            for verb in ["submit", "claim", "start", "finish"] {
                #expect(history.contains("\"verb\":\"\(verb)\""))
            }
            #expect(try fixture.temporary.names("tmp").isEmpty)
        }
    }

    @Test func whoeverWatchesIsToldOnceOfAJob() throws {
        try onStage { fixture in
            let watch = try DirectoryWatch()
            _ = try watch.watch(fixture.temporary["incoming"], [.appearing, .writing, .vanishing])
            var submitted = [try fixture.spool.submit(Job(command: .shell("true")))]
            try fixture.spool.submit(
                [Job(command: .shell("true")), Job(command: .shell("true"))],
                submitted: &submitted)
            let changes = try watch.read()
            #expect(changes.map(\.kind) == [.appeared, .appeared, .appeared])
            #expect(changes.compactMap { JobFileName($0.name)?.id } == submitted)
        }
    }

    @Test func aClaimHasOneWinner() throws {
        try onStage { fixture in
            let other = try fixture.temporary.open(fixture.clock)
            let id = try fixture.spool.submit(Job(command: .shell("true")))
            let place = try location(fixture, id)
            let winner = try fixture.claim(place)
            #expect(winner != nil)
            guard
                case .gone = try Claim(other.storage).claim(place, for: fixture.offer, freeSlots: 2)
            else {
                Issue.record("claimed twice")
                return
            }
            // Back under its old name while it is locked: busy, not claimed.
            let running = try #require(winner?.location.path)
            try fixture.temporary.rename(running, to: place.path)
            guard
                case .busy = try Claim(other.storage).claim(place, for: fixture.offer, freeSlots: 2)
            else {
                Issue.record("claimed what is locked")
                return
            }
        }
    }

    @Test func manyThreadsClaimEachJobOnce() async throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        var jobs: [Job] = []
        for _ in 0..<60 {
            var job = Job(command: .shell("true"))
            job.sync = .off
            jobs.append(job)
        }
        var ids: [JobID] = []
        try spool.submit(jobs, submitted: &ids)
        let locations = try Listing(spool.storage).locations(in: [.incoming])
        let claimed = try await withThrowingTaskGroup(of: [JobID].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let own = try temporary.open()
                    var mine: [JobID] = []
                    for location in locations.shuffled() {
                        let offer = WorkerOffer(slots: 1, capabilities: [])
                        if case .claimed(let job) = try Claim(own.storage).claim(
                            location, for: offer, freeSlots: 1)
                        {
                            mine.append(job.id)
                        }
                    }
                    return mine
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(Set(claimed).count == claimed.count)
        #expect(try Listing(spool.storage).locations(in: [.running]).count == claimed.count)
    }

    /// Whoever is told of a part of his jobs must know of which part: what can't be taken back keeps all before it.
    @Test func ofJobsThatCanNotAllBeSubmittedTheFirstOnesAre() throws {
        var job = Job(command: .shell("true"))
        job.sync = .off
        var refused = job
        refused.delay = .seconds(60)
        let jobs =
            (0..<300).map { number in
                job.name = "number-\(number)"
                return job
            } + [refused]
        let end = ContinuousClock.now + .seconds(300)
        // Again, until somebody was quicker.
        while true {
            let temporary = try TemporarySpool()
            let spool = try temporary.open()
            try temporary.rename("scheduled", to: "away")
            try temporary.write("scheduled", "no directory")
            let name = LockedBox<String?>(nil)
            let isOver = LockedBox(false)
            let hasEnded = DispatchSemaphore(value: 0)
            Thread.detachNewThread {
                while name.withLock({ $0 }) == nil, !isOver.withLock({ $0 }) {
                    let names = (try? temporary.names("incoming")) ?? []
                    // By hand, as anybody may.
                    guard let last = names.last(where: { $0.hasSuffix(".json") }),
                        (try? temporary.rename("incoming/" + last, to: "held/" + last)) != nil
                    else { continue }
                    name.withLock { $0 = last }
                }
                hasEnded.signal()
            }
            var ids: [JobID] = []
            #expect(throws: SpoolError.self) { try spool.submit(jobs, submitted: &ids) }
            isOver.withLock { $0 = true }
            hasEnded.wait()
            let waiting = try temporary.names("incoming").compactMap { JobFileName($0)?.id }
            guard let name = name.withLock({ $0 }) else {
                #expect(ids.isEmpty && waiting.isEmpty)
                try #require(ContinuousClock.now < end, "nobody was ever quicker")
                continue
            }
            let taken = try Job(json: Array(temporary.read("held/" + name).utf8))
            #expect(ids.last == taken.id && taken.name == "number-\(ids.count - 1)")
            #expect(ids.dropLast() == waiting.sorted()[...])
            let history = try temporary.read("history/\(spool.storage.now().day).ndjson")
            #expect(history.split(separator: "\n").count == ids.count)
            return
        }
    }

    @Test func aRewriteDoesNotBringBackWhatWasRemoved() throws {
        try onStage { fixture in
            let id = try fixture.spool.submit(Job(command: .shell("true")))
            let locked = try #require(try fixture.claim(location(fixture, id)))
            try fixture.temporary.remove(locked.location.path)
            #expect(try !JobFiles(fixture.spool.storage).rewrite(locked, isDurable: false))
            #expect(try Lookup(fixture.spool.storage).locate(id).isEmpty)
            #expect(try fixture.temporary.names("tmp").isEmpty)
            // Another file in its place stays as it is.
            try fixture.temporary.write(locked.location.path, "other")
            #expect(try !JobFiles(fixture.spool.storage).rewrite(locked, isDurable: false))
            #expect(try fixture.temporary.read(locked.location.path) == "other")
        }
    }

    @Test func refusesJobsThatItCannotRunNow() throws {
        try onStage { fixture in
            var job = Job(command: .shell("true"))
            job.requires = ["gpu"]
            let picky = try location(fixture, fixture.spool.submit(job))
            guard
                case .ineligible = try Claim(fixture.spool.storage).claim(
                    picky, for: fixture.offer, freeSlots: 2)
            else {
                Issue.record("claimed without the capability")
                return
            }
            job.requires = nil
            job.slots = 9
            let large = try location(fixture, fixture.spool.submit(job))
            guard
                case .tooLarge(2) = try Claim(fixture.spool.storage).claim(
                    large, for: fixture.offer, freeSlots: 1)
            else {
                Issue.record("claimed without room")
                return
            }
            #expect(try fixture.claim(large) != nil, "it gets all there are")
        }
    }

    @Test func missingDirectoriesAreMade() throws {
        try onStage { fixture in
            let id = try fixture.spool.submit(Job(command: .shell("true")))
            let locked = try #require(try fixture.claim(location(fixture, id)))
            #expect(try Start(fixture.spool.storage).start(locked, fixture.attempt()))
            for directory in ["done", "history", "failed"] {
                FileTree.remove(fixture.temporary[directory])
            }
            locked.job.attempts?[0].outcome = .completed
            locked.job.attempts?[0].finishedAt = fixture.clock.now
            guard case .moved = try Finish(fixture.spool.storage).finish(locked, .finish, random: 0)
            else {
                Issue.record("not moved")
                return
            }
            #expect(try Lookup(fixture.spool.storage).locate(id).map(\.place) == [.done])
        }
    }

    @Test func dueJobsComeInOnTime() throws {
        try onStage { fixture in
            var job = Job(command: .shell("true"))
            job.delay = .seconds(60)
            job.queue = "lane"
            let id = try fixture.spool.submit(job)
            let (first, hasMore) = try Promote(fixture.spool.storage).timetable(limit: 10)
            #expect(first.map(\.id) == [id] && !hasMore)
            let due = try #require(first.first?.due)
            #expect(due >= fixture.clock.now + .seconds(60))
            let location = JobLocation(.scheduled, first[0])
            let target = try Promote(fixture.spool.storage).promote(location)
            #expect(target?.path == "incoming/lane/5-\(id).json")
            #expect(try Promote(fixture.spool.storage).promote(location) == nil)
        }
    }

    @Test func expiredJobsEndWithoutARun() throws {
        try onStage { fixture in
            var job = Job(command: .shell("true"))
            job.expires = .after(.seconds(10))
            let place = try location(fixture, fixture.spool.submit(job))
            fixture.clock.advance(.seconds(10))
            guard
                case .expired = try Claim(fixture.spool.storage).claim(
                    place, for: fixture.offer, freeSlots: 1)
            else {
                Issue.record("not expired")
                return
            }
            #expect(try Lookup(fixture.spool.storage).locate(place.id).map(\.place) == [.failed])
        }
    }

    @Test func aHalfWrittenFileHasItsGrace() throws {
        try onStage { fixture in
            try fixture.temporary.write("incoming/x.json", #"{"comm"#)
            guard
                case .undecided(let until) = try Admit(fixture.spool.storage).admit(
                    "x.json", queue: nil)
            else {
                Issue.record("judged early")
                return
            }
            #expect(until > fixture.clock.now)
            try fixture.temporary.write("incoming/x.json", #"{"command": "true"}"#)
            guard
                case .admitted(let place) = try Admit(fixture.spool.storage).admit(
                    "x.json", queue: nil)
            else {
                Issue.record("not admitted")
                return
            }
            #expect(place.place == .incoming)
            try fixture.temporary.write("incoming/y.json", "{")
            fixture.clock.advance(.seconds(60))
            guard case .rejected = try Admit(fixture.spool.storage).admit("y.json", queue: nil)
            else {
                Issue.record("not rejected after its grace")
                return
            }
            #expect(try fixture.temporary.names("dead-letter") == ["y.json", "y.json.reason"])
            guard case .gone = try Admit(fixture.spool.storage).admit("y.json", queue: nil) else {
                Issue.record("not gone")
                return
            }
        }
    }

    @Test func sweepsOnlyWhatTheDeadHaveLeft() throws {
        try onStage { fixture in
            for name in ["old", "locked"] { try fixture.temporary.write("tmp/\(name).json", "x") }
            let file = try Directory(path: fixture.temporary["tmp"]).open("locked.json", .readWrite)
            #expect(try file.tryLock())
            #expect(try Sweep(fixture.spool.storage).all() == 0, "all are young")
            fixture.clock.advance(.seconds(3600))
            #expect(try Sweep(fixture.spool.storage).all() == 1)
            #expect(try fixture.temporary.names("tmp") == ["locked.json"])
            #expect(file.number >= 0)
        }
    }

    @Test func onlyLivingWorkersAreListed() throws {
        try onStage { fixture in
            let record = WorkerRecord(
                id: "me", slots: 3, queues: ["a"], offers: ["gpu"], isTransient: true,
                startedAt: fixture.clock.now)
            try fixture.temporary.write("workers/dead.json", "{}")
            #expect(try !WorkerRegistry(fixture.spool.storage).hasWorker())
            #expect(try fixture.temporary.names("workers") == [], "the dead one left")
            let registration = try WorkerRegistry(fixture.spool.storage).register(record)
            #expect(try WorkerRegistry(fixture.spool.storage).hasWorker())
            try fixture.temporary.write("workers/dead.json", "{}")
            let workers = try fixture.spool.workers()
            #expect(workers.map(\.id) == ["me"])
            #expect(workers.first?.slots == 3 && workers.first?.serves("b") == false)
            #expect(try fixture.temporary.names("workers") == ["me.json"])
            registration.withdraw()
            #expect(try fixture.spool.workers().isEmpty)
            #expect(try !WorkerRegistry(fixture.spool.storage).hasWorker())
        }
    }
}
