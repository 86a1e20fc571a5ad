import Spool
import SpoolTestSupport
import SpoolTime
import Testing

/// Entries whose jobs have keys.
struct SchedulerKeyTests {
    private let entry =
        #"OVERLAP=allow"# + "\n"
        + #"*/5 * * * * {"name": "a", "command": "true", "key": "k", "key_until": "end"}"#

    private func other() -> Job {
        var job = Job(command: .arguments(["true"]))
        (job.key, job.keyUntil, job.name) = ("k", .end, "other")
        return job
    }

    @Test func slotsAreSkippedWhileAnotherJobHasTheKey() throws {
        let bench = try SchedulerBench(entry)
        let id = try bench.spool.submit(other())
        try bench.run(to: 10)
        #expect(try bench.jobs().map(\.name) == ["other"])
        let skipped = try bench.record("a").skipped
        #expect(skipped == 2)
        try bench.spool.cancel(id)
        try bench.run(to: 25)
        // Its own job has the key from the first slot on.
        #expect(try bench.slots() == [15])
    }

    /// The entry's own job has the key. Nothing of the slot is left to be waited for.
    @Test(arguments: ["skip", "replace"])
    func theNextSlotsAreDecided(_ overlap: String) throws {
        let bench = try SchedulerBench(
            entry.replacing("OVERLAP=allow", with: "OVERLAP=\(overlap)"))
        try bench.run(to: 15)
        #expect(try bench.slots() == [5])
        #expect(try bench.record("a").skipped == 2)
    }

    @Test func aSlotThatWaitsForTheKeysJobRunsAfterIt() throws {
        let bench = try SchedulerBench(entry.replacing("OVERLAP=allow", with: "OVERLAP=queue"))
        try bench.run(to: 10)
        #expect(try bench.slots() == [5])
        try bench.finish(try #require(try bench.jobs().first))
        try bench.recheckWaiting()
        #expect(try bench.slots() == [10])
    }

    /// The key is taken once the slot is decided.
    @Test func theJobOfADecidedSlotEndsIfItsKeyIsTaken() throws {
        let bench = try SchedulerBench(entry)
        bench.fatalStep = .markerMade
        #expect(throws: SpoolError.self) { try bench.run(to: 5) }
        let id = try bench.spool.submit(other())
        try bench.restart()
        #expect(try bench.jobs().map(\.name) == ["other"])
        let failed = try #require(try bench.spool.jobs(Job.Filter()).first { $0.id != id })
        #expect(failed.state == .cancelled && failed.message == "the same key as job \(id)")
        #expect(try bench.directory.names("tmp") == [])
    }

    @Test(arguments: SlotStep.allCases.filter { $0 != .replacedCancelled })
    func aSlotWithAKeyRunsOnceWhereverItIsKilled(_ step: SlotStep) throws {
        let bench = try SchedulerBench(entry)
        bench.fatalStep = step
        #expect(throws: SpoolError.self) { try bench.run(to: 5) }
        try bench.restart()
        try bench.run(to: 6)
        #expect(try bench.slots() == [5])
        #expect(try bench.spool.submit(other()) == bench.jobs().first?.id)
    }
}
