import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

@testable import SpoolCommand

/// `spool logs`: the bytes of the job, or a part of them.
struct LogsTests {
    @Test func aCommandThatCouldNotStartIsNotSilent() throws {
        let spool = try TemporarySpool()
        let lost = try spool.submit("--", "/no/such/program")
        let quiet = try spool.submit("--", "true")
        let loud = try spool.submit("--", "echo", "hello")
        try spool.runWorker("-j", "1")
        let logs = try spool.run("logs", lost)
        #expect(logs.status == 0 && logs.text.isEmpty)
        #expect(
            logs.errorText.hasPrefix(
                "spool: attempt 1 of \(lost): its command could not be started: "),
            "\(logs.errorText)")
        #expect(try spool.run("logs", quiet).errorText.isEmpty)
        // A path that leads nowhere is of no use.
        for id in [lost, quiet] { #expect(!(try spool.run("status", id).text.contains("log:"))) }
        #expect(try spool.run("status", loud).text.contains("log:         \(spool.path)/logs/"))
    }

    /// The output is that of the attempt before.
    @Test func alsoOneThatCouldNotStartLater() throws {
        let spool = try TemporarySpool()
        let program = spool.home + "/once"
        let text = #"#!/bin/sh\necho first\nrm "$0"\nexit 1\n"#
        #expect(
            ProcessControl.run(["sh", "-c", "printf '\(text)' > \(program); chmod +x \(program)"])
                == 0)
        let id = try spool.submit("-m", "2", "--backoff", "fixed:0s", "--", program)
        for _ in 0..<2 { try spool.runWorker("-j", "1") }
        let logs = try spool.run("logs", id)
        #expect(logs.status == 0 && logs.text == "first\n")
        #expect(
            logs.errorText.hasPrefix(
                "spool: attempt 2 of \(id): its command could not be started: "),
            "\(logs.errorText)")
        #expect(logs.errorText.split(separator: "\n").count == 1)
        #expect(try spool.run("logs", id, "--attempt", "1").errorText.isEmpty)
    }

    /// Its command may have run, or nobody wanted it to.
    @Test(arguments: ["interrupted", "cancelled"])
    func anotherAttemptWithoutACommandIsNoneThatCouldNotStart(_ outcome: String) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--hold", "--", "true")
        try spool.remove("held/5-\(id).json")
        let time = "2026-11-21T07:30:00Z"
        try spool.write(
            "failed/\(id).json",
            #"{"command": "true", "attempts": [{"number": 1, "worker": "", "host": "h","#
                + #" "boot_id": "b", "runner": {"pid": 1, "start_time": 0}, "started_at": "\#(time)","#
                + #" "finished_at": "\#(time)", "outcome": "\#(outcome)", "message": "so"}]}"#)
        let logs = try spool.run("logs", id)
        #expect(logs.status == 0 && logs.errorText.isEmpty, "\(logs.errorText)")
        #expect(try spool.run("status", id).text.contains(outcome))
    }

    @Test func aJobThatEndedBeforeItBeganNeverRan() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--hold", "--", "true")
        let waiting = try spool.run("logs", id)
        #expect(waiting.status == 0 && waiting.errorText == "spool: \(id) has not run yet\n")
        #expect(try spool.run("cancel", id).status == 0)
        let ended = try spool.run("logs", id)
        #expect(ended.status == 0 && ended.text.isEmpty)
        #expect(
            ended.errorText.hasPrefix("spool: \(id) never ran: cancelled by "),
            "\(ended.errorText)")
        #expect(try spool.run("retry", "--no-start", id).status == 0)
        #expect(try spool.run("logs", id).errorText == waiting.errorText)
    }

    /// A job of two attempts that has written to both streams.
    private func twoAttempts(_ spool: TemporarySpool) throws -> String {
        let id = try spool.submit(
            "-m", "2", "--backoff", "fixed:0s", "-c",
            "echo out $SPOOL_ATTEMPT; echo err $SPOOL_ATTEMPT >&2; printf end$SPOOL_ATTEMPT;"
                + " [ $SPOOL_ATTEMPT = 2 ]")
        try spool.runWorker("-j", "1")
        try spool.runWorker("-j", "1")
        #expect(try spool.place(of: id) == .done)
        return id
    }

    @Test func givesBackBothStreams() throws {
        let spool = try TemporarySpool()
        let result = try spool.run("logs", twoAttempts(spool))
        #expect(result.status == 0)
        #expect(result.text == "out 1\nend1out 2\nend2")
        #expect(result.errorText == "err 1\nerr 2\n")
    }

    @Test func showsOneAttempt() throws {
        let spool = try TemporarySpool()
        let id = try twoAttempts(spool)
        #expect(try spool.run("logs", id, "--attempt", "1").text == "out 1\nend1")
        #expect(try spool.run("logs", id, "--attempt", "2").text == "out 2\nend2")
        #expect(try spool.run("logs", id, "--attempt", "3").status == 66)
    }

    @Test func showsOneStream() throws {
        let spool = try TemporarySpool()
        let id = try twoAttempts(spool)
        let output = try spool.run("logs", id, "--stdout")
        #expect(output.text == "out 1\nend1out 2\nend2" && output.error.isEmpty)
        let error = try spool.run("logs", id, "--stderr")
        #expect(error.errorText == "err 1\nerr 2\n" && error.output.isEmpty)
    }

    @Test(arguments: [
        (1, "line 9\n"), (3, "line 7\nline 8\nline 9\n"), (0, ""),
        (10, (0..<10).map { "line \($0)\n" }.joined()),
        (99, (0..<10).map { "line \($0)\n" }.joined()),
    ])
    func showsTheLastLines(count: Int, text: String) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit(
            "-c", "i=0; while [ $i -lt 10 ]; do echo line $i; i=$((i+1)); done")
        try spool.runWorker("-j", "1")
        #expect(try spool.run("logs", "-n", "\(count)", id).text == text)
    }

    @Test func countsALastLineWithoutEnd() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-c", #"printf 'one\ntwo\nthree'"#)
        try spool.runWorker("-j", "1")
        #expect(try spool.run("logs", "-n", "2", id).text == "two\nthree")
        #expect(try spool.run("logs", "-n", "1", id).text == "three")
    }

    @Test func followsToTheEndAndExitsWithTheCode() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        try spool.startWorker("-j", "1")
        let id = try spool.submit("-c", "echo one; read line < gate; echo two; exit 5")
        let following = try spool.start("logs", "-f", id)
        try spool.wait("the first line is shown") {
            try following.outputSoFar() == Array("one\n".utf8)
        }
        try gate.open()
        let result = try following.wait()
        #expect(result.status == 5)
        #expect(result.text == "one\ntwo\n")
        #expect(try spool.run("logs", "-f", "-n", "1", id).status == 64)
    }

    @Test func saysThatNothingHasRunYet() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let result = try spool.run("logs", id)
        #expect(result.status == 0 && result.text.isEmpty)
        #expect(result.errorText.contains("has not run yet"))
        #expect(try spool.run("logs", "NOSUCHJOB").status == 66)
    }

    @Test func showsTimes() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "echo", "text")
        try spool.runWorker("-j", "1")
        let words = try spool.run("logs", "-T", id).text.split(separator: " ")
        #expect(words.count == 2 && words.last == "text\n")
        #expect(words.first?.hasSuffix("Z") == true)
    }

    @Test func severalAreToldApartLineByLine() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let first = try spool.submit(
            "-n", "a", "-c", "printf 'one\\ntw'; read line < gate; printf 'o\\nend'; exit 3")
        let second = try spool.submit("-n", "long", "-c", "echo else; echo odd >&2")
        let following = try spool.start("logs", "--follow", first, second)
        try spool.startWorker("-j", "2")
        try spool.wait(for: second, in: .done)
        try spool.wait("what is written is shown") {
            let text = String(decoding: try following.outputSoFar(), as: UTF8.self)
            return text.contains("a    | one\n") && text.contains("long | else\n")
        }
        try gate.open()
        let result = try following.wait()
        #expect(result.status == 3)
        let lines = result.text.split(separator: "\n").map(String.init)
        #expect(lines.filter { $0.hasPrefix("a ") } == ["a    | one", "a    | two", "a    | end"])
        #expect(lines.filter { $0.hasPrefix("long") } == ["long | else"])
        #expect(result.errorText.contains("long | odd\n"))
        #expect(result.errorText.contains("a (\(first)) failed"))
        let shown = try spool.run("logs", second, first)
        #expect(shown.text == "long | else\na    | one\na    | two\na    | end\n")
        let last = try spool.run("logs", "-n", "1", "--stdout", first, second)
        #expect(last.text == "a    | end\nlong | else\n" && last.error.isEmpty)
    }
}

/// What tells the lines of several jobs apart.
struct LineLabelTests {
    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    @Test func keepsWhatIsOpenUntilItsEnd() {
        var label = LineLabel("a")
        var shown = text(label.lines(Array("one\ntw".utf8), of: .output))
        #expect(shown == "a | one\n")
        shown = text(label.lines(Array("odd\n".utf8), of: .error))
        #expect(shown == "a | odd\n")
        shown = text(label.lines(Array("o\n\nend".utf8), of: .output))
        #expect(shown == "a | two\na | \n")
        shown = text(label.lastLine(of: .output))
        #expect(shown == "a | end\n")
        shown = text(label.lastLine(of: .output))
        #expect(shown.isEmpty)
    }

    @Test func cutsALineThatNeverEnds() {
        var label = LineLabel("a")
        let half = [UInt8](repeating: 120, count: LineLabel.longestLine / 2)
        let head: [UInt8] = Array("a | ".utf8)
        let whole: [UInt8] = head + half + half + [10]
        let first = label.lines(half, of: .output)
        let second = label.lines(half, of: .output)
        #expect(first.isEmpty && second.isEmpty)
        // The longest that isn't cut.
        var shown = label.lines([10], of: .output)
        #expect(shown == whole)
        shown = label.lines(half + half + half, of: .output)
        #expect(shown == whole)
        shown = label.lines(half + half, of: .output)
        #expect(shown == whole)
        shown = label.lastLine(of: .output)
        let end: [UInt8] = head + half + [10]
        #expect(shown == end)
    }

    /// East Asian characters are two columns wide.
    @Test func namesAreAlignedByColumns() throws {
        let spool = try TemporarySpool()
        let wide = try spool.submit("-n", "\u{65e5}\u{672c}", "-c", "echo x")
        let narrow = try spool.submit("-n", "abc", "-c", "echo y")
        try spool.runWorker("-j", "1")
        let shown = try spool.run("logs", wide, narrow)
        #expect(shown.text == "\u{65e5}\u{672c} | x\nabc  | y\n")
    }
}
