import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// When a job that was put off begins, after people have changed its mind.
struct DelayTests {
    private let temporary: TemporarySpool
    private let spool: SpoolDirectory
    private let clock = TestClock()
    private let late: Instant

    init() throws {
        temporary = try TemporarySpool()
        spool = try temporary.open(clock)
        clock.set(Instant(seconds: clock.now.seconds))
        late = clock.now + .seconds(86_400)
    }

    private func delayed() throws -> JobID {
        var job = Job(command: .shell("true"))
        job.notBefore = late
        return try spool.submit(job)
    }

    private func location(_ id: JobID) throws -> JobLocation {
        let all = try Lookup(spool.storage).locate(id)
        return try #require(all.count == 1 ? all.first : nil)
    }

    /// A job that waits for its second attempt, an hour from now.
    private func retrying() throws -> JobID {
        let id = spool.storage.ids.make(at: clock.now)
        var job = Job(command: .shell("true"))
        job.id = id
        job.submittedAt = clock.now
        job.maxAttempts = 5
        job.state = .retrying
        job.retryAt = clock.now + .seconds(3600)
        var attempt = Attempt(
            number: 1, worker: "w", host: "h", bootID: "b", runner: .own(), command: nil,
            startedAt: clock.now)
        attempt.outcome = .failed
        attempt.finishedAt = clock.now
        job.attempts = [attempt]
        let location = JobLocation.scheduled(id, due: clock.now + .seconds(3600), .normal)
        try temporary.write(location.path, String(decoding: try job.json(), as: UTF8.self))
        return id
    }

    @Test(arguments: [false, true])
    func whatWasMovedToNowStaysSo(byHand: Bool) throws {
        try SpawnGate.quietly {
            let id = try delayed()
            if byHand {
                let target = JobLocation.incoming(id, queue: Job.defaultQueue, .normal)
                try temporary.rename(try location(id).path, to: target.path)
            } else {
                try spool.move(id, Job.Placement(due: clock.now))
            }
            try spool.hold(id)
            try spool.release(id)
            #expect(try location(id).place == .incoming)
        }
    }

    @Test func anEditToTheFormerTimeCounts() throws {
        try SpawnGate.quietly {
            let id = try delayed()
            try spool.move(id, Job.Placement(due: clock.now + .seconds(60)))
            try spool.edit(id) { $0.notBefore = late }
            #expect(try location(id).name.due == late)
        }
    }

    @Test func aTimeThatIsTakenOutDoesNotCount() throws {
        try SpawnGate.quietly {
            let id = try delayed()
            try spool.edit(id) { $0.notBefore = nil }
            #expect(try location(id).place == .incoming)
            let other = try retrying()
            try spool.edit(other) { $0.notBefore = late }
            #expect(try location(other).name.due == late)
            try spool.edit(other) { $0.notBefore = nil }
            let due = try JobReader(spool.storage).read(try location(other)).retryAt
            #expect(try location(other).name.due == due)
        }
    }

    @Test(arguments: [nil, TimeSpan.seconds(7200)])
    func aHeldRetryIsMoved(to span: TimeSpan?) throws {
        try SpawnGate.quietly {
            let id = try retrying()
            try spool.hold(id)
            try spool.move(id, Job.Placement(due: clock.now + (span ?? .zero)))
            try spool.release(id)
            let released = try location(id)
            #expect(released.place == (span == nil ? .incoming : .scheduled))
            if let span { #expect(released.name.due == clock.now + span) }
            try spool.hold(id)
            try spool.edit(id) { $0.notBefore = late }
            try spool.release(id)
            #expect(try location(id).name.due == late)
        }
    }

    @Test func whatHasExpiredIsNotQueuedAgain() throws {
        try SpawnGate.quietly {
            var job = Job(command: .shell("true"))
            job.expires = .after(.seconds(60))
            let id = try spool.submit(job)
            #expect(try spool.cancel(id))
            clock.advance(.seconds(61))
            let error = try #require(throws: SpoolError.self) { try spool.retry(id) }
            #expect(error.code == .invalidJob && error.message.contains("it expired at "))
            #expect(try location(id) == .failed(id))
        }
    }
}
