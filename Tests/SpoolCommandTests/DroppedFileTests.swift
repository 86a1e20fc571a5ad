import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// What was dropped into incoming/ is queued, also before a worker has seen it.
struct DroppedFileTests {
    private let text = #"{"command": ["sh", "-c", "exit 5"], "name": "dropped one"}"#

    @Test func isListed() throws {
        let spool = try TemporarySpool()
        try spool.drop("job.json", text)
        _ = mkdir(spool["incoming/mail"], 0o700)
        try spool.drop("other.json", text, in: "incoming/mail")
        try spool.drop("half.json", #"{"command": ["#)
        try spool.drop(".hidden.json", text)
        let table = try spool.run("list").text
        #expect(table.contains("incoming/job.json: dropped one"))
        #expect(table.contains("queued"))
        let entries = try spool.objects(try spool.run("list", "--json").text)
        #expect(
            entries.map { $0["file"] } == [
                "incoming/half.json", "incoming/job.json", "incoming/mail/other.json",
            ])
        #expect(entries.allSatisfy { $0["state"] == "queued" && $0["id"] == nil })
        #expect(entries[1]["name"] == "dropped one")
        #expect(entries[2]["queue"] == "mail")
        #expect(entries[0]["message"] != nil)
        #expect(try spool.objects(try spool.run("list", "--json", "-q", "mail").text).count == 1)
        #expect(try spool.run("list", "--running").text == "")
        #expect(try spool.run("list", "-n", "1").errorText.contains("2 more waiting"))
        #expect(try spool.names("incoming") == [".hidden.json", "half.json", "job.json", "mail"])
    }

    @Test func hasAStatus() throws {
        let spool = try TemporarySpool()
        try spool.drop("job.json", text)
        for name in ["job.json", "incoming/job.json", spool["incoming/job.json"]] {
            let page = try spool.run("status", name)
            #expect(page.status == 0, "\(page.errorText)")
            #expect(page.text.contains("queued") && page.text.contains("dropped one"))
            #expect(page.text.contains("waits for:"))
        }
        #expect(try spool.names("incoming") == ["job.json"], "a look changes nothing")
        #expect(try spool.run("status", "elsewhere/job.json").status == 66)
    }

    @Test(arguments: ["wait", "logs -f"])
    func isWaitedFor(_ words: String) throws {
        let spool = try TemporarySpool()
        try spool.drop("job.json", text)
        let waiting = try spool.start(words.split(separator: " ").map(String.init) + ["job.json"])
        try spool.wait("it has an id") { try spool.ids(in: .incoming).count == 1 }
        try spool.startWorker("-j", "1")
        let result = try waiting.wait()
        #expect(result.status == 5)
        #expect(result.errorText.contains("incoming/job.json is job"))
        // Also once it has become a job and ended.
        #expect(try spool.run("wait", "job.json").status == 5)
        #expect(try spool.run("status", "job.json").text.contains("failed"))
    }

    @Test func isAmongThoseOfAllProjects() throws {
        let spool = try TemporarySpool()
        try spool.drop("job.json", text)
        let waiting = try spool.start("wait", "--all-projects")
        try spool.wait("it has an id") { try spool.ids(in: .incoming).count == 1 }
        try spool.runWorker()
        #expect(try waiting.wait().status == 5)
    }

    @Test(arguments: [("cancel", Place.failed), ("hold", .held), ("move -p high", .incoming)])
    func isChanged(_ words: String, _ place: Place) throws {
        let spool = try TemporarySpool()
        try spool.drop("job.json", text)
        let result = try spool.run(words.split(separator: " ").map(String.init) + ["job.json"])
        #expect(result.status == 0, "\(result.errorText)")
        let id = try spool.onlyID(in: place)
        #expect(result.errorText.contains("incoming/job.json is job \(id) now"))
        #expect(try spool.job(id).name == "dropped one")
    }

    @Test func whatIsNoJobIsRefused() throws {
        let spool = try TemporarySpool()
        try spool.drop("job.json", #"{"command": 5}"#)
        let result = try spool.run("cancel", "job.json")
        #expect(result.status == 65)
        #expect(result.errorText.contains("dead-letter/"))
        #expect(try spool.names("dead-letter") == ["job.json", "job.json.reason"])
    }

    /// To open a FIFO would let its writer go on.
    @Test func whatIsNoPlainFileIsNotOpened() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        #expect(mkfifo(spool["incoming/fifo.json"], 0o600) == 0)
        #expect(symlink("/etc/passwd", spool["incoming/link.json"]) == 0)
        _ = mkdir(spool["incoming/directory.json"], 0o700)
        let watch = try DirectoryWatch()
        _ = try watch.watch(spool["incoming"], .opening)
        let entries = try spool.objects(try spool.run("list", "--json").text)
        #expect(entries.count == 3)
        #expect(entries.allSatisfy { $0["state"] == "queued" && $0["message"] != nil })
        #expect(try spool.run("status", "fifo.json").text.contains("FIFO"))
        #expect(try watch.read().allSatisfy { $0.name.isEmpty })
    }

    @Test func oneThatIsTooLargeSaysSo() throws {
        let spool = try TemporarySpool()
        let limit = AdmissionRules().sizeLimit
        try spool.drop("large.json", String(repeating: " ", count: limit + 1))
        let entries = try spool.objects(try spool.run("list", "--json").text)
        #expect(entries.count == 1)
        guard case .string(let message)? = entries.first?["message"] else {
            Issue.record("no message in \(entries)")
            return
        }
        #expect(message.contains("larger than \(limit) bytes, the limit"))
    }

    /// What others may have written is no job, and isn't read.
    @Test func whatOthersMayHaveWrittenIsNotRead() throws {
        let spool = try TemporarySpool()
        try spool.drop("open.json", text)
        try FileTree.check(chmod(spool["incoming/open.json"], 0o666), "chmod")
        let entries = try spool.objects(try spool.run("list", "--json").text)
        #expect(entries.count == 1 && entries.first?["name"] == nil)
        guard case .string(let message)? = entries.first?["message"] else {
            Issue.record("no message in \(entries)")
            return
        }
        #expect(message.contains("others may write to it"))
    }
}
