import Glibc
import Spool
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import SpoolRunner

/// Workers that are told to stop, replaced, and told new settings.
struct WorkerLifeTests {
    @Test(arguments: Prefetching.allCases)
    func aWorkerThatStopsLeavesRunningJobsToTheirRunners(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        let gate = try Gate(spool)
        let worker = try spool.startWorker("-j", "1")
        let id = try spool.submit("-c", "echo up >> proof; read line < gate; exit 3")
        let waiting = try spool.submit("--", "true")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        worker.signal(SIGTERM)
        #expect(try worker.wait().status == 0)
        #expect(try spool.names("workers").isEmpty)
        #expect(try spool.place(of: id) == .running)
        try gate.open()
        try spool.wait(for: id, in: .failed)
        #expect(try spool.job(id).attempts?.last?.exitCode == 3)
        #expect(try spool.place(of: waiting) == .incoming)
    }

    @Test(arguments: Prefetching.allCases)
    func aDrainingWorkerWaitsForRunningJobs(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        let gate = try Gate(spool)
        let worker = try spool.startWorker("-j", "1", "--drain")
        let id = try spool.submit("-c", "echo up >> proof; read line < gate")
        let waiting = try spool.submit("--", "true")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        #expect(try spool.open().workers().count == 1)
        worker.signal(SIGTERM)
        // Nobody counts on it any more, and who looks for the living finds it.
        try spool.wait("it drains") { try spool.open().workers().isEmpty }
        #expect(try !WorkerRegistry(spool.open().storage).hasWorker())
        #expect(
            try WorkerRegistry(spool.open().storage).livingWorkers().map(\.process.pid) == [
                worker.pid
            ])
        #expect(try spool.run("check").status == 0)
        #expect(try spool.run("status").text.contains("(pid \(worker.pid), draining)"))
        try gate.open()
        #expect(try worker.wait().status == 0)
        #expect(try spool.names("workers").isEmpty)
        #expect(try spool.place(of: id) == .done, "it had ended when the worker did")
        #expect(try spool.place(of: waiting) == .incoming, "no other one was begun")
    }

    @Test func aSecondSignalEndsADrainingWorker() throws {
        let spool = try TemporarySpool()
        _ = try Gate(spool)
        let worker = try spool.startWorker("-j", "1", "--drain")
        let id = try spool.submit("-c", "echo up >> proof; read line < gate")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        // Equal signals that wait are one, so the second one is another.
        worker.signal(SIGTERM)
        worker.signal(SIGINT)
        #expect(try worker.wait().status == 0)
        #expect(try spool.place(of: id) == .running)
    }

    /// Jobs that have been due for years.
    private func schedule(_ count: Int, _ job: String, in spool: TemporarySpool) throws {
        let ids = JobIDGenerator()
        for number in 0..<count {
            let id = ids.make(at: Instant(milliseconds: Int64(number)))
            try spool.write("scheduled/20200101T000000.000Z-5-\(id).json", job)
        }
    }

    /// However many there are, as after a long time without a worker.
    @Test(arguments: Prefetching.allCases)
    func jobsBeginWhileOthersComeDue(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        _ = try spool.open()
        try schedule(300, #"{"command": "true", "sync": "off"}"#, in: spool)
        #expect(try spool.runWorker("-j", "1").status == 0)
        #expect(try spool.ids(in: .done).count == 300)
        let lines = try spool.history().split(separator: "\n")
        let firstClaim = try #require(lines.firstIndex { $0.contains(#""verb":"claim""#) })
        let lastDue = try #require(lines.lastIndex { $0.contains(#""verb":"due""#) })
        #expect(firstClaim < lastDue)
    }

    /// None of them ever has a slot, so that the worker is never seen busy between its turns.
    @Test func aWorkerUntilEmptyBringsInAllThatIsDue() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let job = #"{"command": "true", "sync": "off", "expires": "2020-01-01T00:00:01Z"}"#
        try schedule(300, job, in: spool)
        #expect(try spool.runWorker("-j", "1").status == 0)
        #expect(try spool.names("scheduled").isEmpty)
        #expect(try spool.names("incoming").isEmpty)
        #expect(try spool.names("running").isEmpty)
    }

    /// They are listed again when those that the worker holds have run out.
    @Test func moreJobsThanAWorkerHoldsAreFound() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        let first = try spool.submit("-c", "echo up >> proof; read line < gate")
        let ids = JobIDGenerator()
        let time = Instant(milliseconds: 4_102_444_800_000)
        let later = (0..<Backlog.windowSize + 3).map { _ in ids.make(at: time).description }
        for id in later {
            try spool.write("incoming/5-\(id).json", #"{"command": "true", "sync": "off"}"#)
        }
        try spool.startWorker("-j", "1")
        try spool.wait("it has listed them, and runs the first") {
            try spool.lines("proof") == ["up"]
        }
        for id in later.dropLast(3) {
            try FileTree.check(unlink(spool["incoming/5-\(id).json"]), "unlink")
        }
        try gate.open()
        for id in [first] + later.suffix(3) { try spool.wait(for: id, in: .done) }
    }

    @Test(arguments: Prefetching.allCases)
    func aNewWorkerCountsRunningJobsAgainstItsSlots(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        let gate = try Gate(spool)
        let first = try spool.startWorker("-j", "2")
        let running = try spool.submit("-c", "echo up >> proof; read line < gate")
        try spool.wait("it runs") { try spool.lines("proof") == ["up"] }
        first.signal(SIGKILL)
        try first.wait()
        let quick = try spool.submit("-c", "echo quick >> proof; read line < gate")
        let waiting = try spool.submit("-c", "echo waited >> proof")
        try spool.startWorker("-j", "2")
        try spool.wait("the free slot is taken") { try spool.lines("proof").contains("quick") }
        #expect(try spool.place(of: waiting) == .incoming, "two run, two slots")
        try gate.open()
        for id in [running, quick, waiting] { try spool.wait(for: id, in: .done) }
    }

    @Test(arguments: Prefetching.allCases)
    func twoWorkersShareTheJobs(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        _ = [try spool.startWorker("-j", "1"), try spool.startWorker("-j", "2")]
        let input = (0..<60).map { _ in
            #"{"command": "echo $SPOOL_JOB_ID >> proof", "cwd": "\#(spool.home)", "sync": "off"}"#
        }.joined(separator: "\n")
        let ids = try spool.run(["submit", "-"], input: input).text
            .split(separator: "\n").map(String.init)
        try spool.wait("all have run") { try spool.ids(in: .done).count == 60 }
        #expect(try spool.lines("proof").sorted() == ids)
    }

    @Test(arguments: Prefetching.allCases)
    func aSlotTakenTwiceRunsAlone(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        let gate = try Gate(spool)
        try spool.startWorker("-j", "2")
        let small = try spool.submit("-c", "echo small >> order; read line < gate")
        try spool.wait("it runs") { try spool.lines("order") == ["small"] }
        let large = try spool.submit("--slots", "2", "-c", "echo large >> order")
        let after = try spool.submit("-c", "echo after >> order")
        try gate.open()
        for id in [small, large, after] { try spool.wait(for: id, in: .done) }
        #expect(
            try spool.lines("order") == ["small", "large", "after"],
            "a later small job doesn't overtake the large one")
    }

    @Test func serversOfOneQueueAndOfferersOfACapability() throws {
        let spool = try TemporarySpool()
        let video = try spool.submit("-q", "video", "--", "true")
        let plain = try spool.submit("--", "true")
        let gpu = try spool.submit("--require", "gpu", "--", "true")
        try spool.runWorker("-j", "1", "--queue", "video")
        #expect(try spool.place(of: video) == .done)
        #expect(try spool.ids(in: .incoming) == [plain, gpu])
        try spool.startWorker("-j", "1")
        try spool.wait(for: plain, in: .done)
        #expect(try spool.place(of: gpu) == .incoming)
        try spool.startWorker("-j", "1", "--offer", "gpu")
        try spool.wait(for: gpu, in: .done)
    }

    @Test func rereadsItsSettings() throws {
        let spool = try TemporarySpool()
        let gate = try Gate(spool)
        _ = try spool.open()
        try spool.write("settings.json", #"{"slots": 1}"#)
        let worker = try spool.startWorker()
        let ids = try (0..<2).map { _ in
            try spool.submit("-c", "echo up >> proof; read line < gate")
        }
        try spool.wait(for: ids[0], in: .running)
        try spool.write("settings.json", #"{"slots": 2}"#)
        worker.signal(SIGHUP)
        try spool.wait("both run") { try spool.lines("proof").count == 2 }
        try spool.write("settings.json", #"{"slotts": 2}"#)
        worker.signal(SIGHUP)
        try spool.wait("it complains") {
            String(decoding: try worker.errorSoFar(), as: UTF8.self)
                .contains("did you mean \"slots\"?")
        }
        try gate.open()
        for id in ids { try spool.wait(for: id, in: .done) }
    }

    @Test(arguments: Prefetching.allCases)
    func expiredJobsAreNotStarted(_ prefetching: Prefetching) throws {
        let spool = try prefetching.spool()
        let id = try spool.submit("--expires", "1us", "-c", "echo ran > proof")
        let live = try spool.submit("--expires", "1h", "--", "true")
        try spool.runWorker("-j", "1")
        #expect(try spool.place(of: id) == .failed)
        #expect(try spool.place(of: live) == .done)
        #expect(try spool.lines("proof").isEmpty)
        #expect(try spool.job(id).message?.contains("expired") == true)
        #expect(try spool.run("wait", id).status == 125)
    }

    @Test func aJobRunsWhenItsTimeComes() throws {
        let spool = try TemporarySpool()
        try spool.startWorker("-j", "1")
        let late = try spool.submit("--delay", "1h", "--", "true")
        let soon = try spool.submit("--delay", "300ms", "--", "true")
        try spool.wait(for: soon, in: .done)
        let job = try spool.job(soon)
        let began = try #require(job.attempts?.first?.startedAt)
        #expect(try #require(job.submittedAt) + .milliseconds(300) <= began, "never early")
        #expect(try spool.ids(in: .scheduled) == [late])
    }

    @Test(arguments: ["incoming", "scheduled"])
    func aDirectoryThatCannotBeReadForAWhileIsLookedAtAgain(_ directory: String) throws {
        let spool = try TemporarySpool()
        let options = directory == "scheduled" ? ["-d", "1ms"] : []
        let id = try spool.submit(options + ["-c", "true"])
        try spool.rename(directory, to: "aside")
        try spool.write(directory, "")
        // The regular look is five minutes away.
        let worker = try spool.startWorker("-j", "1")
        try spool.wait("it has complained") {
            try String(decoding: worker.errorSoFar(), as: UTF8.self).contains(directory)
        }
        try spool.remove(directory)
        try spool.rename("aside", to: directory)
        try spool.wait(for: id, in: .done)
    }

    /// Else each spool that somebody throws away would leave a process behind that nobody can reach.
    @Test(arguments: ["worker", "daemon", "scheduler"])
    func theyEndWithTheirSpool(_ command: String) throws {
        let spool = try TemporarySpool()
        let process = try spool.start(command)
        try spool.wait("it is ready") {
            let isScheduling = String(decoding: try process.errorSoFar(), as: UTF8.self)
                .contains("scheduling 0 entries")
            return try (command == "scheduler" || !spool.names("workers").isEmpty)
                && (command == "worker" || isScheduling)
        }
        // What it was just writing may stand in the way.
        try spool.wait("it is removed") {
            FileTree.remove(spool.path)
            return !FileTree.exists(spool.path)
        }
        let result = try process.wait()
        #expect(result.status == 66)
        #expect(result.errorText.contains("the spool was removed"))
        try spool.wait("none is left") { spool.processes().isEmpty }
        #expect(!FileTree.exists(spool.path), "nobody makes it again")
    }

    @Test func aSchedulerThatStandsByEndsWithItsSpool() throws {
        let spool = try TemporarySpool()
        _ = try spool.open()
        let schedulers = try (0..<2).map { _ in try spool.start("scheduler") }
        try spool.wait("one is active, and one stands by") {
            let words = try schedulers.map { String(decoding: try $0.errorSoFar(), as: UTF8.self) }
            return words.contains { $0.contains("scheduling") }
                && words.contains { $0.contains("standing by") }
        }
        FileTree.remove(spool.path)
        #expect(try schedulers.map { try $0.wait().status } == [66, 66])
    }

    @Test func aWorkerThatIsRegisteredWatches() throws {
        let spool = try TemporarySpool()
        _ = try spool.run("init")
        for _ in 0..<5 {
            let worker = try spool.startWorker("-j", "1")
            let watched = try ProcessView.watchedInodes(of: worker.pid)
            for directory in ["incoming", "scheduled", "workers", "state", "running"] {
                let status = try #require(try spool.open().storage.root.status(of: directory))
                #expect(watched.contains(status.identity.inode), "\(directory)")
            }
            worker.signal(SIGTERM)
            _ = try worker.wait()
        }
    }

    @Test func aWorkerWhoseFileWasRemovedIsKnownAgain() throws {
        let spool = try TemporarySpool()
        let worker = try spool.startWorker("-j", "1")
        for _ in 0..<3 {
            for name in try spool.names("workers") { try spool.remove("workers/" + name) }
            try spool.wait("it is known again") { try spool.open().workers().count == 1 }
        }
        worker.signal(SIGTERM)
        _ = try worker.wait()
        #expect(try spool.names("workers").isEmpty)
    }

    /// Its parent may ignore the ends of children, and hand that on.
    @Test(
        .enabled(if: ProcessControl.run(["python3", "-c", ""]) == 0, "there is no python3"),
        arguments: ["worker --until-empty", "daemon"])
    func oneThatWasStartedWithoutSIGCHLDHearsOfEnds(_ command: String) throws {
        let spool = try TemporarySpool()
        let id = try spool.submit("-c", "exit 7")
        let line =
            "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN);"
            + " os.execv(sys.argv[1], sys.argv[1:])"
        let words = ["python3", "-c", line, TemporarySpool.binary]
        spool.keep(
            try ProgramRun(
                words + command.split(separator: " ").map(String.init),
                environment: spool.environment, directory: spool.home))
        try spool.wait(for: id, in: .failed)
        #expect(try spool.job(id).attempts?.last?.exitCode == 7)
    }

    /// Nobody else makes the directory.
    @Test func aWorkerWhoseDirectoryWasMovedAwayIsKnownAgain() throws {
        let spool = try TemporarySpool()
        let worker = try spool.startWorker("-j", "1")
        for place in ["aside", "elsewhere"] {
            try spool.rename("workers", to: place)
            try spool.wait("it is known again") { try spool.open().workers().count == 1 }
            let made = try #require(try spool.open().storage.root.status(of: "workers"))
            try spool.wait("it is watched") {
                try ProcessView.watchedInodes(of: worker.pid).contains(made.identity.inode)
            }
        }
        worker.signal(SIGTERM)
        _ = try worker.wait()
        #expect(try spool.names("workers").isEmpty)
    }

    /// The regular look is five minutes away.
    @Test(arguments: ["incoming", "scheduled", "workers", "state", "running"])
    func aDirectoryThatWasRemovedAndMadeAgainIsWatched(_ directory: String) throws {
        let spool = try TemporarySpool()
        let worker = try spool.startWorker("-j", "1")
        try spool.rename(directory, to: "aside")
        // The worker may have made workers/ by itself.
        if mkdir(spool[directory], 0o700) != 0, directory != "workers" || errno != EEXIST {
            throw FileTree.Failure(description: "mkdir: errno \(errno)")
        }
        let made = try #require(try spool.open().storage.root.status(of: directory)).identity.inode
        try spool.wait("it is watched") {
            try ProcessView.watchedInodes(of: worker.pid).contains(made)
        }
        if directory == "workers" {
            try spool.wait("it is known again") { try !spool.open().workers().isEmpty }
        }
        let options = directory == "scheduled" ? ["-d", "1ms"] : []
        let id = try spool.submit(options + ["-c", "true"])
        try spool.wait(for: id, in: .done)
    }
}
