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

    private func names(_ bench: SchedulerBench) throws -> [String] {
        try bench.jobs().compactMap(\.name).sorted()
    }

    private func makeDirectory(_ path: String, _ bench: SchedulerBench) throws {
        try FileTree.check(mkdir(bench.directory[path], 0o700), "mkdir")
    }

    /// The marker of an entry's newest slot.
    private func marker(_ bench: SchedulerBench, of name: String = "a") throws -> String {
        let names = try bench.directory.names("state/slots")
        return "state/slots/" + (try #require(names.first { $0.hasPrefix(name + "@") }))
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
        try bench.write("OVERLAP=allow\n@reboot \(entryJob("a"))\n@reboot \(entryJob("b"))")
        try bench.reload()
        try bench.run(to: 5)
        #expect(try names(bench) == ["a"])
        FileTree.remove(bench.directory[path])
        try bench.directory.rename("state/away", to: path)
        try bench.run(to: 7)
        #expect(isOver(bench))
        #expect(try names(bench) == ["a", "a"])
        bench.bootID = "21234567-89ab-cdef-0123-456789abcdef"
        try bench.restart()
        #expect(try names(bench) == ["a", "a", "a", "b"])
    }
}
