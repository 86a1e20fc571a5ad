import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import Testing

/// `spool check` beside workers: it finds nothing in what only moves on, and disturbs nobody.
struct CheckLiveTests {
    @Test(arguments: [["check"], ["check", "--repair"]])
    func findsNothingWrongWhileJobsRun(_ check: [String]) throws {
        let spool = try TemporarySpool()
        _ = try (0..<2).map { _ in try spool.startWorker("-j", "4") }
        let jobs = (0..<150).map { number in
            switch number % 5 {
            case 0: #"{"command": "exit 1"}"#
            case 1: #"{"command": "exit 1", "max_attempts": 3, "backoff": "50ms"}"#
            case 2: #"{"command": "true", "queue": "lane"}"#
            case 3: #"{"command": "true", "delay": "100ms"}"#
            default: #"{"command": "echo 1 of 2 > $SPOOL_PROGRESS; echo 2 > $SPOOL_RESULT"}"#
            }
        }.map { $0.replacing(#""50ms""#, with: #"["50ms"]"#) }
        #expect(
            try spool.run(
                ["submit", "--no-start", "-"], input: jobs.joined(separator: "\n")
            ).status == 0)
        var count = 0
        var left = jobs.count
        while left > 0 || count < 5 {
            let result = try spool.run(check + ["--json"])
            #expect(result.status == 0 && result.text == "", "\(result.text)\(result.errorText)")
            count += 1
            left = try Listing(spool.open().storage).locations(
                in: [.incoming, .scheduled, .running]
            ).count
            try #require(count < 2000)
        }
        // Three of five succeed; those that are tried three times end in dead-letter/.
        #expect(try spool.ids(in: .done).count == 90)
        #expect(try spool.ids(in: .failed).count == 30)
        #expect(try spool.ids(in: .deadLetter).count == 30)
    }

    @Test func whoLooksAtALockDoesntKeepAJobFromRecovery() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        try spool.startWorker("-j", "1")
        let id = try spool.submit("-c", "echo up >> proof; read line < gate")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        let runner = try #require(try spool.job(id).attempts?.last?.runner)
        // Somebody waits for the lock, and may have it at the moment in which the worker looks for the dead
        // runner's job. He lets it go without a write, so that no event tells the worker.
        let path = spool["running/\(id).1.json"]
        _ = try ProgramRun(
            ["flock", "--shared", path, "sh", "-c", "echo held >> proof; read line < gate"],
            environment: spool.environment, directory: spool.home)
        kill(runner.pid, SIGKILL)
        try spool.wait("the looker has it, or the worker was quicker") {
            try spool.lines("proof").contains("held") || spool.place(of: id) == .failed
        }
        try gate.open()
        try spool.wait(for: id, in: .failed)
        #expect(try spool.job(id).state == .interrupted)
    }
}
