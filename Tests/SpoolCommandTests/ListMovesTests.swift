import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

@testable import SpoolCommand

/// Jobs that move while a list is made. Each move is made at a step of the list.
struct ListMovesTests {
    private let temporary: TemporarySpool
    private let clock = TestClock()
    private let spool: SpoolDirectory
    private static let ended = [Place.done, .failed, .deadLetter]

    init() throws {
        temporary = try TemporarySpool()
        spool = try temporary.open(clock)
    }

    private func submit(_ change: (inout Job) -> Void = { _ in }) throws -> JobID {
        var job = Job(command: .shell("true"))
        change(&job)
        return try spool.submit(job)
    }

    /// As worker and runner do it.
    private func rename(_ id: JobID, to target: JobLocation) throws {
        let found = try Lookup(spool.storage).locate(id)
        try temporary.rename(try #require(found.last).path, to: target.path)
    }

    /// Moves to be made at the steps of a list: each after the first such step that comes when all before it are made.
    private typealias Moves = [(after: ListSearch.Step, move: () throws -> Void)]

    private func list(
        _ filter: JobFilter = JobFilter(isOfAll: true), limits: ListLimits = .none,
        moving moves: Moves
    ) throws -> JobList {
        var left = moves[...]
        var search = ListSearch(filter: filter, limits: limits)
        search.interrupt = { step in
            guard let next = left.first, next.after == step else { return }
            left.removeFirst()
            do { try next.move() } catch { Issue.record(error) }
        }
        let list = try search.find(in: spool)
        #expect(left.isEmpty, "a step didn't come")
        return list
    }

    // MARK: Back to an earlier place

    @Test func aJobThatWaitsForItsRetryIsNotMissed() throws {
        let id = try submit()
        try rename(id, to: .running(id, attempt: 1))
        let due = JobLocation.scheduled(id, due: spool.storage.now(), .normal)
        let list = try list(moving: [(.read([.scheduled]), { try rename(id, to: due) })])
        #expect(list.entries.map(\.path) == [due.path])
    }

    @Test func aJobThatIsPutBackIsInItsOrder() throws {
        let ids = try (0..<3).map { _ in try submit() }
        try rename(ids[1], to: .running(ids[1], attempt: 1))
        let back = JobLocation.incoming(ids[1], queue: "default", .normal)
        let list = try list(moving: [(.read([.incoming]), { try rename(ids[1], to: back) })])
        #expect(list.entries.map(\.id) == ids)
    }

    /// One that was missed twice is met in a third look, as the second one has met another job.
    @Test func looksGoOnAsLongAsTheyMeetJobs() throws {
        let ids = try [submit(), submit()]
        for id in ids { try rename(id, to: .running(id, attempt: 1)) }
        let due = ids.map { JobLocation.scheduled($0, due: spool.storage.now(), .normal) }
        let list = try list(moving: [
            (.read([.held]), { try rename(ids[1], to: .held(ids[1], .normal)) }),
            (.read([.scheduled]), { try rename(ids[0], to: due[0]) }),
            (
                .read(ListMovesTests.ended),
                { try rename(ids[1], to: .running(ids[1], attempt: 1)) }
            ),
            (.read([.scheduled]), { try rename(ids[1], to: due[1]) }),
        ])
        #expect(list.entries.map(\.path) == due.map(\.path))
    }

    @Test func aJobThatHasEndedWhenItIsLookedForIsShownAsEnded() throws {
        let id = try submit()
        try rename(id, to: .running(id, attempt: 1))
        let due = JobLocation.scheduled(id, due: spool.storage.now(), .normal)
        let list = try list(moving: [
            (.read([.scheduled]), { try rename(id, to: due) }),
            (.read(ListMovesTests.ended), { try rename(id, to: .failed(id)) }),
        ])
        #expect(list.entries.map(\.path) == [JobLocation.failed(id).path])
    }

    @Test(arguments: [true, false])
    func anEndedJobThatIsRetriedIsNotMissed(_ isRead: Bool) throws {
        let id = try submit()
        #expect(try spool.cancel(id))
        let step = isRead ? ListSearch.Step.read([.running]) : .named(ListMovesTests.ended)
        let list = try list(moving: [(step, { try spool.retry(id) })])
        #expect(list.entries.map(\.id) == [id] && list.entries.first?.state == .queued)
    }

    // MARK: Within a place

    @Test(arguments: ["a", "new", "default"])
    func aJobThatGoesToAnotherQueueIsShownOnce(_ queue: String) throws {
        let other = try submit { $0.queue = "a" }
        let id = try submit { $0.queue = "b" }
        let list = try list(moving: [
            (.named([.incoming]), { _ = try spool.move(id, .init(queue: queue)) })
        ])
        #expect(list.entries.map(\.id) == [other, id])
        #expect(list.entries.last?.location?.queue == queue)
    }

    @Test(arguments: ["default", "video"])
    func aJobOfAnotherPriorityIsShownOnce(_ queue: String) throws {
        let ids = try (0..<2).map { _ in try submit { $0.queue = queue } }
        let list = try list(moving: [
            (.named([.incoming]), { _ = try spool.move(ids[1], .init(priority: .high)) })
        ])
        #expect(list.entries.map(\.id) == ids.reversed())
    }

    // MARK: Dropped files

    /// - Parameter looks: in which look it is admitted.
    @Test(arguments: ["", "video/"], [1, 2])
    func aDroppedFileThatIsAdmittedIsShownOnce(_ queue: String, _ look: Int) throws {
        let steps: [ListSearch.Step] = [
            .read([.held]), .named([.incoming]), .read([.incoming]), .read(ListMovesTests.ended),
        ]
        for step in steps {
            _ = try submit { $0.queue = "video" }
            try SpawnGate.quietly {
                try temporary.drop("x.json", "{\"command\": \"true\"}", in: "incoming/" + queue)
                clock.set(Instant(nanoseconds: Clock.realtime()))
                let before = try Listing(spool.storage).locations().count
                let admit = {
                    let name = queue.isEmpty ? nil : "video"
                    guard case .admitted = try Admit(spool.storage).admit("x.json", queue: name)
                    else { throw FileTree.Failure(description: "not admitted") }
                }
                var moves: Moves = [(step, admit)]
                if look == 2 { moves.insert((.read(ListMovesTests.ended), {}), at: 0) }
                #expect(try list(moving: moves).entries.count == before + 1, "\(step)")
            }
        }
    }

    // MARK: Limits

    @Test func aJobOfAWindowThatWasThrownAwayIsNotMissed() throws {
        let moved = try submit { $0.name = "x" }
        clock.advance(.seconds(1))
        for _ in 0..<1100 {
            let id = JobIDGenerator().make(at: spool.storage.now())
            try temporary.write("incoming/5-\(id).json", "{\"command\": \"true\"}")
        }
        clock.advance(.seconds(1))
        let last = try submit { $0.name = "x" }
        let list = try list(
            JobFilter(isOfAll: true, name: "x"), limits: ListLimits(waiting: 2, ended: 2),
            moving: [(.read([.incoming]), { _ = try spool.hold(moved) })])
        #expect(list.entries.map(\.id) == [last, moved])
    }

    @Test(arguments: [1, 2])
    func noMoreAreShownThanTheLimitAllows(_ limit: Int) throws {
        let ids = try (0..<3).map { _ in try submit() }
        try rename(ids[0], to: .failed(ids[0]))
        try rename(ids[1], to: .running(ids[1], attempt: 1))
        try rename(ids[2], to: .running(ids[2], attempt: 1))
        let due = ids.map { JobLocation.scheduled($0, due: spool.storage.now(), .normal) }
        let list = try list(
            limits: ListLimits(waiting: limit, ended: limit),
            moving: [
                (
                    .read([.scheduled]),
                    { for index in 1...2 { try rename(ids[index], to: due[index]) } }
                ),
                (.read(ListMovesTests.ended), { try rename(ids[1], to: .failed(ids[1])) }),
            ])
        let ended = limit == 1 ? [ids[1]] : [ids[0], ids[1]]
        #expect(list.entries.map(\.id) == [ids[2]] + ended)
        #expect(list.unread.ended == 2 - limit && list.unread.waiting == 0)
    }

    /// One that the limit has left unread isn't taken for one that has gone back.
    @Test func aJobThatGoesBackTakesTheRoomOfAnother() throws {
        let ids = try (0..<4).map { _ in try submit() }
        try rename(ids[1], to: .running(ids[1], attempt: 1))
        let back = JobLocation.incoming(ids[1], queue: "default", .normal)
        let list = try list(
            limits: ListLimits(waiting: 2, ended: 2),
            moving: [(.read([.incoming]), { try rename(ids[1], to: back) })])
        #expect(list.entries.map(\.id) == [ids[0], ids[1]])
        #expect(list.unread.waiting == 2)
    }

    // MARK: Jobs met twice

    @Test func aJobThatGoesOnIsShownInItsLastPlace() throws {
        let id = try submit()
        let running = JobLocation.running(id, attempt: 1)
        let list = try list(moving: [
            (.read([.incoming]), { try rename(id, to: running) }),
            (.read([.running]), { try rename(id, to: .failed(id)) }),
        ])
        #expect(list.entries.map(\.path) == [JobLocation.failed(id).path])
    }

    @Test func aCopyIsShownThoughTheJobEnds() throws {
        let id = try submit()
        let copy = JobLocation.incoming(id, queue: "default", .normal)
        try rename(id, to: .running(id, attempt: 1))
        try temporary.copy(JobLocation.running(id, attempt: 1).path, to: copy.path)
        #expect(try list(moving: []).entries.map(\.state) == [.queued, .running])
        let list = try list(
            limits: ListLimits(waiting: 10, ended: 0),
            moving: [(.read([.running]), { try rename(id, to: .failed(id)) })])
        #expect(list.entries.map(\.path) == [copy.path])
    }

    @Test func aJobThatIsHeldAgainIsShownAsHeld() throws {
        let id = try spool.submit(Job(command: .shell("true")), held: true)
        let list = try list(moving: [
            (.read([.held]), { _ = try spool.release(id) }),
            (.read([.incoming]), { _ = try spool.hold(id) }),
        ])
        #expect(list.entries.map(\.state) == [.held])
    }

    // MARK: What isn't looked for

    @Test func youngerJobsAreNotLookedFor() throws {
        let id = try submit()
        var younger: [JobID] = []
        let list = try list(moving: [
            (
                .read([.incoming]),
                {
                    clock.advance(.seconds(1))
                    younger = try [submit(), submit()]
                }
            )
        ])
        #expect(list.entries.map(\.id) == [id] && younger.count == 2)
    }

    @Test func whatHasNotChangedIsListedOnce() throws {
        let id = try submit { $0.queue = "video" }
        _ = try submit()
        // Just before a change of a directory, nobody can tell whether another one follows.
        for directory in try Listing(spool.storage).directories() {
            let path = directory.subdirectory.map { "/" + $0 } ?? ""
            var times = [timeval(tv_sec: 1, tv_usec: 0), timeval(tv_sec: 1, tv_usec: 0)]
            try FileTree.check(
                utimes(temporary[directory.place.directory + path], &times), "utimes")
        }
        var listing = RepeatedListing(spool.storage)
        var goesOn = listing.next()
        let all = try listing.directories(of: RepeatedListing.openPlaces)
        #expect(goesOn && all.count == 6)
        let isNew = [listing.meet(id), listing.meet(id)]
        #expect(isNew == [true, false])
        goesOn = listing.next()
        let unchanged = try listing.directories(of: RepeatedListing.openPlaces)
        #expect(goesOn && unchanged.isEmpty)
        _ = try spool.move(id, .init(priority: .high))
        let changed = try listing.directories(of: [.held, .incoming])
        #expect(changed.map(\.subdirectory) == ["video"])
        goesOn = listing.next()
        #expect(!goesOn && !listing.isWanted(id))
    }
}
