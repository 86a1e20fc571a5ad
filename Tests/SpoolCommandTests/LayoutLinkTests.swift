import Glibc
import Spool
import SpoolTestSupport
import Testing

/// Nothing is written, read or run through a symbolic link in a directory's place.
struct LayoutLinkTests {
    private let spool: TemporarySpool
    private let outside: String

    init() throws {
        spool = try TemporarySpool()
        outside = spool.base + "/outside"
        #expect(try spool.run("init").status == 0)
        try FileTree.check(mkdir(outside, 0o700), "mkdir")
    }

    private func link(_ name: String) throws {
        if spool.exists(name) {
            try FileTree.check(Glibc.rename(spool[name], spool.base + "/aside"), "rename")
        }
        try FileTree.check(symlink(outside, spool[name]), "symlink")
    }

    private func putBack(_ name: String) throws {
        try spool.remove(name)
        if FileTree.exists(spool.base + "/aside") {
            try FileTree.check(Glibc.rename(spool.base + "/aside", spool[name]), "rename")
        }
    }

    @Test(arguments: SpoolLayout.directories)
    func nothingIsWrittenBehindALink(_ name: String) throws {
        try link(name)
        let worker = try spool.run("worker", "--until-empty")
        #expect(worker.status == 74)
        #expect(
            worker.errorText.contains("\(spool[name]): is a symbolic link"), "\(worker.errorText)")
        #expect(try spool.run("scheduler", "--once").status == 74)
        // Commands that need the directory say so; the others do their work elsewhere.
        for words in [
            ["run", "true"], ["run", "--hold", "true"], ["run", "-d", "1h", "true"], ["pause"],
            ["resume"],
            ["cron", "edit", "-f", "-"], ["cron", "edit", "-f", "-", "more"],
        ] {
            let result = try spool.run(words, input: "0 0 1 1 * true\n")
            #expect(
                result.status == 0 || result.errorText.contains("symbolic link"),
                "\(words): \(result.status) \(result.errorText)")
        }
        #expect(try FileTree.names(outside).isEmpty)
        #expect(try spool.run("check").text.contains("error not-a-directory \(name): "))
        #expect(try FileTree.names(outside).isEmpty)
        try putBack(name)
        #expect(try spool.runWorker().status == 0)
    }

    @Test(arguments: ["logs", "done", "incoming"])
    func norBehindOneALevelDeeper(_ directory: String) throws {
        let first = try spool.submit("-q", "deep", "--", "echo", "one")
        #expect(try spool.runWorker().status == 0)
        let name = try directory + "/" + spool.names(directory)[0]
        try link(name)
        let second = try spool.run("run", "-q", "deep", "--", "echo", "two")
        let found = try spool.run("check")
        #expect(found.text.contains("error not-a-directory \(name): "), "\(found.text)")
        guard directory != "incoming" else {
            #expect(second.status == 74 && second.errorText.contains("\(name): is a symbolic link"))
            #expect(try FileTree.names(outside).isEmpty)
            return
        }
        #expect(second.status == 0)
        try spool.startWorker("-j", "1")
        if directory == "logs" {
            // The log is lost, and said to be, and the job goes on.
            try spool.wait(for: second.line, in: .done)
            #expect(try spool.job(second.line).attempts?.last?.log?.cut == "ELOOP")
        } else {
            try spool.wait("its end is on record") {
                // It isn't there before it is claimed.
                (try? spool.read("running/\(second.line).1.json"))?.contains("\"outcome\"") == true
            }
            #expect(try FileTree.names(outside).isEmpty)
            try putBack(name)
            try spool.wait(for: second.line, in: .done)
        }
        #expect(try FileTree.names(outside).isEmpty)
        #expect(try spool.place(of: first) == .done)
    }

    /// A worker that lives meanwhile goes on when the directory is back.
    @Test(arguments: ["done", "tmp", "running", "logs"])
    func aWorkerThatLivesWaitsForTheDirectory(_ name: String) throws {
        let worker = try spool.startWorker("-j", "1")
        let first = try spool.submit("--", "true")
        try spool.wait(for: first, in: .done)
        try link(name)
        let text = #"{"command": "touch \#(spool.home)/proof; echo x"}"#
        try FileTree.write(spool["incoming/x.json"], Array(text.utf8))
        let second = try spool.run("run", "echo", "x")
        #expect(second.status == (name == "tmp" ? 74 : 0), "\(second.errorText)")
        try spool.wait("it was admitted") { !spool.exists("incoming/x.json") }
        #expect(try FileTree.names(outside).isEmpty)
        try putBack(name)
        worker.signal(SIGHUP)
        try spool.wait("all have run") { try spool.ids(in: .done).count == (name == "tmp" ? 2 : 3) }
        #expect(try FileTree.names(outside).isEmpty)
        #expect(FileTree.exists(spool.home + "/proof"))
    }
}
