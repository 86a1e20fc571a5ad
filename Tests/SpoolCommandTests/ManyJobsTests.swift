import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

/// One command for many jobs: it lists no directory once for each of them.
struct ManyJobsTests {
    /// A spool with so many jobs that are due tomorrow: their ids.
    private func scheduled(_ count: Int, in spool: TemporarySpool) throws -> [String] {
        let line = #"{"command": ["true"], "sync": "off", "delay": "1d"}"# + "\n"
        let result = try spool.run(
            ["submit", "-"], input: String(repeating: line, count: count))
        #expect(result.status == 0, "\(result.errorText)")
        return result.text.split(separator: "\n").map(String.init)
    }

    /// How often a command, which is to end with this status, opens scheduled/ to read the names in it.
    private func listings(
        _ spool: TemporarySpool, _ arguments: [String], input: String, status: Int32 = 0
    ) throws -> Int {
        let watch = try DirectoryWatch()
        _ = try watch.watch(spool["scheduled"], .opening)
        let result = try spool.run(arguments, input: input)
        #expect(result.status == status, "\(result.errorText)")
        return try watch.read().count { $0.kind == .opened && $0.name.isEmpty }
    }

    @Test(arguments: [
        ["cancel", "-"], ["hold", "-"], ["move", "--priority", "high", "-"], ["status", "-"],
    ])
    func listsOnceForAll(_ words: [String]) throws {
        let spool = try TemporarySpool()
        let ids = try scheduled(30, in: spool)
        let count = try listings(spool, words, input: ids.joined(separator: "\n"))
        #expect((1...2).contains(count), "\(count) listings for \(ids.count) jobs")
    }

    @Test(arguments: [["clean", "-"], ["clean", "--failed", "--older", "0s"], ["retry", "-"]])
    func endedOnesNeedNoListOfTheScheduledForEach(_ words: [String]) throws {
        let spool = try TemporarySpool()
        let ids = try scheduled(30, in: spool)
        _ = try scheduled(3, in: spool)
        let input = ids.joined(separator: "\n")
        #expect(try spool.run(["cancel", "-"], input: input).status == 0)
        let isByFilter = words.count > 2
        let count = try listings(spool, words, input: isByFilter ? "" : input)
        #expect(count <= 2, "\(count) listings for \(ids.count) jobs")
        #expect(try spool.ids(in: .failed).isEmpty)
    }

    @Test func waitsForManyThatHaveEnded() throws {
        let spool = try TemporarySpool()
        let ids = try scheduled(30, in: spool)
        let input = ids.joined(separator: "\n")
        #expect(try spool.run(["cancel", "-"], input: input).status == 0)
        let watch = try DirectoryWatch()
        _ = try watch.watch(spool["scheduled"], .opening)
        let result = try spool.run(["wait", "-"], input: input)
        #expect(result.status == 125)
        #expect(!result.errorText.contains("no worker is running"), "\(result.errorText)")
        #expect(try watch.read().count { $0.kind == .opened && $0.name.isEmpty } <= 2)
    }

    /// A few looks in case they move meanwhile, but none for each.
    @Test func listsOnceForAllThatAreMissing() throws {
        let spool = try TemporarySpool()
        let ids = try scheduled(3, in: spool)
        let generator = JobIDGenerator()
        let absent = (0..<2).map { index in
            generator.make(at: Instant(milliseconds: 1_700_000_000_000 + Int64(index))).description
        }
        let count = try listings(
            spool, ["wait", "-"], input: (ids + absent).joined(separator: "\n"), status: 66)
        #expect((1...6).contains(count), "\(count) listings for two that are missing")
    }

    /// By parts of ids and by names as well, each listed and read once.
    @Test func findsManyByPartsAndNames() throws {
        let spool = try TemporarySpool()
        let ids = try (0..<6).map {
            try spool.submit("--name", "job-\($0)", "--delay", "1d", "--", "true")
        }
        let texts = [
            String(ids[0].suffix(8)), String(ids[1].suffix(10)).lowercased(), "job-2",
            "scheduled/"
                + (try #require(try spool.names("scheduled").first { $0.contains(ids[3]) })),
            ids[4], ids[0], "job-5",
        ]
        let result = try spool.run(["cancel", "-"], input: texts.joined(separator: "\n"))
        #expect(result.status == 0, "\(result.errorText)")
        #expect(try spool.ids(in: .failed) == ids.sorted())
    }

    @Test func namesTheOneThatIsNotThere() throws {
        let spool = try TemporarySpool()
        let ids = try scheduled(3, in: spool)
        let absent = JobIDGenerator().make(at: Instant(milliseconds: 1_700_000_000_000)).description
        for missing in [absent, "no-such-name"] {
            let result = try spool.run(["cancel", "-"], input: "\(ids[0]) \(missing) \(ids[1])")
            #expect(result.status == 66)
            #expect(result.errorText.contains("no job \"\(missing)\""))
        }
        #expect(try spool.ids(in: .scheduled) == ids.sorted(), "nothing was cancelled")
    }

    @Test func anAmbiguousPartNamesItsMatches() throws {
        let spool = try TemporarySpool()
        let ids = try scheduled(2, in: spool)
        let part = String(ids[0].prefix(4))
        let result = try spool.run(["cancel", "-"], input: "\(ids[0]) \(part)")
        #expect(result.status == 64)
        #expect(result.errorText.contains("\"\(part)\" fits 2 jobs"))
        #expect(try spool.ids(in: .scheduled).count == 2)
    }
}

/// Where a job lay a moment ago is a hint, never the truth.
struct LocateAfterTests {
    @Test(arguments: [Place.incoming, .held, .running, .done, .failed])
    func findsAJobThatHasMoved(to place: Place) throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        var job = Job(command: .shell("true"))
        job.delay = .seconds(86_400)
        let id = try spool.submit(job)
        let known = try #require(try Lookup(spool.storage).locate(id).first)
        #expect(known.place == .scheduled)
        let target: JobLocation =
            switch place {
            case .incoming: .incoming(id, queue: "mail", .high)
            case .held: .held(id, .low)
            case .running: .running(id, attempt: 3)
            case .done: .done(id, finishedAt: spool.storage.now())
            default: .failed(id)
            }
        _ = mkdir(temporary[target.directory], 0o700)
        try temporary.rename(known.path, to: target.path)
        #expect(try Lookup(spool.storage).locate(id, after: known) == target)
        #expect(try Lookup(spool.storage).locate(id, after: target) == target)
        // Back again: also that is found, though scheduled/ is asked last.
        try temporary.rename(target.path, to: known.path)
        #expect(try Lookup(spool.storage).locate(id, after: target) == known)
        try temporary.remove(known.path)
        #expect(try Lookup(spool.storage).locate(id, after: known) == nil)
    }
}
