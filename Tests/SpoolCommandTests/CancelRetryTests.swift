import Spool
import SpoolTestSupport
import Testing

/// `spool cancel`, `retry`, `hold` and `release`.
struct CancelRetryTests {
    @Test func cancelsWaitingJobs() throws {
        let spool = try TemporarySpool()
        let queued = try spool.submit("-c", "echo ran >> proof")
        let late = try spool.submit("-d", "1h", "-c", "echo ran >> proof")
        let held = try spool.submit("--hold", "-c", "echo ran >> proof")
        #expect(try spool.run("cancel", queued, late, held).status == 0)
        #expect(try spool.ids(in: .failed) == [queued, late, held].sorted())
        for id in [queued, late, held] {
            let job = try spool.job(id)
            #expect(job.state == .cancelled)
            #expect(job.message?.contains("cancelled by tester") == true)
        }
        try spool.runWorker()
        #expect(try spool.lines("proof").isEmpty)
        #expect(try spool.run("cancel", queued).status == 65)
        #expect(try spool.run("wait", queued).status == 125)
    }

    @Test func stopsARunningJob() throws {
        let spool = try TemporarySpool()
        _ = try Gate(spool)
        try spool.startWorker("-j", "1")
        let id = try spool.submit(
            "-m", "5", "-c", "echo up > proof; read line < gate; echo through > proof")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        #expect(try spool.run("cancel", "--wait", id).status == 0)
        #expect(try spool.place(of: id) == .failed)
        let job = try spool.job(id)
        #expect(job.state == .cancelled)
        #expect(job.attempts?.count == 1, "a cancelled job isn't tried again")
        #expect(job.attempts?.last?.outcome == .cancelled)
        #expect(job.attempts?.last?.signal == "SIGTERM")
        #expect(try spool.lines("proof") == ["up"])
        #expect(try spool.names("running").isEmpty)
    }

    @Test func stopsAJobThatIsBeingStarted() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--hold", "-m", "3", "-c", "echo ran >> proof")
        // As if asked between the claim and the record of the attempt, when there is no runner to tell.
        try spool.write("running/\(id).1.cancel", "")
        #expect(try spool.run("release", id).status == 0)
        try spool.runWorker()
        #expect(try spool.place(of: id) == .failed)
        #expect(try spool.job(id).state == .cancelled)
        #expect(try spool.lines("proof").isEmpty)
        #expect(try spool.run("wait", id).status == 125)
        #expect(try spool.names("running").isEmpty)
    }

    @Test func killsARunningJobThatIgnoresSIGTERM() throws {
        let spool = try TemporarySpool()
        _ = try Gate(spool)
        try spool.startWorker("-j", "1")
        let id = try spool.submit(
            "--kill-after", "100ms", "-c", "trap '' TERM; echo up > proof; read line < gate")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        #expect(try spool.run("cancel", id).status == 0)
        try spool.wait(for: id, in: .failed)
        #expect(try spool.job(id).attempts?.last?.signal == "SIGKILL")
    }

    @Test func goesOnAfterAFailure() throws {
        let spool = try TemporarySpool()
        let done = try spool.submit("--", "true")
        try spool.runWorker("-j", "1")
        let waiting = try spool.submit("--", "true")
        let result = try spool.run("cancel", done, waiting)
        #expect(result.status == 65)
        #expect(result.errorText.contains("is completed"))
        #expect(try spool.place(of: waiting) == .failed)
    }

    @Test func retriesInANewRound() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit(
            "-m", "2", "--backoff", "fixed:0s", "-c",
            "echo $SPOOL_ATTEMPT >> tries; test -e good")
        try spool.runWorker("-j", "1")
        try spool.runWorker("-j", "1")
        #expect(try spool.place(of: id) == .deadLetter)
        try FileTree.write(spool.home + "/good", [])
        #expect(try spool.run("retry", id).status == 0)
        try spool.runWorker("-j", "1")
        #expect(try spool.place(of: id) == .done)
        let job = try spool.job(id)
        #expect(job.attempts?.map(\.number) == [1, 2, 3])
        #expect(job.earlierAttempts == 2)
        let tries = try spool.lines("tries")
        #expect(tries == ["1", "2", "1"])
        #expect(try spool.run("retry", id).status == 0, "a completed one too")
        #expect(try spool.run("retry", id).status == 65, "but not one that waits")
    }

    @Test func retriesWhatTheListNames() throws {
        let spool = try TemporarySpool()
        for code in [0, 1, 2] { _ = try spool.submit("-c", "exit \(code)") }
        try spool.runWorker("-j", "1")
        let failed = try spool.objects(spool.run("list", "--failed", "--json").text)
        let ids = failed.compactMap { if case .string(let id) = $0["id"] { id } else { nil } }
        #expect(ids.count == 2)
        #expect(try spool.run(["retry", "-"], input: ids.joined(separator: "\n")).status == 0)
        #expect(try spool.ids(in: .incoming) == ids.sorted())
    }

    @Test func holdsAndReleases() throws {
        let spool = try TemporarySpool()
        let soon = try spool.submit("-p", "high", "-q", "lane", "-c", "echo ran >> proof")
        let late = try spool.submit("-d", "1h", "--", "true")
        #expect(try spool.run("hold", soon, late).status == 0)
        try spool.runWorker("-j", "1")
        #expect(try spool.ids(in: .held) == [soon, late].sorted())
        #expect(try spool.lines("proof").isEmpty)
        #expect(try spool.run("hold", soon).status == 65)
        #expect(try spool.run("release", soon, late).status == 0)
        #expect(try spool.place(of: late) == .scheduled, "its time is kept")
        #expect(spool.exists("incoming/lane/3-\(soon).json"), "so are its queue and rank")
        try spool.runWorker("-j", "1")
        #expect(try spool.lines("proof") == ["ran"])
        #expect(try spool.run("release", soon).status == 65)
    }

    @Test func keepsTheTriesOfAHeldRetry() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-m", "3", "--backoff", "fixed:1h", "--", "false")
        try spool.runWorker("-j", "1")
        #expect(try spool.run("hold", id).status == 0)
        #expect(try spool.run("release", id).status == 0)
        #expect(try spool.place(of: id) == .scheduled)
        let job = try spool.job(id)
        #expect(job.state == .retrying && job.triesInRound == 1)
    }
}
