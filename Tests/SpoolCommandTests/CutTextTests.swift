import Glibc
import Spool
import SpoolTestSupport
import Testing

/// Text that came in empty or cut takes the place of nothing, and does nothing.
struct CutTextTests {
    @Test(arguments: [
        "", "\n \n", "{\"command\": \"true\"}\n{\"command\": \"true\"}\n{\"comm",
        "{\"command\": \"true\"}\n{\"command\": \"tr", "{\"command\": [\"true\"", "\u{feff}",
        "[]\n[]",
    ])
    func nothingIsSubmitted(_ text: String) throws {
        let spool = try TemporarySpool()
        for words in [["-"], ["--lines", "-"], ["--check", "-"]] {
            let result = try spool.run(["submit"] + words, input: text)
            #expect(result.status == 65 && result.output.isEmpty, "\(words): \(result.errorText)")
            #expect(result.errorText.contains("standard input"), "\(result.errorText)")
        }
        #expect(try spool.jobPaths().isEmpty)
    }

    /// The last line needs no end.
    @Test func wholeLinesAreSubmitted() throws {
        let spool = try TemporarySpool()
        let line = #"{"command": "true"}"#
        for text in [line + "\n" + line, "\u{feff}" + line + "\r\n" + line + "\r\n"] {
            let result = try spool.run(["submit", "-"], input: text)
            #expect(result.status == 0, "\(result.errorText)")
        }
        #expect(try spool.jobPaths().count == 4)
    }

    @Test(arguments: [
        "payload={\"a\": 1", "payload=[1,", "metadata={\"a\"", "payload=\"a", "command=",
        "command=[]", "command=\"\"", "command=[\"true\"",
    ])
    func aChangeIsRefused(_ change: String) throws {
        let spool = try TemporarySpool()
        try spool.drop("5-01ARZ3NDEKTSV4RRFFQ69G5FAV.json", #"{"type": "x", "payload": {"a": 0}}"#)
        let isOfCommand = change.hasPrefix("command")
        let id =
            isOfCommand ? try spool.submit("--", "true") : "01ARZ3NDEKTSV4RRFFQ69G5FAV"
        let before = try spool.job(id)
        let result = try spool.run("edit", id, change)
        // A line for the shell may begin with a bracket.
        #expect(result.status == (change == "command=[\"true\"" ? 0 : 65), "\(result.errorText)")
        if result.status != 0 { #expect(try spool.job(id) == before) }
    }

    @Test(arguments: [": >", "rm", "printf '{' >", "printf '{\"command\":' >"])
    func anEditorsTextIsRefused(_ command: String) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let before = try spool.job(id)
        try FileTree.write(spool.home + "/editor", Array("\(command) \"$1\"\n".utf8))
        let result = try spool.run(
            ["edit", id], environment: ["EDITOR": "sh editor", "TMPDIR": spool.home])
        #expect([65, 66].contains(result.status), "\(result.errorText)")
        #expect(try spool.job(id) == before)
    }

    @Test(arguments: ["", "{", "{\"slots\": 4", "null", "[]", "{\"slots\": \"4\"}"])
    func aWorkerKeepsItsSettings(_ text: String) throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try spool.write("settings.json", "{\"slots\": 3}")
        let worker = try spool.startWorker()
        try spool.write("settings.json", text)
        worker.signal(SIGHUP)
        try spool.wait("it says so") {
            String(decoding: try worker.errorSoFar(), as: UTF8.self).contains("stay as they were")
        }
        let record = try spool.names("workers").first { $0.hasSuffix(".json") }
        #expect(try spool.read("workers/" + #require(record)).contains("\"slots\" : 3"))
        #expect(try spool.submit("--", "true").isEmpty == false)
        try spool.wait("it works") { try !spool.ids(in: .done).isEmpty }
        worker.signal(SIGTERM)
        #expect(try worker.wait().status == 0)
        let result = try spool.run("worker", "--until-empty")
        #expect(result.status == 65)
        #expect(result.errorText.contains("\(spool.path)/settings.json"), "\(result.errorText)")
        #expect(!result.errorText.contains("a job is"), "\(result.errorText)")
    }
}
