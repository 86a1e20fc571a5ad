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
        #expect(JobReader(spool.storage).entry(at: before) == nil)
        #expect(try JobReader(spool.storage).entry(following: before)?.path == "failed/\(id).json")
        let found = try #require(try JobReader(spool.storage).follow(before))
        #expect(found.location.place == .failed)
        #expect(found.job.name == "moves")
    }

    @Test func whatIsGoneIsGone() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        let id = try spool.submit(Job(command: .shell("true")))
        let before = try spool.find(id.description)
        try temporary.remove(before.path)
        #expect(try JobReader(spool.storage).follow(before) == nil)
        #expect(try JobReader(spool.storage).entry(following: before) == nil)
    }

    @Test func theNewestIsFoundThoughItMovesMeanwhile() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        _ = try spool.submit(job())
        let wanted = try spool.submit(job())
        let place = try spool.find(wanted.description)
        var other = job()
        other.name = "other"
        _ = try spool.submit(other)
        let newest = try Resolver(spool.storage).newest { job in
            // It has been listed by now, and not yet been read.
            if job.name == "other" {
                #expect(throws: Never.self) { try moved(place, in: temporary) }
            }
            return job.name == "moves"
        }
        #expect(newest?.path == "failed/\(wanted).json")
    }
}
