import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// Jobs that move on between the moment when they are found and the moment when they are read.
struct FollowTests {
    private func moved(_ location: JobLocation, in spool: TemporarySpool) throws {
        try spool.rename(location.path, to: "failed/\(location.id).json")
    }

    private func job() -> Job {
        var job = Job(command: .shell("true"))
        job.name = "moves"
        return job
    }

    @Test func whatHasMovedIsReadWhereItLies() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        let id = try spool.submit(job())
        let before = try spool.find("moves")
        try moved(before, in: temporary)
        #expect(spool.entry(at: before) == nil)
        #expect(try spool.entry(following: before)?.path == "failed/\(id).json")
        let found = try #require(try spool.follow(before))
        #expect(found.location.place == .failed)
        #expect(found.job.name == "moves")
    }

    @Test func whatIsGoneIsGone() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        let id = try spool.submit(Job(command: .shell("true")))
        let before = try spool.find(id.description)
        try temporary.remove(before.path)
        #expect(try spool.follow(before) == nil)
        #expect(try spool.entry(following: before) == nil)
    }

    /// The newest of all, and the newest of a name, are never an older one because the right one moves.
    @Test func theNewestIsFoundWhileItMoves() async throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        for _ in 0..<5 { _ = try spool.submit(job()) }
        for _ in 0..<60 {
            let id = try spool.submit(job())
            let place = try spool.find(id.description)
            async let move: Void = moved(place, in: temporary)
            let newest = try spool.newest()
            let named = try spool.jobs(named: "moves")
            try await move
            #expect(newest?.id == id)
            #expect(named.first?.id == id)
        }
    }
}
