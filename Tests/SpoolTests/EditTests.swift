import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// Changes of the fields of jobs that wait.
struct EditTests {
    /// A job that has begun as often as it may from now on would begin once more.
    @Test(arguments: [(1, false), (2, false), (3, true), (9, true)])
    func attemptsThatWereMadeCannotBeTakenBack(_ limit: Int, isLegal: Bool) throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        let id = spool.storage.ids.make(at: spool.storage.now())
        var job = Job(command: .shell("true"))
        job.maxAttempts = 5
        job.attempts = (1...3).map {
            var attempt = Attempt(
                number: $0, worker: "w", host: "h", bootID: "b", runner: .own(), command: nil,
                startedAt: spool.storage.now())
            attempt.outcome = .failed
            attempt.finishedAt = attempt.startedAt
            return attempt
        }
        // Of an earlier round, which doesn't count.
        job.earlierAttempts = 1
        job.state = .retrying
        let location = JobLocation.scheduled(id, due: .latest, .normal)
        try temporary.write(location.path, String(decoding: try job.json(), as: UTF8.self))
        let edit = Edit(spool.storage)
        if isLegal {
            try edit.edit(id) { $0.maxAttempts = limit }
            #expect(try JobReader(spool.storage).read(location).maxAttempts == limit)
        } else {
            let error = try #require(throws: SpoolError.self) {
                try edit.edit(id) { $0.maxAttempts = limit }
            }
            #expect(
                error.message.contains("\"max_attempts\" is \(limit), and it has had 2 attempts"))
            #expect(try JobReader(spool.storage).read(location).maxAttempts == 5)
        }
        // Other fields may change.
        try edit.edit(id) { $0.name = "new" }
    }
}
