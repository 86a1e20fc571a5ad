import Glibc
import Spool
import SpoolTestSupport
import Testing

/// Files that mean harm, dropped among good ones while a worker runs: each goes to dead-letter/ with its
/// bytes, and the next good job still runs.
struct HostileFileTests {
    private static let good = #"{"command": "echo x >> proof"}"#

    /// Drops a file, then a good job, and waits for both: the file's reason.
    private func reason(for bytes: [UInt8], name: String = "bad.json") throws -> String {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try FileTree.write(spool.base + "/draft", bytes)
        try FileTree.check(rename(spool.base + "/draft", spool["incoming/" + name]), "rename")
        try spool.startWorker("-j", "1")
        try spool.wait("it is rejected") { spool.exists("dead-letter/" + name) }
        #expect(try FileTree.read(spool["dead-letter/" + name]) == bytes)
        try spool.drop("good.json", HostileFileTests.good)
        try spool.wait("the next one has run") { try spool.ids(in: .done).count == 1 }
        return try spool.read("dead-letter/\(name).reason")
    }

    @Test(arguments: [
        (#""attempts": [\#(attempt("9223372036854775807"))]"#, "they grow from 1 to 999998"),
        (#""attempts": [\#(attempt("0"))]"#, "they grow from 1"),
        (#""attempts": [\#(attempt("2")), \#(attempt("2"))]"#, "the number 2 after 2"),
        (#""attempts": [\#(attempt("1", pid: "-1"))]"#, "the pid -1"),
        (
            #""earlier_attempts": -9223372036854775808"#,
            "\"earlier_attempts\" is -9223372036854775808"
        ),
        (#""earlier_attempts": 1"#, "\"earlier_attempts\" is 1"),
        (#""not_before": "9999-12-31T23:59:59-01:00""#, "is not a time"),
        (#""cwd": "/tmp\u0000/x""#, "\"cwd\" holds a NUL"),
        (#""stdin": {"file": "/dev/null\u0000x"}"#, "\"stdin.file\" holds a NUL"),
        (#""stdin": {"file": "../x"}"#, "not an absolute path"),
        (#""env": {"A": "\u0000"}"#, "no '=' or NUL"),
        (#""name": "\ud800""#, "half of a surrogate pair"),
        (#""tags": {"é": "1", "\u00e9": "2"}"#, "stands here twice"),
        (#""timeout": \#(String(repeating: "9", count: 10_000))"#, "out of range"),
        (#""slots": 18446744073709551616"#, "slots"), (#""slots": -0.5"#, "slots"),
        (#""type": "../../bin/sh""#, "exclude each other"),
        (#""queue": "../done""#, "\"queue\" must be"),
    ])
    func fieldsThatWouldDoHarm(_ field: String, _ expected: String) throws {
        let found = try reason(for: Array(#"{"command": "true", \#(field)}"#.utf8))
        #expect(found.contains(expected), "\(found)")
        #expect(found.utf8.count < 3000)
    }

    private static func attempt(_ number: String, pid: String = "1") -> String {
        #"{"number": \#(number), "worker": "w", "host": "h", "boot_id": "b", "runner":"#
            + #" {"pid": \#(pid), "start_time": 1}, "started_at": "2026-11-21T07:30:00Z"}"#
    }

    @Test(arguments: ["../../bin/sh", "a/b", "..", ".", "/bin/sh", "", "x.json"])
    func handlersOutsideTheirDirectory(_ type: String) throws {
        let found = try reason(for: Array(#"{"type": "\#(type)"}"#.utf8))
        #expect(found.contains("\"type\" must be 1 to 64 letters"), "\(found)")
    }

    @Test func aReasonIsShortAndOneLine() throws {
        let name = String(repeating: "\u{1b}[31m\n", count: 50_000)
            .replacing("\n", with: "\\n").replacing("\u{1b}", with: "\\u001b")
        let found = try reason(for: Array(#"{"\#(name)": 1}"#.utf8))
        #expect(found.utf8.count < 20_000)
        #expect(!found.contains("\u{1b}") && found.hasSuffix("\n"))
        #expect(found.split(separator: "\n").count == 1)
        #expect(found.contains("unknown field"))
    }

    @Test(arguments: [100_000, 65])
    func deepNesting(_ depth: Int) throws {
        let found = try reason(
            for: Array(String(repeating: "[", count: depth).utf8)
                + Array(String(repeating: "]", count: depth).utf8))
        #expect(found.contains("nested more than 64 deep"))
    }

    /// A job that would be larger than the limit as the queue writes it.
    @Test func numbersThatGrow() throws {
        let numbers = repeatElement("1E18", count: 100_000).joined(separator: ",")
        let found = try reason(
            for: Array(#"{"command": "true", "metadata": [\#(numbers)]}"#.utf8))
        #expect(found.contains("the queue needs") && found.contains("1048576 are the limit"))
    }

    @Test func aSparseFileIsNeverReadWhole() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try FileTree.write(spool.base + "/draft", [])
        try FileTree.check(truncate(spool.base + "/draft", 1 << 40), "truncate")
        try FileTree.check(rename(spool.base + "/draft", spool["incoming/big.json"]), "rename")
        try spool.drop("good.json", HostileFileTests.good)
        let worker = try spool.startWorker("-j", "1")
        try spool.wait("it is rejected") { spool.exists("dead-letter/big.json") }
        #expect(
            try spool.read("dead-letter/big.json.reason").contains("1099511627776 bytes long"))
        try spool.wait("the good one has run") { try spool.ids(in: .done).count == 1 }
        #expect(try ProcessView.peakMemory(of: worker.pid) < 128 << 10)
    }

    /// Indentation would make it many times as large as it was dropped.
    @Test func aLargeJobStaysReadable() throws {
        let spool = try TemporarySpool()
        let deep =
            String(repeating: "[", count: 60) + String(repeating: "1,", count: 400_000) + "1"
            + String(repeating: "]", count: 60)
        let script = #"head -c 500000 /dev/zero | tr '\\0' '\\1' > $SPOOL_RESULT; echo tail"#
        try spool.drop("large.json", #"{"command": "\#(script)", "metadata": \#(deep)}"#)
        try spool.runWorker("-j", "1")
        let id = try spool.onlyID(in: .done)
        let job = try spool.job(id)
        #expect(job.result == "tail\n", "what doesn't fit is not recorded")
        #expect(try spool.run("retry", id).status == 0)
        try spool.runWorker("-j", "1")
        #expect(try spool.job(id).attempts?.count == 2)
    }

    @Test func aFIFOIsNoStandardInput() throws {
        let spool = try TemporarySpool()
        try FileTree.check(mkfifo(spool.home + "/fifo", 0o600), "mkfifo")
        try spool.drop(
            "x.json", #"{"command": "cat", "stdin": {"file": "\#(spool.home)/fifo"}}"#)
        try spool.runWorker("-j", "1")
        let job = try spool.job(try spool.onlyID(in: .failed))
        #expect(job.message?.contains("is a FIFO") == true)
    }

    @Test(arguments: ["settings.json", "format"])
    func aFIFOIsNoFileThatSteers(_ name: String) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        _ = unlink(spool[name])
        try FileTree.check(mkfifo(spool[name], 0o600), "mkfifo")
        let result = try spool.runWorker("-j", "1")
        #expect(result.status == 65)
        #expect(
            result.errorText.contains(name == "format" ? "is damaged" : "it is a FIFO"),
            "\(result.errorText)")
    }

    @Test func aDirectoryReplacedByALink() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let outside = spool.home + "/outside"
        try FileTree.check(mkdir(outside, 0o700), "mkdir")
        try FileTree.write(outside + "/x.json", Array(HostileFileTests.good.utf8))
        try FileTree.check(mkfifo(outside + "/fifo.json", 0o600), "mkfifo")
        let worker = try spool.startWorker("-j", "1")
        try spool.rename("incoming", to: "aside")
        try FileTree.check(symlink(outside, spool["incoming"]), "symlink")
        // The worker still watches the directory that was there, and hears these names from it.
        for name in ["x.json", "fifo.json"] {
            try FileTree.write(spool["aside/" + name], Array(HostileFileTests.good.utf8))
        }
        try spool.write("state/look", "")
        try spool.wait("the worker says so") {
            String(decoding: try worker.errorSoFar(), as: UTF8.self).contains("is a symbolic link")
        }
        #expect(try FileTree.names(outside) == ["fifo.json", "x.json"])
        #expect(try spool.lines("proof").isEmpty && spool.names("dead-letter").isEmpty)
        try spool.remove("incoming")
        try spool.rename("aside", to: "incoming")
        worker.signal(SIGHUP)
        try spool.wait("what was dropped has run") { try spool.ids(in: .done).count == 2 }
    }

    /// Half-written states that no program leaves, but a hand may.
    @Test func anOutcomeThatLeadsNowhere() throws {
        let spool = try TemporarySpool()
        let attempt = HostileFileTests.attempt("1").dropLast() + #", "outcome": "failed"}"#
        let id = "01ARZ3NDEKTSV4RRFFQ69G5FAV"
        try spool.drop(
            "\(id).1.json", #"{"command": "true", "attempts": [\#(attempt)]}"#, in: "running")
        let old = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
        try FileTree.check(utimensat(AT_FDCWD, spool["running/\(id).1.json"], old, 0), "utimensat")
        try spool.startWorker("-j", "1")
        try spool.wait(for: id, in: .failed)
        #expect(try spool.job(id).state == .interrupted)
    }
}
