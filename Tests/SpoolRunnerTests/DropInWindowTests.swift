import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

@testable import SpoolRunner

/// More files at once than a worker admits at once.
struct DropInWindowTests {
    private func drop(_ count: Int, into spool: TemporarySpool) throws {
        let job = #"{"command": "true", "not_before": "2100-01-01T00:00:00Z"}"#
        for number in 0..<count { try spool.write("incoming/\(number).json", job) }
    }

    @Test func keepsTheOldestOnly() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        try FileTree.check(mkdir(temporary["incoming/urgent"], 0o700), "mkdir")
        for name in ["zebra", "urgent/ant"] { try temporary.write("incoming/\(name).json", "") }
        var window = DropInWindow()
        // What has gone already counts as the oldest: a look at it costs least.
        for number in 0..<DropInWindow.limit - 1 {
            window.insert("gone-\(number).json", queue: nil, of: spool)
        }
        window.insert("ant.json", queue: "urgent", of: spool)
        #expect(!window.hasMore)
        window.insert("zebra.json", queue: nil, of: spool)
        #expect(window.hasMore)
        let sorted = window.sorted
        #expect(sorted.count == DropInWindow.limit)
        #expect(sorted.first?.name == "gone-0.json" && sorted.first?.queue == nil)
        // Written first, though its name comes last.
        #expect(sorted.last?.name == "zebra.json" || sorted.last?.queue == "urgent")
    }

    /// Within a tick of the kernel's clock they can't be told apart by their times.
    @Test func withinATickTheOrderOfTheFilesCounts() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        let names = (1...20).reversed().map { "job-\($0).json" }
        for name in names { try temporary.write("incoming/\(name)", "") }
        var numbers: [UInt64] = []
        for name in names {
            numbers.append(
                try #require(try spool.storage.root.status(of: "incoming/" + name)).identity.inode)
        }
        // As on most file systems.
        guard numbers == numbers.sorted() else {
            return print("skipped: files are numbered otherwise")
        }
        var window = DropInWindow()
        for name in names.shuffled() { window.insert(name, queue: nil, of: spool) }
        #expect(window.sorted.map(\.name) == names)
    }

    @Test func allAreAdmitted() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        let count = DropInWindow.limit + 100
        try drop(count, into: spool)
        try spool.runWorker()
        #expect(try spool.names("scheduled").count == count)
        #expect(try spool.names("incoming").isEmpty)
        #expect(try spool.names("dead-letter").isEmpty)
    }
}
