import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

extension TemporarySpool {
    /// Whether the process lives whose pid is in the file `left`.
    func isLeft() throws -> Bool {
        let pid = try #require(try lines("left").first.flatMap { pid_t($0) })
        guard let stat = ProcessTable.stat(of: pid) else { return false }
        return !stat.isZombie
    }
}

/// Descendants that outlive their command.
struct OutlivingTests {
    private static let leaves =
        "sleep 600 & until [ \"$(cat /proc/$!/comm)\" = sleep ]; do :; done; echo $! > left"

    @Test(arguments: [0, 3])
    func whatIsEndedIsOnRecord(code: Int) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-c", OutlivingTests.leaves + "; exit \(code)")
        try spool.runWorker("-j", "1")
        #expect(try spool.place(of: id) == (code == 0 ? .done : .failed))
        let attempt = try #require(try spool.job(id).attempts?.last)
        let pid = try #require(try spool.lines("left").first)
        #expect(attempt.exitCode == Int32(code))
        #expect(attempt.outlivedBy?.map(\.name) == ["sleep"])
        #expect(attempt.outlivedBy?.map { "\($0.pid)" } == [pid])
        let text = "1 process that outlived it was ended: sleep (pid \(pid))"
        #expect(attempt.message == (code == 0 ? text : "exit code 3; \(text)"))
        #expect(try !spool.isLeft())
        #expect(try spool.run("status", id).text.contains(text))
    }

    @Test func whatIsToStayGoesOn() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let id = try spool.submit(
            "--keep-children", "-c",
            "sh -c 'echo up > up; read line < gate; echo one; echo two; echo on > went' &"
                + " until [ -e up ]; do sleep 0.01; done; exit 4")
        try spool.runWorker("-j", "1")
        #expect(try spool.place(of: id) == .failed)
        let attempt = try #require(try spool.job(id).attempts?.last)
        #expect(attempt.exitCode == 4 && attempt.outlivedBy == nil)
        #expect(try spool.lines("went").isEmpty)
        try gate.open()
        try spool.wait("it has gone on, over what it had to write") {
            try spool.lines("went") == ["on"]
        }
        try spool.wait("nothing is left") { spool.processes().isEmpty }
        #expect(try spool.run("logs", id).text == "")
    }

    @Test func aJobThatIsStoppedLeavesNothing() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit(
            "--keep-children", "-t", "1s", "-c", OutlivingTests.leaves + "; wait")
        try spool.runWorker("-j", "1")
        #expect(try spool.job(id).state == .timedOut)
        try spool.wait("nothing is left") { spool.processes().isEmpty }
        #expect(try !spool.isLeft())
    }

    /// One that has a session of its own isn't ended, and doesn't die of its next line either.
    @Test func aDetachedOneMayGoOnWriting() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let id = try spool.submit(
            "-c",
            "setsid sh -c 'echo up > up; read line < gate; echo one; echo two >&2; head -c 200000"
                + " /dev/zero; echo on > went' & until [ -e up ]; do sleep 0.01; done; echo end")
        let next = try spool.submit("-c", "echo next")
        try spool.runWorker("-j", "1")
        #expect(try spool.job(id).attempts?.last?.outlivedBy == nil)
        try gate.open()
        try spool.wait("it has gone on") { try spool.lines("went") == ["on"] }
        try spool.wait("nothing is left") { spool.processes().isEmpty }
        #expect(try spool.run("logs", id).text == "end\n")
        #expect(try spool.run("logs", next).text == "next\n")
    }

    /// What is stopped can't handle SIGTERM before it goes on.
    @Test func aStoppedCommandHandlesItsEnd() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let id = try spool.submit(
            "--kill-after", "1h", "-c",
            "trap 'echo bye > said; exit 5' TERM; echo $$ > pid; kill -STOP $$; sleep 600")
        try spool.wait("it has stopped") {
            guard let pid = try spool.lines("pid").first,
                let text = try? FileTree.read("/proc/\(pid)/stat")
            else { return false }
            return String(decoding: text, as: UTF8.self).contains(") T ")
        }
        #expect(try spool.run("cancel", id).status == 0)
        try spool.wait(for: id, in: .failed)
        #expect(try spool.lines("said") == ["bye"])
        #expect(try spool.job(id).attempts?.last?.exitCode == 5)
    }
}

/// What a command leaves for people.
struct ResultTests {
    @Test(arguments: [
        ("ln -s /etc/hostname $SPOOL_RESULT", "it is a symbolic link"),
        ("mkfifo $SPOOL_RESULT", "it is no plain file"),
        ("mkdir $SPOOL_RESULT", "it is no plain file"),
        (
            "head -c 600000 /dev/zero > $SPOOL_RESULT",
            "it is 600000 bytes long; 524288 are the limit"
        ),
        (
            "head -c 500000 /dev/zero | tr '\\0' '\\1' > $SPOOL_RESULT",
            "it takes 3000003 bytes as JSON; 1048576 are the limit"
        ),
    ])
    func whatIsNotTakenIsSaid(command: String, reason: String) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-c", command + "; echo end")
        let bad = try spool.submit("-c", command + "; echo end; exit 3")
        try spool.runWorker("-j", "1")
        let text = "the result in SPOOL_RESULT was not taken: \(reason)"
        #expect(try spool.job(id).message == text)
        #expect(try spool.job(bad).message == "exit code 3; \(text)")
        #expect(try spool.job(id).state == .completed)
        #expect(try spool.job(id).result == "end\n")
    }

    /// A failure is told at the beginning or the end of standard error.
    @Test func theResultOfAFailureIsItsStandardError() throws {
        let spool = try TemporarySpool()
        let noise = "i=0; while [ $i -lt 500 ]; do i=$((i + 1)); echo line $i >&2; done"
        let command = "echo cause >&2; \(noise); echo last words >&2; echo output"
        let good = try spool.submit("-c", command)
        let bad = try spool.submit("-c", command + "; exit 1")
        let silent = try spool.submit("-c", "echo output; exit 1")
        try spool.runWorker("-j", "1")
        #expect(try spool.job(good).result == "output\n")
        #expect(try spool.job(silent).result == "output\n")
        guard case .string(let text)? = try spool.job(bad).result else {
            throw FileTree.Failure(description: "no result")
        }
        #expect(text.hasPrefix("cause\nline 1\n") && text.hasSuffix("line 500\nlast words\n"))
        #expect(text.contains("bytes are left out here"))
        #expect(text.utf8.count < 1200)
        let page = try spool.run("status", bad).text
        #expect(
            page.contains("stderr:") && page.contains(" cause\n") && page.contains("last words"))
        #expect(try !spool.run("status", good).text.contains("stderr:"))
    }

    @Test func aMailHasTheEndOfALongOutput() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try FileTree.write(
            spool["handlers/mail"], Array("#!/bin/sh\nexec cat >> mail\n".utf8), mode: 0o700)
        let noise = "i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); echo line $i; done"
        try spool.drop(
            "x.json",
            #"{"command": "echo first; \#(noise); echo cause >&2; \#(noise); echo last words; exit 1","#
                + #" "mail": {"to": "me"}}"#)
        try spool.runWorker("-j", "1")
        let mail = String(decoding: try FileTree.read(spool.home + "/mail"), as: UTF8.self)
        #expect(mail.contains("The output is cut here"))
        #expect(mail.contains("\nStandard error:\n\ncause\n"))
        #expect(mail.contains("\nfirst\nline 1\n") && mail.hasSuffix("line 20000\nlast words\n"))
        #expect(mail.utf8.count < 160_000)
    }

    @Test func aMailTellsWhatWasEnded() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        try FileTree.write(
            spool["handlers/mail"], Array("#!/bin/sh\nexec cat >> mail\n".utf8), mode: 0o700)
        try spool.drop(
            "x.json", #"{"command": "sleep 600 & echo hi", "mail": {"to": "me"}}"#)
        try spool.runWorker("-j", "1")
        let mail = String(decoding: try FileTree.read(spool.home + "/mail"), as: UTF8.self)
        #expect(mail.contains("\n\ncompleted: 1 process that outlived it was ended: "), "\(mail)")
        #expect(mail.hasSuffix("\n\nhi\n"))
    }

    /// Neither ps(1) nor top(1) has room for an id.
    @Test func aRunnerShowsWhichJobItRuns() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        try spool.startWorker("-j", "1")
        let id = try spool.submit("-c", "echo up >> proof; read line < gate")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        let runner = try #require(try spool.job(id).attempts?.last?.runner.pid)
        #expect(ProcessTable.name(of: runner) == "spool:\(id.suffix(6))")
        let title = String(decoding: try FileTree.read("/proc/\(runner)/cmdline"), as: UTF8.self)
        #expect(title.hasPrefix("spool-run \(id)") || title.hasPrefix("spool:\(id.suffix(6))"))
        try gate.open()
        try spool.wait(for: id, in: .done)
    }

    @Test func endsAreCutAtLinesAndCharacters() {
        var ends = Ends(head: 8, tail: 8)
        ends.append(Array("one\n".utf8))
        ends.append(Array("two\nthree\n".utf8))
        #expect(ends.text == "one\ntwo\nthree\n" && !ends.isCut)
        ends.append(Array("four\nfive\n".utf8))
        #expect(ends.isCut)
        #expect(ends.text == "one\ntwo\n[... 11 bytes are left out here ...]\nfive\n")
        var one = Ends(head: 4, tail: 4)
        one.append(Array("aéééééé".utf8))
        #expect(one.text == "aé\n[... 6 bytes are left out here ...]\néé")
        var last = Ends(head: 0, tail: 5)
        for _ in 0..<9 { last.append(Array("é".utf8)) }
        #expect(String(decoding: last.end, as: UTF8.self) == "éé" && last.total == 18)
    }
}
