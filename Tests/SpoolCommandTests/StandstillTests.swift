import Spool
import SpoolTestSupport
import Testing

/// Nobody waits in silence for what doesn't come by itself.
struct StandstillTests {
    private func waits(_ run: ProgramRun, _ spool: TemporarySpool, for text: String) throws {
        try spool.wait("it says: \(text)") {
            String(decoding: try run.errorSoFar(), as: UTF8.self).contains(text)
        }
    }

    @Test(arguments: [["wait"], ["logs", "-f"]])
    func whoWaitsForAHeldJobIsToldSo(_ words: [String]) throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let id = try spool.submit("--hold", "--", "true")
        let waiting = try spool.start(words + [id])
        try waits(waiting, spool, for: "(\(id)) waits for 'spool release': it is held\n")
        #expect(try spool.run("release", id).status == 0)
        #expect(try waiting.wait().status == 0)
    }

    @Test(arguments: ["-w", "-f"])
    func soIsWhoRunsOneThatCannotStart(_ option: String) throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1", "-q", "default", "-q", "still")
        #expect(try spool.run("pause", "still").status == 0)
        let paused = try spool.keep(spool.start("run", option, "-q", "still", "--", "true"))
        try waits(paused, spool, for: "waits for 'spool resume still': the queue is paused\n")
        let unserved = try spool.keep(spool.start("run", option, "-q", "other", "--", "true"))
        try waits(unserved, spool, for: "waits for a worker for the queue other: none of the 1")
        let unoffered = try spool.keep(spool.start("run", option, "--require", "gpu", "--", "true"))
        try waits(unoffered, spool, for: "waits for a worker that offers gpu: none does\n")
        #expect(try spool.run("pause").status == 0)
        let all = try spool.keep(spool.start("run", option, "--", "true"))
        try waits(all, spool, for: "waits for 'spool resume': all queues are paused\n")
    }

    @Test(arguments: [["run", "-w"], ["run", "-f"]])
    func aJobThatIsDueMuchLaterIsTold(_ words: [String]) throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let late = try spool.keep(spool.start(words + ["-d", "10h", "--", "true"]))
        try waits(late, spool, for: ", in 9h59m\n")
        let id = try #require(try spool.ids(in: .scheduled).first)
        try waits(late, spool, for: "(\(id)) waits for its time, 2")
        let failing = words + ["-m", "2", "--backoff", "fixed:2h", "--", "false"]
        let retrying = try spool.keep(spool.start(failing))
        try waits(retrying, spool, for: " waits for its time, 2")
        // Of several, the last one tells how long the waiting takes.
        let all = try spool.keep(spool.start("wait", "--all-projects"))
        try waits(all, spool, for: "2 jobs wait for their times: false (")
        try waits(all, spool, for: "; true (\(id)) last, in 9h")
    }

    @Test func ofSeveralTheFirstAndTheLastAreNamed() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let late = try spool.submit("-n", "late", "-d", "20h", "--", "true")
        let early = try spool.submit("-n", "early", "-d", "10h", "--", "true")
        let waiting = try spool.keep(spool.start("wait", late, early))
        try waits(
            waiting, spool,
            for: "2 jobs wait for their times: early (\(early)) first, in 9h59m;"
                + " late (\(late)) last, in 19h59m\n")
    }

    @Test func alsoALaterAttempt() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let id = try spool.submit("-m", "3", "--backoff", "linear:20m", "--", "false")
        let waiting = try spool.keep(spool.start("wait", id))
        try waits(waiting, spool, for: "(\(id)) waits for its time, 2")
        try waits(waiting, spool, for: ", in 19m")
        #expect(try spool.run("move", "--now", id).status == 0)
        try waits(waiting, spool, for: ", in 39m")
        #expect(try spool.run("move", "--now", id).status == 0)
        let result = try waiting.wait()
        #expect(result.errorText.ranges(of: "waits for its time, ").count == 2)
    }

    @Test func severalWithOneReasonAreOneLine() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let ids = try (0..<3).map { _ in try spool.submit("--hold", "--", "true") }
        let waiting = try spool.keep(spool.start(["wait"] + ids))
        try waits(waiting, spool, for: "3 jobs, true (\(ids[0])) the first of them, wait for")
    }

    @Test func followingWithoutAWorkerSaysSo() throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("--", "true")
        let following = try spool.start("logs", "-f", id)
        try waits(following, spool, for: "waits for a worker: none is running")
        try spool.runWorker("-j", "1")
        #expect(try following.wait().status == 0)
    }

    /// A job that waits for its turn alone, or runs, is no matter.
    @Test func nothingIsSaidOfAJobThatCanStart() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        try spool.startWorker("-j", "1")
        let first = try spool.submit("-c", "read line < gate")
        try spool.wait(for: first, in: .running)
        let held = try spool.submit("--hold", "--", "true")
        let second = try spool.submit("--", "true")
        let waiting = try spool.start("wait", first, second, held)
        try waits(waiting, spool, for: "(\(held)) waits for")
        try gate.open()
        try spool.wait(for: second, in: .done)
        #expect(try spool.run("release", held).status == 0)
        let result = try waiting.wait()
        #expect(result.status == 0)
        #expect(result.errorText.split(separator: "\n").count == 1, "\(result.errorText)")
    }

    @Test func whatNoWorkerOffersIsSaidAtOnce() throws {
        let spool = try TemporarySpool()
        let line = #"{"command": ["true"], "requires": ["gpu", "disk"]}"#
        #expect(
            !(try spool.run("run", "--require", "gpu", "--", "true").errorText.contains("offers")))
        try spool.startWorker("-j", "1", "--offer", "disk")
        let run = try spool.run("run", "--require", "gpu", "--", "true")
        #expect(run.status == 0)
        #expect(run.errorText.contains("no worker offers gpu; what requires it waits for one"))
        let submitted = try spool.run(["submit", "-"], input: line)
        #expect(submitted.errorText.contains("no worker offers gpu, disk; "))
        #expect(try spool.run("run", "--require", "disk", "--", "true").errorText == "")
    }

    @Test func aQueueThatNobodyServesIsSaidAtOnce() throws {
        let spool = try TemporarySpool()
        let entry = #"0 2 * * * {"name": "nightly", "command": "true", "queue": "other"}"# + "\n"
        _ = try spool.run(["cron", "edit", "-f", "-"], input: entry)
        try spool.startWorker("-j", "1", "-q", "video", "-q", "still")
        let text =
            "spool: no worker serves the queue other; what is in it waits for one"
            + " ('spool worker --queue other')\n"
        let run = try spool.run("run", "-q", "other", "--", "true")
        #expect(run.status == 0 && run.errorText == text)
        let needy = try spool.run("run", "-q", "other", "--require", "gpu", "--", "true")
        #expect(needy.errorText == text)
        let line = #"{"command": ["true"], "queue": "other"}"#
        #expect(try spool.run(["submit", "-"], input: line + "\n" + line).errorText == text)
        #expect(try spool.run("cron", "run", "nightly").errorText == text)
        let id = try spool.submit("-q", "still", "--hold", "--", "true")
        let moved = try spool.run("move", "-q", "other", id)
        #expect(moved.status == 0 && moved.errorText == text)
        #expect(try spool.run("move", "-q", "video", id).errorText == "")
        #expect(try spool.run("run", "-q", "video", "--", "true").errorText == "")
        // The default queue, too.
        let other = text.replacing("other", with: "default")
        #expect(try spool.run("run", "--", "true").errorText == other)
        #expect(try spool.run(["submit", "-"], input: #"{"command": "true"}"#).errorText == other)
        try spool.startWorker("-j", "1")
        #expect(try spool.run("run", "--", "true").errorText == "")
    }
}
