import Spool
import SpoolTestSupport
import Testing

/// `spool run --wait`: the job's own exit code, whatever it is.
struct RunWaitTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        var testDescription: String { arguments.joined(separator: " ") }
    }

    @Test(arguments: [
        Case(arguments: ["sh", "-c", "exit 0"], status: 0),
        Case(arguments: ["sh", "-c", "exit 7"], status: 7),
        Case(arguments: ["sh", "-c", "exit 255"], status: 255),
        Case(arguments: ["sh", "-c", "kill -TERM $$"], status: 128 + 15),
        Case(arguments: ["sh", "-c", "kill -KILL $$"], status: 128 + 9),
        Case(arguments: ["sh", "-c", "kill -SEGV $$"], status: 128 + 11),
        Case(arguments: ["/no/such/program"], status: 127),
        Case(arguments: ["no-such-program-anywhere"], status: 127),
        Case(arguments: ["/etc/passwd"], status: 126),
        Case(arguments: ["/"], status: 126),
    ])
    func exitsWithTheCodeOfTheJob(_ test: Case) throws {
        let spool = try TemporarySpool()
        let worker = try spool.startWorker("-j", "1")
        let result = try spool.run(["run", "--wait", "--"] + test.arguments)
        #expect(result.status == test.status)
        #expect(JobID(result.line) != nil, "stdout holds the id alone")
        worker.signal(15)
        #expect(try worker.wait().status == 0)
    }

    @Test func stopsWhatIgnoresSIGTERMAfterItsTimeout() throws {
        let spool = try TemporarySpool()
        _ = try Gate(spool)
        try spool.startWorker("-j", "1")
        let result = try spool.run(
            "run", "--wait", "--timeout", "100ms", "--kill-after", "100ms", "-c",
            "trap '' TERM; read line < gate")
        #expect(result.status == 124)
        let job = try spool.job(result.line)
        #expect(job.state == .timedOut)
        #expect(job.attempts?.last?.signal == "SIGKILL")
        #expect(try spool.place(of: result.line) == .failed)
    }

    @Test func endsWhatObeysSIGTERMAfterItsTimeout() throws {
        let spool = try TemporarySpool()
        _ = try Gate(spool)
        try spool.startWorker("-j", "1")
        let result = try spool.run(
            "run", "--wait", "--timeout", "100ms", "-c",
            "trap 'echo stopped >> proof; exit 3' TERM; read line < gate")
        #expect(result.status == 124)
        #expect(try spool.lines("proof") == ["stopped"])
        #expect(try spool.job(result.line).attempts?.last?.exitCode == 3)
    }

    @Test func killsTheWholeProcessGroup() throws {
        let spool = try TemporarySpool()
        _ = try Gate(spool)
        let worker = try spool.startWorker("-j", "1")
        let result = try spool.run(
            "run", "--wait", "--timeout", "100ms", "--kill-after", "100ms", "-c",
            "trap '' TERM; sh -c 'trap \"\" TERM; echo $$ >> pids; read line < gate' & wait; wait")
        #expect(result.status == 124)
        try spool.wait("only the worker is left") { spool.processes() == [worker.pid] }
    }

    @Test func tellsThatItCouldNotEnterTheDirectory() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let result = try spool.run("run", "--wait", "--cwd", "/no/such/place", "--", "true")
        #expect(result.status == 125)
        #expect(try spool.job(result.line).message?.contains("/no/such/place") == true)
    }

    @Test func passesDirectoryEnvironmentInputAndMaskOn() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let result = try spool.run(
            [
                "run", "--wait", "--stdin", "-", "--env", "COLOUR=dark blue", "-c",
                "pwd > proof; echo \"$COLOUR\" >> proof; cat >> proof; umask >> proof",
            ],
            input: "from stdin\n")
        #expect(result.status == 0)
        let proof = try spool.lines("proof")
        #expect(proof.prefix(3) == [spool.home, "dark blue", "from stdin"])
        #expect(try spool.job(result.line).umask != nil)
    }

    @Test func tellsTheCommandWhoItIs() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let result = try spool.run(
            "run", "--wait", "-n", "mine", "-q", "lane", "-m", "4", "-c",
            "echo $SPOOL_DIR $SPOOL_JOB_ID $SPOOL_JOB_NAME $SPOOL_ATTEMPT $SPOOL_MAX_ATTEMPTS"
                + " $SPOOL_QUEUE $SPOOL_TYPE $SPOOL_MODE > proof; cat $SPOOL_JOB_FILE > file;"
                + " echo '{\"answer\": 42}' > $SPOOL_RESULT")
        #expect(result.status == 0)
        #expect(
            try spool.lines("proof")
                == ["\(spool.path) \(result.line) mine 1 4 lane shell apply"])
        #expect(try !spool.lines("file").isEmpty)
        #expect(try spool.job(result.line).result == ["answer": 42])
        // The sidecars are removed after the end is told.
        try spool.wait("nothing is left") { try spool.names("running").isEmpty }
    }

    @Test func saysWhenTheJobNeverRan() throws {
        let spool = try TemporarySpool()
        let waiting = try spool.start("run", "--wait", "--", "true")
        try spool.wait("the job waits") { try spool.ids(in: .incoming).count == 1 }
        #expect(try spool.run("cancel", spool.onlyID(in: .incoming)).status == 0)
        #expect(try waiting.wait().status == 125)
    }
}
