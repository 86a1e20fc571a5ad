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
        try spool.log(of: id).read { record throws(SpoolError) in bytes += record.bytes }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A log of what is wanted, that the output is written to in pieces.
    private func cut(
        _ limit: Int64, _ pieces: [(String, LogFormat.Stream)]
    ) throws -> (text: String, record: Attempt.Log, tail: String) {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        let id = spool.storage.ids.make(at: spool.storage.now())
        let log = LogWriter(spool: spool, id: id, limit: limit)
        for (text, stream) in pieces { write(log, text, stream) }
        log.end()
        let size = try FileTree.read(temporary[JobLogs.path(of: id)]).count
        #expect(log.record.end == Int64(size))
        return (try text(spool, id), log.record, log.tailText)
    }

    @Test func cutsAtTheLimitAndCountsTheRest() throws {
        let log = try cut(10, [("12345\n", .output), ("789012", .error), ("more", .output)])
        #expect(log.text == "12345\n[... 6 bytes are left out here ...]\n2more")
        #expect(log.record.dropped == 6)
        #expect(log.record.cut == "limit")
        #expect(log.tail == "12345\nmore", "the tail goes on")
    }

    @Test(arguments: [10, 11, 1000])
    func whatTheLimitHasRoomForIsWhole(limit: Int64) throws {
        let log = try cut(limit, [("1234567", .output), ("890", .error)])
        #expect(log.text == "1234567890")
        #expect(log.record.dropped == nil && log.record.cut == nil)
    }

    @Test func theEndIsLoggedWhateverComesBefore() throws {
        let lines = (0..<20_000).map { ("line \($0)\n", LogFormat.Stream.output) }
        let log = try cut(10_000, lines + [("the reason\n", .error)])
        #expect(log.text.hasPrefix("line 0\nline 1\n"))
        #expect(log.text.hasSuffix("line 19998\nline 19999\nthe reason\n"))
        let parts = log.text.split(separator: "[... ")
        #expect(parts.count == 2)
        let dropped = try #require(log.record.dropped)
        #expect(parts[1].hasPrefix("\(dropped) bytes are left out here ...]\nline "))
        let all = lines.reduce(0) { $0 + $1.0.utf8.count } + "the reason\n".utf8.count
        let mark = "[... \(dropped) bytes are left out here ...]\n".utf8.count
        // The beginning may end within a line.
        let shown = log.text.utf8.count - mark
        #expect((all - Int(dropped)...all - Int(dropped) + 1).contains(shown))
    }

    @Test func aLongLineIsCutBetweenCharacters() throws {
        let log = try cut(100, [(String(repeating: "é", count: 500), .output)])
        #expect(!log.text.contains("\u{fffd}"))
        #expect(log.text.hasSuffix("here ...]\n" + String(repeating: "é", count: 25)))
    }

    @Test func whereNothingIsWantedNothingIsLogged() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        let id = spool.storage.ids.make(at: spool.storage.now())
        let log = LogWriter(spool: spool, id: id, limit: 0)
        write(log, "text")
        log.end()
        #expect(try text(spool, id) == "")
        #expect(log.record.dropped == 4)
    }

    @Test func goesOnWhereAnEarlierAttemptEnded() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        let id = spool.storage.ids.make(at: spool.storage.now())
        let first = LogWriter(spool: spool, id: id, limit: 100)
        write(first, "one\n")
        let second = LogWriter(spool: spool, id: id, limit: 3)
        write(second, "two")
        second.end()
        #expect(second.record.start == first.record.end)
        #expect(second.record.dropped == nil, "each attempt has a limit of its own")
        #expect(try text(spool, id) == "one\ntwo")
    }

    @Test func keepsTheTailOfStandardOutput() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        let log = LogWriter(
            spool: spool, id: spool.storage.ids.make(at: spool.storage.now()), limit: 1 << 20)
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
        let id = spool.storage.ids.make(at: spool.storage.now())
        let log = LogWriter(spool: spool, id: id, limit: 100)
        #expect(log.record == Attempt.Log(start: 0, end: 0))
        #expect(try temporary.names("logs").isEmpty)
        // Somebody follows it, and sees what comes.
        let reader = spool.log(of: id)
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
        let log = LogWriter(
            spool: spool, id: spool.storage.ids.make(at: spool.storage.now()), limit: 100)
        write(log, "text")
        log.end()
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
        let id = spool.storage.ids.make(at: spool.storage.now())
        let log = LogWriter(spool: spool, id: id, limit: 1 << 30)
        let line = String(repeating: "y", count: 999) + "\n"
        for _ in 0..<200 { write(log, line) }
        #expect(log.record.cut == "ENOSPC")
        let kept = try text(spool, id)
        #expect(kept.utf8.count % 1000 == 0 && kept.utf8.count > 10_000)
        #expect(log.record.dropped == Int64(200_000 - kept.utf8.count))
        let size = try FileTree.read(temporary[JobLogs.path(of: id)]).count
        #expect(log.record.end == Int64(size))
    }
}
