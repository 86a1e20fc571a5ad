import Foundation
import Glibc
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// The steps of a job in the store, with a clock of the test's, and without any process.
struct StoreTests {
    private struct Stage {
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

    private func onStage(_ body: (Stage) throws -> Void) throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let clock = TestClock()
            try body(Stage(temporary: temporary, clock: clock, spool: try temporary.open(clock)))
        }
    }

    private func location(_ stage: Stage, _ id: JobID) throws -> JobLocation {
        try #require(try Lookup(stage.spool.storage).locate(id).first)
    }

    @Test func aJobGoesThrough() throws {
        try onStage { stage in
            let id = try stage.spool.submit(Job(command: .shell("true")))
            let locked = try #require(try stage.claim(location(stage, id)))
            #expect(locked.location.path == "running/\(id).1.json")
            #expect(try Start(stage.spool.storage).start(locked, stage.attempt()))
            #expect(try Listing(stage.spool.storage).read(locked.location).state == .running)
            stage.clock.advance(.seconds(5))
            locked.job.attempts?[0].outcome = .completed
            locked.job.attempts?[0].finishedAt = stage.clock.now
            _ = try Finish(stage.spool.storage).finish(locked, .finish, random: 0)
            let end = try location(stage, id)
            #expect(end.path == "done/\(stage.clock.now.day)/\(id).json")
            let job = try Listing(stage.spool.storage).read(end)
            #expect(job.attempts?.first?.duration == .seconds(5))
            let history = try stage.temporary.history()
            for verb in ["submit", "claim", "start", "finish"] {
                #expect(history.contains("\"verb\":\"\(verb)\""))
            }
            #expect(try stage.temporary.names("tmp").isEmpty)
        }
    }

    @Test func whoeverWatchesIsToldOnceOfAJob() throws {
        try onStage { stage in
            let watch = try DirectoryWatch()
            _ = try watch.watch(stage.temporary["incoming"], [.appearing, .writing, .vanishing])
            var submitted = [try stage.spool.submit(Job(command: .shell("true")))]
            try stage.spool.submit(
                [Job(command: .shell("true")), Job(command: .shell("true"))],
                submitted: &submitted)
            let changes = try watch.read()
            #expect(changes.map(\.kind) == [.appeared, .appeared, .appeared])
            #expect(changes.compactMap { JobFileName($0.name)?.id } == submitted)
        }
    }

    @Test func aClaimHasOneWinner() throws {
        try onStage { stage in
            let other = try stage.temporary.open(stage.clock)
            let id = try stage.spool.submit(Job(command: .shell("true")))
            let place = try location(stage, id)
            let winner = try stage.claim(place)
            #expect(winner != nil)
            guard case .gone = try other.claim(place, for: stage.offer, freeSlots: 2) else {
                Issue.record("claimed twice")
                return
            }
            // Back under its old name while it is locked: busy, not claimed.
            let running = try #require(winner?.location.path)
            try stage.temporary.rename(running, to: place.path)
            guard case .busy = try other.claim(place, for: stage.offer, freeSlots: 2) else {
                Issue.record("claimed what is locked")
                return
            }
            withExtendedLifetime(winner) {}
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
                        if case .claimed(let job) = try own.claim(
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
        try onStage { stage in
            let id = try stage.spool.submit(Job(command: .shell("true")))
            let locked = try #require(try stage.claim(location(stage, id)))
            try stage.temporary.remove(locked.location.path)
            #expect(try !JobFiles(stage.spool.storage).rewrite(locked, isDurable: false))
            #expect(try Lookup(stage.spool.storage).locate(id).isEmpty)
            #expect(try stage.temporary.names("tmp").isEmpty)
            // Another file in its place stays as it is.
            try stage.temporary.write(locked.location.path, "other")
            #expect(try !JobFiles(stage.spool.storage).rewrite(locked, isDurable: false))
            #expect(try stage.temporary.read(locked.location.path) == "other")
        }
    }

    @Test func refusesJobsThatItCannotRunNow() throws {
        try onStage { stage in
            var job = Job(command: .shell("true"))
            job.requires = ["gpu"]
            let picky = try location(stage, stage.spool.submit(job))
            guard
                case .ineligible = try Claim(stage.spool.storage).claim(
                    picky, for: stage.offer, freeSlots: 2)
            else {
                Issue.record("claimed without the capability")
                return
            }
            job.requires = nil
            job.slots = 9
            let large = try location(stage, stage.spool.submit(job))
            guard
                case .tooLarge(2) = try Claim(stage.spool.storage).claim(
                    large, for: stage.offer, freeSlots: 1)
            else {
                Issue.record("claimed without room")
                return
            }
            #expect(try stage.claim(large) != nil, "it gets all there are")
        }
    }

    @Test func missingDirectoriesAreMade() throws {
        try onStage { stage in
            let id = try stage.spool.submit(Job(command: .shell("true")))
            let locked = try #require(try stage.claim(location(stage, id)))
            #expect(try Start(stage.spool.storage).start(locked, stage.attempt()))
            for directory in ["done", "history", "failed"] {
                FileTree.remove(stage.temporary[directory])
            }
            locked.job.attempts?[0].outcome = .completed
            locked.job.attempts?[0].finishedAt = stage.clock.now
            guard case .moved = try Finish(stage.spool.storage).finish(locked, .finish, random: 0)
            else {
                Issue.record("not moved")
                return
            }
            #expect(try Lookup(stage.spool.storage).locate(id).map(\.place) == [.done])
        }
    }

    @Test func dueJobsComeInOnTime() throws {
        try onStage { stage in
            var job = Job(command: .shell("true"))
            job.delay = .seconds(60)
            job.queue = "lane"
            let id = try stage.spool.submit(job)
            let (first, hasMore) = try Promote(stage.spool.storage).timetable(limit: 10)
            #expect(first.map(\.id) == [id] && !hasMore)
            let due = try #require(first.first?.due)
            #expect(due >= stage.clock.now + .seconds(60))
            let location = JobLocation(.scheduled, first[0])
            let target = try Promote(stage.spool.storage).promote(location)
            #expect(target?.path == "incoming/lane/5-\(id).json")
            #expect(try Promote(stage.spool.storage).promote(location) == nil)
        }
    }

    @Test func expiredJobsEndWithoutARun() throws {
        try onStage { stage in
            var job = Job(command: .shell("true"))
            job.expires = .after(.seconds(10))
            let place = try location(stage, stage.spool.submit(job))
            stage.clock.advance(.seconds(10))
            guard
                case .expired = try Claim(stage.spool.storage).claim(
                    place, for: stage.offer, freeSlots: 1)
            else {
                Issue.record("not expired")
                return
            }
            #expect(try Lookup(stage.spool.storage).locate(place.id).map(\.place) == [.failed])
        }
    }

    @Test func aHalfWrittenFileHasItsGrace() throws {
        try onStage { stage in
            try stage.temporary.write("incoming/x.json", #"{"comm"#)
            guard
                case .unsettled(let until) = try Admit(stage.spool.storage).admit(
                    "x.json", queue: nil)
            else {
                Issue.record("judged early")
                return
            }
            #expect(until > stage.clock.now)
            try stage.temporary.write("incoming/x.json", #"{"command": "true"}"#)
            guard
                case .admitted(let place) = try Admit(stage.spool.storage).admit(
                    "x.json", queue: nil)
            else {
                Issue.record("not admitted")
                return
            }
            #expect(place.place == .incoming)
            try stage.temporary.write("incoming/y.json", "{")
            stage.clock.advance(.seconds(60))
            guard case .rejected = try Admit(stage.spool.storage).admit("y.json", queue: nil) else {
                Issue.record("not rejected after its grace")
                return
            }
            #expect(try stage.temporary.names("dead-letter") == ["y.json", "y.json.reason"])
            guard case .gone = try Admit(stage.spool.storage).admit("y.json", queue: nil) else {
                Issue.record("not gone")
                return
            }
        }
    }

    @Test func sweepsOnlyWhatTheDeadHaveLeft() throws {
        try onStage { stage in
            for name in ["old", "locked"] { try stage.temporary.write("tmp/\(name).json", "x") }
            let file = try Directory(path: stage.temporary["tmp"]).open("locked.json", .readWrite)
            #expect(try file.tryLock())
            #expect(try Sweep(stage.spool.storage).all() == 0, "all are young")
            stage.clock.advance(.seconds(3600))
            #expect(try Sweep(stage.spool.storage).all() == 1)
            #expect(try stage.temporary.names("tmp") == ["locked.json"])
            #expect(file.number >= 0)
        }
    }

    @Test func onlyLivingWorkersAreListed() throws {
        try onStage { stage in
            let record = WorkerRecord(
                id: "me", slots: 3, queues: ["a"], offers: ["gpu"], isTransient: true,
                startedAt: stage.clock.now)
            try stage.temporary.write("workers/dead.json", "{}")
            #expect(try !WorkerRegistry(stage.spool.storage).hasWorker())
            #expect(try stage.temporary.names("workers") == [], "the dead one left")
            let registration = try WorkerRegistry(stage.spool.storage).register(record)
            #expect(try WorkerRegistry(stage.spool.storage).hasWorker())
            try stage.temporary.write("workers/dead.json", "{}")
            let workers = try stage.spool.workers()
            #expect(workers.map(\.id) == ["me"])
            #expect(workers.first?.slots == 3 && workers.first?.serves("b") == false)
            #expect(try stage.temporary.names("workers") == ["me.json"])
            registration.withdraw()
            #expect(try stage.spool.workers().isEmpty)
            #expect(try !WorkerRegistry(stage.spool.storage).hasWorker())
        }
    }
}
