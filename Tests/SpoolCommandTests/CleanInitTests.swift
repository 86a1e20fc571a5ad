import Spool
import SpoolTestSupport
import Testing

/// `spool clean` and `spool init`.
struct CleanInitTests {
    private func ended(_ spool: TemporarySpool) throws -> (done: String, failed: String) {
        let done = try spool.submit("--", "echo", "out")
        let failed = try spool.submit("--", "false")
        try spool.runWorker("-j", "1")
        return (done, failed)
    }

    @Test func removesEndedJobsWithTheirLogs() throws {
        let spool = try TemporarySpool()
        let (done, failed) = try ended(spool)
        let waiting = try spool.submit("--", "true")
        let day = try #require(try spool.names("logs").first { $0 != "daemon.log" })
        #expect(try spool.names("logs/" + day).contains("\(done).log"))
        #expect(try spool.run("clean").errorText.contains("0 jobs removed"), "a week is kept")
        #expect(try spool.run("clean", "--older", "0s").errorText.contains("1 job removed"))
        #expect(try spool.place(of: done) == nil)
        #expect(try !spool.names("logs/" + day).contains("\(done).log"))
        #expect(try spool.place(of: failed) == .failed)
        #expect(try spool.run("clean", "--older", "0s", "--failed", "--dead").status == 0)
        #expect(try spool.ids(in: .failed).isEmpty)
        #expect(try spool.place(of: waiting) == .incoming)
    }

    @Test func printsWhatItWouldRemove() throws {
        let spool = try TemporarySpool()
        let (done, failed) = try ended(spool)
        let result = try spool.run("clean", "--dry-run", "--failed", "--older", "0s")
        #expect(result.text.contains(done) && result.text.contains(failed))
        #expect(try spool.place(of: done) == .done)
        #expect(try spool.place(of: failed) == .failed)
    }

    @Test func removesNamedJobsOnly() throws {
        let spool = try TemporarySpool()
        let (done, failed) = try ended(spool)
        let waiting = try spool.submit("--", "true")
        #expect(try spool.run("clean", failed).status == 0)
        #expect(try spool.place(of: failed) == nil)
        #expect(try spool.place(of: done) == .done)
        #expect(try spool.run("clean", waiting).status == 65)
        #expect(try spool.place(of: waiting) == .incoming)
    }

    @Test func makesASpool() throws {
        let spool = try TemporarySpool()
        let result = try spool.run("init")
        #expect(result.status == 0 && result.line == spool.path)
        #expect(try spool.read("format") == "spool 1\n")
        for place in Place.allCases { #expect(spool.exists(place.rawValue)) }
        #expect(try spool.run("init").status == 0, "once more changes nothing")
        let named = try spool.run("init", "deep/er/one")
        #expect(named.line == spool.home + "/deep/er/one")
        #expect(FileTree.exists(spool.home + "/deep/er/one/incoming"))
    }

    @Test func refusesADirectoryOfSomebodyElse() throws {
        let spool = try TemporarySpool()
        try FileTree.write(spool.home + "/thesis.txt", [])
        let result = try spool.run("init", ".")
        #expect(result.status == 65)
        #expect(result.errorText.contains("is not a spool"))
        #expect(!FileTree.exists(spool.home + "/incoming"))
    }

    @Test func refusesANewerFormat() throws {
        let spool = try TemporarySpool()
        #expect(try spool.run("init").status == 0)
        try spool.write("format", "spool 99\n")
        let result = try spool.run("list")
        #expect(result.status == 65 && result.errorText.contains("format 99"))
        try spool.write("format", "")
        #expect(try spool.run("list").status == 65)
    }

    @Test func saysThatAFileStandsInTheWay() throws {
        let spool = try TemporarySpool()
        try FileTree.write(spool.home + "/file", [])
        #expect(try spool.run("init", "file/below").status == 74)
        #expect(try spool.run("init", "/proc/nowhere").status != 0)
    }

    /// Not even where the caller would shut itself out of what it makes.
    @Test(arguments: ["000", "022", "177", "277", "777"])
    func theModesDependOnNoMask(_ mask: String) throws {
        let spool = try TemporarySpool()
        let made = try spool.shell("umask \(mask); spool run -- true")
        #expect(made.status == 0, "\(made.errorText)")
        let modes = try spool.shell(
            "stat -c %a $SPOOL_DIR $SPOOL_DIR/incoming $SPOOL_DIR/incoming/*")
        #expect(modes.text == "700\n700\n600\n")
        let id = made.line
        #expect(try spool.job(id).umask?.bits == UInt32(mask, radix: 8))
    }
}
