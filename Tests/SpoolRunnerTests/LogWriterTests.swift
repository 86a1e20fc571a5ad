import Glibc
import Spool
import SpoolTestSupport
import Testing

@testable import SpoolRunner

/// Output goes into the log; where it can't, the job goes on.
struct LogWriterTests {
    private func write(_ log: LogWriter, _ text: String, _ stream: LogFormat.Stream = .output) {
        Array(text.utf8).withUnsafeBytes { log.write($0, stream, at: 1) }
    }

    private func text(_ spool: SpoolDirectory, _ id: JobID) throws -> String {
        var bytes: [UInt8] = []
        try LogReader(spool, id).read { record throws(SpoolError) in bytes += record.bytes }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func cutsAtTheLimitAndCountsTheRest() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        let id = spool.ids.make(at: spool.now())
        let log = LogWriter(spool: spool, id: id, limit: 10)
        write(log, "12345\n")
        #expect(log.record.dropped == nil)
        write(log, "789012", .error)
        write(log, "more")
        #expect(try text(spool, id) == "12345\n7890")
        #expect(log.record.dropped == 6)
        #expect(log.record.cut == "limit")
        #expect(log.tailText == "12345\nmore", "the tail goes on")
    }

    @Test func goesOnWhereAnEarlierAttemptEnded() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        let id = spool.ids.make(at: spool.now())
        let first = LogWriter(spool: spool, id: id, limit: 100)
        write(first, "one\n")
        let second = LogWriter(spool: spool, id: id, limit: 3)
        write(second, "two")
        #expect(second.record.start == first.record.end)
        #expect(second.record.dropped == nil, "each attempt has a limit of its own")
        #expect(try text(spool, id) == "one\ntwo")
    }

    @Test func keepsTheTailOfStandardOutput() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        let log = LogWriter(spool: spool, id: spool.ids.make(at: spool.now()), limit: 1 << 20)
        for number in 0..<2000 { write(log, "line \(number)\n") }
        write(log, "error", .error)
        #expect(log.output.end.count <= 1024)
        #expect(log.tailText.hasPrefix("line 1") && log.tailText.hasSuffix("line 1999\n"))
        let large = String(repeating: "x", count: 5000)
        write(log, large)
        #expect(log.tailText == large.prefix(1024))
    }

    @Test func isMadeWithTheFirstOutput() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        let id = spool.ids.make(at: spool.now())
        let log = LogWriter(spool: spool, id: id, limit: 100)
        #expect(log.record == Attempt.Log(start: 0, end: 0))
        #expect(try temporary.names("logs").isEmpty)
        // Somebody follows it, and sees what comes.
        let reader = LogReader(spool, id)
        #expect(try !reader.read { _ in Issue.record("there is no log") })
        #expect(reader.makeSureItIsThere() && reader.makeSureItIsThere())
        write(log, "text")
        var bytes: [UInt8] = []
        #expect(try reader.read { bytes += $0.bytes })
        #expect(String(decoding: bytes, as: UTF8.self) == "text")
    }

    @Test func dropsWhatHasNoPlaceToGo() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        FileTree.remove(temporary["logs"])
        try temporary.write("logs", "a file stands here")
        let log = LogWriter(spool: spool, id: spool.ids.make(at: spool.now()), limit: 100)
        write(log, "text")
        #expect(log.record.dropped == 4)
        #expect(log.record.cut == "ENOTDIR")
        #expect(log.tailText == "text")
    }

    private static func makesMounts() -> Bool {
        guard geteuid() == 0, let path = try? FileTree.makeTemporaryDirectory() else {
            return false
        }
        defer { FileTree.remove(path) }
        guard mount("tmpfs", path, "tmpfs", 0, "size=16k") == 0 else { return false }
        return umount2(path, 0) == 0
    }

    @Test(.enabled(if: makesMounts(), "mounting a small file system needs privileges"))
    func aFullDiskLeavesWholeRecords() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        try FileTree.check(mount("tmpfs", temporary["logs"], "tmpfs", 0, "size=64k"), "mount")
        defer { umount2(temporary["logs"], Int32(MNT_DETACH)) }
        let id = spool.ids.make(at: spool.now())
        let log = LogWriter(spool: spool, id: id, limit: 1 << 30)
        let line = String(repeating: "y", count: 999) + "\n"
        for _ in 0..<200 { write(log, line) }
        #expect(log.record.cut == "ENOSPC")
        let kept = try text(spool, id)
        #expect(kept.utf8.count % 1000 == 0 && kept.utf8.count > 10_000)
        #expect(log.record.dropped == Int64(200_000 - kept.utf8.count))
        let size = try FileTree.read(temporary[SpoolDirectory.logPath(of: id)]).count
        #expect(log.record.end == Int64(size))
    }
}
