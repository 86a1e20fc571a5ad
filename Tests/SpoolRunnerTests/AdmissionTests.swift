import Glibc
import Spool
import SpoolTestSupport
import Testing

/// Everything that can be dropped into incoming/, among good jobs, while a worker runs.
struct AdmissionTests {
    @Test func everyBadFileGoesToDeadLetterWithItsReason() throws {
        #expect(BadFile.all.count > 150)
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "2")
        for (number, file) in BadFile.all.enumerated() {
            let draft = spool.base + "/draft"
            try FileTree.write(draft, file.bytes)
            try FileTree.check(rename(draft, spool["incoming/bad-\(number).json"]), "rename")
            guard number % 20 == 0 else { continue }
            try spool.drop("good-\(number).json", #"{"command": "echo \#(number) >> proof"}"#)
        }
        let good = (BadFile.all.count + 19) / 20
        try spool.wait("all are looked at") {
            try spool.names("dead-letter").count == BadFile.all.count * 2
                && spool.ids(in: .done).count == good
        }
        #expect(try spool.lines("proof").count == good)
        #expect(try spool.names("dead-letter").count == BadFile.all.count * 2)
        for (number, file) in BadFile.all.enumerated() {
            let name = "dead-letter/bad-\(number).json"
            let text = String(decoding: file.bytes.prefix(80), as: UTF8.self)
            guard spool.exists(name) else {
                Issue.record("\(text) was taken for a job")
                continue
            }
            #expect(try FileTree.read(spool[name]) == file.bytes)
            let reason = try spool.read(name + ".reason")
            #expect(reason.contains(file.reason), "\(text): \(reason)")
            #expect(reason.hasPrefix("incoming/bad-\(number).json: "))
        }
    }

    @Test(arguments: BadFile.unclear)
    func theReasonNamesTheField(_ file: BadFile) throws {
        let reason = #expect(throws: SpoolError.self) { try Job(json: file.bytes) }
        #expect(reason?.message.contains(file.reason) == true)
    }

    @Test(arguments: ["open_files", "processes"])
    func refusesANegativeLimit(field: String) {
        let text = #"{"command": "true", "limits": {"\#(field)": -5}}"#
        #expect(throws: SpoolError.self) { try Job(json: Array(text.utf8)) }
    }

    private static let good = #"{"command": "echo x >> proof"}"#

    @Test func strangeNamesAreNoObstacle() throws {
        let spool = try TemporarySpool()
        let names = [
            "with space.json", "new\nline.json", "\"quoted\".json", "'single'.json", "-rf.json",
            "--help.json", "ünïcödé 日本.json", "$(true).json", "a;b&c|d.json", "a..json.json",
            String(repeating: "x", count: 250) + ".json", "back\\slash.json", "*.json", "~.json",
            "5-01arz3ndektsv4rrffq69g5fav.json", "5-01ARZ3NDEKTSV4RRFFQ69G5FAI.json",
            "5-01ARZ3NDEKTSV4RRFFQ69G5FAL.json", "5-01ARZ3NDEKTSV4RRFFQ69G5FAO.json",
            "5-01ARZ3NDEKTSV4RRFFQ69G5FAU.json", "10-01ARZ3NDEKTSV4RRFFQ69G5FAV.json",
            "5-ZZZZZZZZZZZZZZZZZZZZZZZZZZ.json", "5-01ARZ3NDEKTSV4RRFFQ69G5FA.json",
            "01ARZ3NDEKTSV4RRFFQ69G5FAV.1.json", "20261121T073000.000Z-5.json", "5-.json",
        ]
        for name in names {
            try spool.drop(name, AdmissionTests.good)
        }
        try spool.drop("bad name\n.json", "{")
        try spool.startWorker("-j", "2")
        try spool.wait("all have run") { try spool.ids(in: .done).count == names.count }
        #expect(try spool.lines("proof").count == names.count)
        try spool.wait("the bad one is rejected") { spool.exists("dead-letter/bad name\n.json") }
        #expect(try spool.names("incoming").isEmpty)
    }

    @Test func aNameThatIsNotUTF8() throws {
        let spool = try TemporarySpool()
        try spool.drop("draft", AdmissionTests.good)
        let target =
            Array(spool["incoming/x"].utf8CString.dropLast()) + [CChar(bitPattern: 0xe9)]
            + Array(".json".utf8CString)
        try FileTree.check(rename(spool["incoming/draft"], target), "rename")
        try spool.drop("y.json", AdmissionTests.good)
        try spool.startWorker("-j", "1")
        try spool.wait("the other one has run") { try spool.ids(in: .done).count >= 1 }
        try spool.wait("it is gone from incoming/") {
            try spool.names("incoming").isEmpty
        }
    }

    @Test func whatWouldNeverStartIsRejected() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let bad = [
            #""delay": "1h", "expires": "1m""#, #""delay": 60, "expires": 60"#,
            #""not_before": "2090-02-01T00:00:00Z", "expires": "2090-01-01T00:00:00Z""#,
            #""not_before": "2020-02-01T00:00:00Z", "expires": "2020-01-01T00:00:00Z""#,
            #""not_before": "2090-02-01T00:00:00Z", "expires": "1h""#,
        ]
        for (number, times) in bad.enumerated() {
            try spool.drop("bad-\(number).json", #"{"command": "true", \#(times)}"#)
        }
        try spool.drop("good.json", #"{"command": "true", "delay": "1h", "expires": "2h"}"#)
        try spool.drop("late.json", #"{"command": "true", "expires": "2020-01-01T00:00:00Z"}"#)
        try spool.startWorker("-j", "1")
        try spool.wait("all are looked at") {
            try spool.names("dead-letter").count == 2 * bad.count
                && spool.ids(in: .scheduled).count == 1 && spool.ids(in: .failed).count == 1
        }
        for number in bad.indices {
            let text = try spool.read("dead-letter/bad-\(number).json.reason")
            #expect(text.contains("would never start: it may begin at "), "\(text)")
        }
    }

    @Test func whatIsNoPlainFileIsNeverOpened() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let real = spool.home + "/real.json"
        try FileTree.write(real, Array(AdmissionTests.good.utf8))
        try FileTree.check(symlink(real, spool["incoming/link.json"]), "symlink")
        try FileTree.check(symlink("/no/such", spool["incoming/dangling.json"]), "symlink")
        try FileTree.check(symlink("/dev/zero", spool["incoming/device.json"]), "symlink")
        try FileTree.check(mkfifo(spool["incoming/fifo.json"], 0o600), "mkfifo")
        try FileTree.check(mkdir(spool["incoming/directory.json"], 0o700), "mkdir")
        try FileTree.check(link(real, spool["incoming/hard.json"]), "link")
        try FileTree.write(
            spool["incoming/large.json"],
            Array(#"{"command": "true", "metadata": ""#.utf8)
                + [UInt8](repeating: 97, count: 2 << 20)
                + Array(#""}"#.utf8))
        _ = try Listener(spool["incoming/socket.json"])
        try spool.drop("good.json", AdmissionTests.good)
        let reasons = [
            "link.json": "symbolic link", "dangling.json": "symbolic link",
            "device.json": "symbolic link", "fifo.json": "FIFO", "directory.json": "directory",
            "hard.json": "2 names (hard links)", "large.json": "1048576 are the limit",
            "socket.json": "FIFO, socket or device",
        ]
        try spool.startWorker("-j", "1")
        try spool.wait("all are rejected") {
            try spool.names("dead-letter").count == 2 * reasons.count
        }
        for (name, reason) in reasons {
            let text = try spool.read("dead-letter/\(name).reason")
            #expect(text.contains(reason), "\(name): \(text)")
        }
        try spool.wait("the good one has run") { try spool.ids(in: .done).count == 1 }
        #expect(try spool.lines("proof") == ["x"])
        #expect(String(decoding: try FileTree.read(real), as: UTF8.self) == AdmissionTests.good)
    }

    /// A socket that has a name.
    private final class Listener {
        private let file: CInt

        init(_ path: String) throws {
            file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
            let result = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(file, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            try FileTree.check(result, "bind")
        }

        deinit { close(file) }
    }

    @Test(.disabled(if: geteuid() == 0, "root may read everything"))
    func aFileWithoutPermission() throws {
        let spool = try TemporarySpool()
        try spool.drop("locked.json", AdmissionTests.good)
        try FileTree.check(chmod(spool["incoming/locked.json"], 0), "chmod")
        try spool.startWorker("-j", "1")
        try spool.wait("it is rejected") { spool.exists("dead-letter/locked.json") }
        #expect(try spool.read("dead-letter/locked.json.reason").contains("no permission"))
    }

    @Test func dotFilesAndOtherNamesAreIgnored() throws {
        let spool = try TemporarySpool()
        let ignored = [".x.json", ".#x.json", "x.json~", "x.json.tmp", "x.txt", "x", "x.JSON"]
        for name in ignored { try spool.drop(name, AdmissionTests.good) }
        try spool.drop("good.json", AdmissionTests.good)
        try spool.runWorker("-j", "1")
        #expect(try spool.lines("proof") == ["x"])
        #expect(try spool.names("incoming") == ignored.sorted())
        #expect(try spool.names("dead-letter").isEmpty)
    }

    @Test func aProperNameWithoutAJobInIt() throws {
        let spool = try TemporarySpool()
        try spool.drop("5-01ARZ3NDEKTSV4RRFFQ69G5FAV.json", "{")
        try spool.drop("x.json", "[]")
        try spool.startWorker("-j", "1")
        let target = "dead-letter/01ARZ3NDEKTSV4RRFFQ69G5FAV.json"
        try spool.wait("it is rejected") { spool.exists(target) }
        #expect(try spool.read(target) == "{")
        #expect(try spool.read(target + ".reason").contains("line 1 column 2"))
        // Two of one name: the second gets another.
        try spool.wait("the first is rejected") { spool.exists("dead-letter/x.json") }
        try spool.drop("x.json", "{}")
        try spool.wait("so is the second") { try spool.names("dead-letter").count == 6 }
        #expect(try spool.read("dead-letter/x.json") == "[]")
    }
}
