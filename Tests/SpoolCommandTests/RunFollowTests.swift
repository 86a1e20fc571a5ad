import Glibc
import Spool
import SpoolTestSupport
import Testing

/// `spool run --follow`: the output as it is, while it comes.
struct RunFollowTests {
    @Test func showsTheExactBytesOfBothStreams() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let result = try spool.run(
            "run", "--follow", "-c",
            #"printf 'a\000b\377\r\n\n\nlast line'; printf '\000\001\nerror without end' >&2"#)
        #expect(result.status == 0)
        #expect(
            result.output == [97, 0, 98, 255, 13, 10, 10, 10] + Array("last line".utf8))
        #expect(result.error == [0, 1, 10] + Array("error without end".utf8))
    }

    @Test func showsAMegabyteOfNoise() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let result = try spool.run(
            "run", "--follow", "-c", "head -c 1000001 /dev/urandom | tee copy")
        #expect(result.status == 0)
        #expect(result.output.count == 1_000_001)
        #expect(try result.output == FileTree.read(spool.home + "/copy"))
        let id = try spool.onlyID(in: .done)
        #expect(try spool.run("logs", id).output == result.output)
    }

    @Test func keepsTheOrderWithinEachStream() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let result = try spool.run(
            "run", "--follow", "-c",
            "i=0; while [ $i -lt 300 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done")
        #expect(result.text == (0..<300).map { "out \($0)\n" }.joined())
        let errors = String(decoding: result.error, as: UTF8.self)
        #expect(errors == (0..<300).map { "err \($0)\n" }.joined())
    }

    @Test func showsOutputWhileTheJobRuns() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        try spool.startWorker("-j", "1")
        let following = try spool.start(
            "run", "--follow", "-c", "printf first; read line < gate; echo ' second'; exit 9")
        try spool.wait("the first word is shown") {
            try following.outputSoFar() == Array("first".utf8)
        }
        #expect(try spool.ids(in: .running).count == 1)
        try gate.open()
        let result = try following.wait()
        #expect(result.text == "first second\n")
        #expect(result.status == 9)
        #expect(result.errorText == "", "standard error is the command's alone")
    }

    /// It learns of the output and of the moves of the job's file at once.
    @Test func showsWhatCameTogetherWithAMove() throws {
        let spool = try TemporarySpool()
        let gates = try (1...2).map { try Gate(spool, "gate\($0)") }
        try spool.startWorker("-j", "1")
        let following = try spool.start(
            "run", "--follow", "-m", "2", "--backoff", "fixed:0s", "-c",
            "printf $SPOOL_ATTEMPT; read line < gate$SPOOL_ATTEMPT; exit 9")
        try spool.wait("the first try's output is shown") {
            try following.outputSoFar() == Array("1".utf8)
        }
        let id = try spool.onlyID(in: .running)
        following.signal(SIGSTOP)
        try gates[0].open()
        try spool.wait("the second try has written") {
            try spool.run("logs", id).text == "12"
        }
        following.signal(SIGCONT)
        try spool.wait("it is shown while the job runs") {
            try following.outputSoFar() == Array("12".utf8)
        }
        try gates[1].open()
        #expect(try following.wait().status == 9)
    }

    @Test func showsTheOutputOfEveryTry() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let following = try spool.start(
            "run", "--follow", "-m", "3", "--backoff", "fixed:300ms", "-c",
            "echo try $SPOOL_ATTEMPT; [ $SPOOL_ATTEMPT = 3 ]")
        let result = try following.wait()
        #expect(result.status == 0)
        #expect(result.text == "try 1\ntry 2\ntry 3\n")
    }

    @Test func triesAgainAtOnceWithoutBackoff() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let following = try spool.start(
            "run", "--follow", "-m", "2", "--backoff", "fixed:0s", "-c",
            "echo try $SPOOL_ATTEMPT; [ $SPOOL_ATTEMPT = 2 ]")
        let result = try following.wait()
        #expect(result.text == "try 1\ntry 2\n")
    }

    @Test func saysThatTheLogWasCut() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let result = try spool.run(
            "run", "--follow", "--output-limit", "10", "-c",
            "printf 0123456789abcdef; echo ended > proof")
        #expect(result.status == 0)
        #expect(result.text == "01234bcdef", "both ends")
        #expect(result.errorText.contains("[... 6 bytes are left out here ...]\n"))
        #expect(result.errorText.contains("6 bytes were dropped (limit)"))
        #expect(try spool.lines("proof") == ["ended"])
    }
}
