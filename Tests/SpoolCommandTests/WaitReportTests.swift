import Spool
import SpoolTestSupport
import Testing

/// What is said beside the exit status: which job, and why.
struct WaitReportTests {
    @Test(arguments: ["--follow", "--wait"])
    func aCommandThatCannotBeRunIsNamed(_ option: String) throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let missing = try spool.run("run", option, "--", "no-such-program")
        #expect(missing.status == 127)
        #expect(missing.errorText.contains("can't run no-such-program: No such file or directory"))
        let unfit = try spool.run("run", option, "--", "/etc/passwd")
        #expect(unfit.status == 126)
        #expect(unfit.errorText.contains("can't run /etc/passwd: Permission denied"))
        try FileTree.write(spool.home + "/script", Array("#!/no/such/shell\r\n".utf8), mode: 0o700)
        let script = try spool.run("run", "-w", "--", "./script")
        #expect(script.errorText.contains("what its first line names"), "\(script.errorText)")
        let directory = try spool.run("run", "-w", "--", "./")
        #expect(directory.errorText.contains("it is a directory"), "\(directory.errorText)")
        let id = try #require(try spool.ids(in: .failed).first)
        for words in [["wait", id], ["logs", "--follow", id]] {
            #expect(try spool.run(words).errorText.contains("can't run no-such-program"))
        }
        // The long one comes last.
        let waited = try spool.run("wait", id).errorText
        #expect(waited.hasPrefix("spool: no-such-program (\(id)) failed: can't run "), "\(waited)")
        let path = try #require(waited.split(separator: ": ").last)
        #expect(path.hasPrefix("/") && path.contains(":/"), "\(waited)")
        for words in [["wait", id], ["logs", "--follow", id]] {
            #expect(try spool.run(words).status == 127)
        }
    }

    /// A shell's answer, whose words the one who waits doesn't see.
    @Test func soIsWhatAShellDidNotFind() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        for (code, word) in [(127, "not found"), (126, "may not be executed")] {
            let result = try spool.run("run", "--wait", "-c", "exit \(code)")
            #expect(result.status == code)
            #expect(result.errorText.contains(word))
            #expect(result.errorText.contains("spool logs \(result.line)"))
        }
        let result = try spool.run("run", "--wait", "-c", "exit 3")
        #expect(result.errorText == "", "other codes speak for themselves")
    }

    @Test func waitNamesEachThatHasNotSucceeded() throws {
        let spool = try TemporarySpool()
        let good = try spool.submit("--", "true")
        let bad = try spool.submit("--name", "bad one", "-c", "exit 9")
        let late = try spool.submit("--expires", "1ms", "--", "true")
        try spool.runWorker("-j", "1")
        let unwanted = try spool.submit("--", "true")
        #expect(try spool.run("cancel", unwanted).status == 0)
        let gone = try spool.submit("--", "true")
        let waiting = try spool.start("wait", good, bad, late, unwanted, gone)
        try spool.wait("it has told of those that have ended") {
            String(decoding: try waiting.errorSoFar(), as: UTF8.self).contains(unwanted)
        }
        try spool.remove("incoming/5-\(gone).json")
        let result = try waiting.wait()
        #expect(result.status == 9)
        let lines = result.errorText.split(separator: "\n")
        func line(of id: String) -> String {
            lines.first { $0.contains(id) }.map(String.init) ?? ""
        }
        #expect(line(of: good) == "")
        #expect(line(of: bad) == "spool: bad one (\(bad)) failed: exit code 9")
        #expect(line(of: late).contains("cancelled: "))
        #expect(line(of: late).contains("expire"))
        #expect(line(of: unwanted).contains("cancelled by"))
        #expect(line(of: gone).contains("is gone"))
    }

    @Test func ofManyTheFirstAreNamed() throws {
        let spool = try TemporarySpool()
        let line = #"{"command": ["true"], "sync": "off", "delay": "1d"}"# + "\n"
        let ids = try spool.run(["submit", "-"], input: String(repeating: line, count: 30)).text
        #expect(try spool.run(["cancel", "-"], input: ids).status == 0)
        let result = try spool.run(["wait", "-"], input: ids)
        #expect(result.status == 125)
        let named = Set(ids.split(separator: "\n").filter { result.errorText.contains($0) })
        #expect(named.count == 20)
        #expect(result.errorText.contains("and 10 more"))
    }

    @Test(arguments: [["run", "--follow"], ["run", "--wait"], ["wait"], ["logs", "--follow"]])
    func whoDoesNotWaitLearnsThatTheJobGoesOn(_ words: [String]) throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        try spool.startWorker("-j", "1")
        let command = ["-c", "echo begun; read line < gate; exit 4"]
        let isRun = words[0] == "run"
        let id = isRun ? "" : try spool.submit(command)
        let waiting = try spool.start(words + (isRun ? command : [id]))
        try spool.wait("the job runs") { try spool.ids(in: .running).count == 1 }
        let running = try spool.onlyID(in: .running)
        try spool.wait("it waits") { try !ProcessView.watchedInodes(of: waiting.pid).isEmpty }
        waiting.signal(2)
        let result = try waiting.wait()
        #expect(result.status == 128 + 2)
        #expect(result.errorText.contains("spool: the job goes on; "))
        #expect(result.errorText.contains("spool cancel \(running)"))
        #expect(try spool.place(of: running) == .running)
        try gate.open()
        #expect(try spool.run("wait", running).status == 4)
    }
}
