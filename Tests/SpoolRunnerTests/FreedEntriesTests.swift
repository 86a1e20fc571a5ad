import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import SpoolRunner

/// Once nothing is in the way of an entry any more, it goes on as if nothing had been.
struct FreedEntriesTests {
    private static let otherBoot = "11234567-89ab-cdef-0123-456789abcdef"

    private func isOver(_ bench: SchedulerBench) -> Bool {
        bench.reports.contains { $0.contains(": over, after ") }
    }

    /// The keys of the hindered entries.
    private func hindered(_ bench: SchedulerBench) -> [String]? {
        bench.engine.map { Array($0.progress.hindered.keys) }
    }

    private func names(_ bench: SchedulerBench) throws -> [String] {
        try bench.jobs().compactMap(\.name).sorted()
    }

    private func makeDirectory(_ path: String, _ bench: SchedulerBench) throws {
        try FileTree.check(mkdir(bench.directory[path], 0o700), "mkdir")
    }

    private func tickSoon(_ bench: SchedulerBench) throws {
        bench.pass(.seconds(1))
        try bench.tick()
    }

    /// The marker of an entry's newest slot.
    private func marker(_ bench: SchedulerBench, of name: String = "a") throws -> String {
        let names = try bench.directory.names("state/slots")
        return "state/slots/" + (try #require(names.first { $0.hasPrefix(name + "@") }))
    }

    // MARK: One that has waited

    /// Something is in the way of the job itself, of the record of its slot, or of that of the newest one.
    @Test(arguments: ["job", "record", "newest"])
    func theSlotsThatCameWhileOneWaitedAreDropped(_ obstacle: String) throws {
        let bench = try SchedulerBench("OVERLAP=queue\n* * * * * \(entryJob("a"))")
        try bench.run(to: 1)
        // The job that waits goes elsewhere than the one before.
        try bench.write("OVERLAP=queue\n* * * * * \(entryJob("a", ", \"queue\": \"q\""))")
        try bench.reload()
        try bench.run(to: 30)
        try bench.finish(try #require(try bench.jobs().first))
        let marker = try marker(bench)
        let newest = "state/slots/a@20300601T123000.000Z.json"
        switch obstacle {
        case "job":
            try bench.directory.write("incoming/q", "")
        case "record":
            try bench.directory.rename(marker, to: "state/marker")
            try makeDirectory(marker, bench)
        default: try makeDirectory(newest, bench)
        }
        try bench.recheckWaiting()
        #expect(bench.reports.count { $0.hasPrefix("a: ") } == 1, "\(bench.reports)")
        try tickSoon(bench)
        #expect(!isOver(bench))
        switch obstacle {
        case "job": try bench.directory.remove("incoming/q")
        case "record":
            FileTree.remove(bench.directory[marker])
            try bench.directory.rename("state/marker", to: marker)
        default: FileTree.remove(bench.directory[newest])
        }
        try tickSoon(bench)
        #expect(isOver(bench), "\(bench.reports)")
        #expect(try bench.slots("incoming/q") == [2])
        let record = try bench.record("a")
        #expect(record.skipped == 28 && record.missed == 0)
        #expect(hindered(bench) == [])
    }

    // MARK: One without a slot that has come

    /// Otherwise nobody would be told before its next slot, and a scheduler that is to end would wait for that.
    @Test func aMarkIsSetBackLater() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n0 0 * * * \(entryJob("a"))")
        bench.step(.seconds(86_400 * 365))
        try bench.tick()
        let copy = "state/crontabs/crontab"
        try bench.directory.rename(copy, to: "state/copy")
        try makeDirectory(copy, bench)
        bench.step(.seconds(-86_400 * 365))
        try bench.tick()
        #expect(hindered(bench) == ["a"])
        #expect(bench.reports.count { $0.contains(copy) } == 1, "\(bench.reports)")
        FileTree.remove(bench.directory[copy])
        try bench.directory.rename("state/copy", to: copy)
        try tickSoon(bench)
        #expect(bench.reports.contains { $0.contains("far in the future") }, "\(bench.reports)")
        #expect(hindered(bench) == [])
        #expect(isOver(bench))
    }

    @Test func aLineIsEditedMeanwhile() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(entryJob("a"))")
        try bench.run(to: 10)
        let marker = try marker(bench)
        try bench.directory.rename(marker, to: "state/marker")
        try makeDirectory(marker, bench)
        try bench.run(to: 20)
        #expect(hindered(bench) == ["a"])
        try bench.write("OVERLAP=allow\n0 0 * * * \(entryJob("a"))")
        try bench.reload()
        #expect(hindered(bench) == [])
    }

    /// People know it by its name, not by that of its files.
    @Test func anEntryIsToldOfByItsName() throws {
        let bench = try SchedulerBench("OVERLAP=allow\n*/10 * * * * \(entryJob("my job"))")
        bench.fatalStep = .markerMade
        #expect(throws: SpoolError.self) { try bench.run(to: 10) }
        let marker = try marker(bench, of: "my%20job")
        try bench.directory.rename(marker, to: "state/marker")
        try makeDirectory(marker, bench)
        try bench.restart()
        #expect(bench.reports.contains { $0.hasPrefix("my job: ") }, "\(bench.reports)")
        try tickSoon(bench)
        #expect(!bench.reports.contains { $0.contains("my%20job: /") }, "\(bench.reports)")
    }

    // MARK: Boots

    /// Something is in the way of the mark of the boot, or of an entry.
    @Test(arguments: ["state/reboot", "state/slots"])
    func anEntryThatComesMeanwhileWaitsForTheNextBoot(_ place: String) throws {
        let bench = try SchedulerBench("OVERLAP=allow\n@reboot \(entryJob("a"))")
        #expect(try names(bench) == ["a"])
        let path = place == "state/slots" ? try marker(bench) : place
        try bench.directory.rename(path, to: "state/away")
        try makeDirectory(path, bench)
        bench.bootID = Self.otherBoot
        try bench.restart()
        let summary = place == "state/slots" ? "1 entry" : "what follows boots"
        #expect(bench.engine?.progress.hindered.summary == summary)
        try bench.write("OVERLAP=allow\n@reboot \(entryJob("a"))\n@reboot \(entryJob("b"))")
        try bench.reload()
        try bench.run(to: 5)
        #expect(try names(bench) == ["a"])
        FileTree.remove(bench.directory[path])
        try bench.directory.rename("state/away", to: path)
        try bench.run(to: 7)
        #expect(isOver(bench))
        #expect(try names(bench) == ["a", "a"])
        #expect(hindered(bench) == [])
        bench.bootID = "21234567-89ab-cdef-0123-456789abcdef"
        try bench.restart()
        #expect(try names(bench) == ["a", "a", "a", "b"])
    }
}
