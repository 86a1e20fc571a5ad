import Spool
import SpoolTestSupport
import Testing

/// What programs read of a spool, with nothing but what `import Spool` gives them.
struct ReadingTests {
    private let temporary: TemporarySpool
    private let spool: SpoolDirectory

    init() throws {
        temporary = try TemporarySpool()
        spool = try temporary.open()
    }

    private func job(_ name: String, _ line: String = "true") -> Job {
        var job = Job(command: .shell(line))
        job.name = name
        return job
    }

    @Test func jobsAreFiltered() throws {
        // Two that were submitted in one millisecond would have been submitted at once.
        let clock = TestClock()
        let spool = try temporary.open(clock)
        var other = job("b")
        other.queue = "slow"
        other.tags = ["kind": "report"]
        let first = try spool.submit(job("a"))
        clock.advance(.milliseconds(1))
        let second = try spool.submit(other)
        let held = try spool.submit(job("c"), held: true)
        func ids(_ filter: Job.Filter, limit: Int? = nil) throws -> [JobID] {
            try spool.jobs(filter, limit: limit).compactMap(\.id)
        }
        #expect(try ids(Job.Filter()) == [held, second, first], "newest first")
        #expect(try ids(Job.Filter(), limit: 2) == [held, second])
        #expect(try ids(Job.Filter(states: [.queued])) == [second, first])
        #expect(try ids(Job.Filter(states: [.held, .running])) == [held])
        #expect(try ids(Job.Filter(states: [])).isEmpty)
        #expect(try ids(Job.Filter(queues: ["slow"])) == [second])
        #expect(try ids(Job.Filter(queues: ["default"])) == [held, first])
        #expect(try ids(Job.Filter(names: ["a", "c"])) == [held, first])
        #expect(try ids(Job.Filter(tags: ["kind": "report"])) == [second])
        #expect(try ids(Job.Filter(tags: ["kind": "other"])).isEmpty)
        let submitted = try #require(try spool.entry(of: second).job?.submittedAt)
        #expect(try ids(Job.Filter(since: submitted)) == [held, second])
    }

    @Test func whatIsNoJobFitsByItsStateAlone() throws {
        let id = try spool.submit(job("a"))
        let path = try spool.find("a").path
        try temporary.rename(path, to: "dead-letter/\(id).json")
        try temporary.write("dead-letter/\(id).json", "no job")
        #expect(try spool.jobs(Job.Filter(states: [.dead])).map(\.id) == [id])
        #expect(try spool.jobs(Job.Filter(states: [.dead], names: ["a"])).isEmpty)
    }

    @Test func anEndIsWaitedFor() throws {
        let id = try spool.submit(job("waits", "echo out; echo err >&2; exit 3"))
        #expect(try spool.wait(for: id, timeout: .zero) == nil)
        #expect(try spool.wait(for: id, timeout: .milliseconds(1)) == nil)
        let worker = try temporary.start("worker", "--until-empty")
        let end = try #require(try spool.wait(for: id, timeout: .seconds(120)))
        #expect(try worker.wait().status == 0)
        #expect(end.state == .failed)
        #expect(end.job?.attempts?.last?.exitCode == 3)
        #expect(try spool.wait(for: id)?.state == .failed, "it has ended")

        let log = spool.log(of: id)
        var output = ""
        var errors = ""
        func read() throws {
            try log.read { record in
                let text = String(decoding: record.bytes, as: UTF8.self)
                if record.stream == .error { errors += text } else { output += text }
            }
        }
        try read()
        try read()
        #expect(output == "out\n", "each record once")
        #expect(errors == "err\n")

        var verbs: [String] = []
        try spool.history { line in if line.job == id { verbs.append(line.verb) } }
        #expect(verbs == ["submit", "claim", "start", "finish"])
    }

    @Test func whoWaitsForNobodyIsTold() throws {
        let id = try spool.submit(job("gone"))
        try temporary.remove(try spool.find("gone").path)
        let error = try #require(throws: SpoolError.self) { _ = try spool.wait(for: id) }
        #expect(error.code == .notFound)
    }

    /// The message has a part of it.
    @Test func anErrorHandsOnTheNameThatNoJobHas() throws {
        let name = String(repeating: "x", count: 4000)
        for find in [{ try spool.find(name) }, { try Resolver(spool.storage).find([name])[0] }] {
            let error = try #require(throws: SpoolError.self) { _ = try find() }
            #expect(error.code == .notFound && error.missingJob == name)
            #expect(!error.message.contains(name))
        }
    }

    @Test func theHistoryIsReadInOrderAndPastDamage() throws {
        func line(_ time: String, _ verb: String) -> String {
            #"{"time":"\#(time)","verb":"\#(verb)"}"# + "\n"
        }
        try temporary.write("history/2031-02-01.ndjson", line("2031-02-01T10:00:00Z", "c"))
        try temporary.write(
            "history/2030-01-02.ndjson",
            line("2030-01-02T10:00:00Z", "a") + "{\"time\":\"20\n"
                + line("2030-01-02T11:00:00Z", "b")
                + "{\"time\":")
        try temporary.write("history/notes.txt", "none")
        func verbs(since start: Instant? = nil) throws -> [String] {
            var verbs: [String] = []
            try spool.history(since: start) { verbs.append($0.verb) }
            return verbs
        }
        #expect(try verbs() == ["a", "b", "c"])
        let ten = try #require(Instant(rfc3339: "2030-01-02T10:00:01Z"))
        #expect(try verbs(since: ten) == ["b", "c"])
        #expect(try verbs(since: ten + TimeSpan(.seconds(86_400))) == ["c"])
        let stop = SpoolError(.busy, "enough")
        #expect(throws: SpoolError.self) {
            try spool.history { _ throws(SpoolError) in throw stop }
        }
    }

    @Test func lengthsOfTimeMayBeDurations() {
        #expect(TimeSpan(Duration.seconds(600)) == .seconds(600))
        #expect(TimeSpan(.milliseconds(-1500)) == TimeSpan(microseconds: -1_500_000))
        #expect(TimeSpan(.nanoseconds(1999)) == TimeSpan(microseconds: 1))
        #expect(TimeSpan(.seconds(Int64.max)).microseconds == .max)
        #expect(TimeSpan(.seconds(Int64.min)).microseconds == .min)
    }
}
