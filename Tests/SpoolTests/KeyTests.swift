import Glibc
import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// Jobs with keys: at most one of a kind.
struct KeyTests {
    private struct Stage {
        let temporary: TemporarySpool
        let clock: TestClock
        let spool: SpoolDirectory

        func job(_ lifetime: Job.KeyLifetime? = nil, key: String = "k") -> Job {
            var job = Job(command: .arguments(["true"]))
            job.key = key
            job.keyUntil = lifetime
            return job
        }

        func submit(_ job: Job, held: Bool = false) throws -> SubmittedJob {
            try Submit(spool.storage).place(job, held: held)
        }

        func place(_ id: JobID) throws -> JobLocation {
            try #require(try Lookup(spool.storage).locate(id).first)
        }

        func begin(_ id: JobID) throws -> LockedJob {
            let offer = WorkerOffer(slots: 1, capabilities: [])
            guard
                case .claimed(let locked) = try Claim(spool.storage).claim(
                    try place(id), for: offer, freeSlots: 1)
            else { throw FileTree.Failure(description: "not claimed") }
            let attempt = Attempt(
                number: locked.job.nextAttemptNumber, worker: "w", host: Host.name,
                bootID: Host.bootID, runner: Attempt.Process(pid: 1, startTime: 0), command: nil,
                startedAt: spool.storage.now())
            #expect(try Start(spool.storage).start(locked, attempt))
            return locked
        }

        func end(_ locked: LockedJob, exit code: Int32 = 0) throws {
            var all = try #require(locked.job.attempts)
            var last = all.removeLast()
            last.outcome = code == 0 ? .completed : .failed
            last.exitCode = code
            last.finishedAt = spool.storage.now()
            locked.job.attempts = all + [last]
            #expect(try Finish(spool.storage).finish(locked, .finish, random: 0) == .moved)
        }

        func run(_ id: JobID, exit code: Int32 = 0) throws { try end(try begin(id), exit: code) }

        func keyFile(_ name: String = "k") throws -> KeyRecord? {
            try KeyFiles(spool.storage).record(at: "keys/\(name).json")
        }
    }

    private func onStage(_ body: (Stage) throws -> Void) throws {
        try SpawnGate.quietly {
            let temporary = try TemporarySpool()
            let clock = TestClock()
            let spool = try temporary.open(clock)
            try body(Stage(temporary: temporary, clock: clock, spool: spool))
            #expect(try temporary.names("tmp") == [])
        }
    }

    // MARK: Submitting

    @Test(arguments: [nil, Job.SyncMode.off])
    func aSecondSubmissionIsToldOfTheFirst(_ sync: Job.SyncMode?) throws {
        try onStage { stage in
            var job = stage.job()
            job.sync = sync
            let first = try stage.submit(job)
            #expect(!first.isEarlier)
            let second = try stage.submit(job)
            #expect(second.isEarlier && second.location == first.location)
            #expect(try stage.spool.submit(job) == first.id)
            #expect(try stage.temporary.jobPaths() == [first.location.path])
            #expect(try stage.temporary.verbs(of: first.id.description) == ["submit"])
            #expect(try !stage.submit(stage.job(key: "other")).isEarlier)
        }
    }

    @Test func aBatchIsToldOfEarlierJobsInTheirOrder() throws {
        try onStage { stage in
            let old = try stage.submit(stage.job(key: "old"))
            let plain = Job(command: .arguments(["true"]))
            var submitted: [SubmittedJob] = []
            try Submit(stage.spool.storage).submit(
                [stage.job(), plain, stage.job(), stage.job(key: "old")], submitted: &submitted)
            #expect(submitted.map(\.isEarlier) == [false, false, true, true])
            #expect(submitted[2].id == submitted[0].id)
            #expect(submitted[3].id == old.id)
            #expect(try stage.temporary.jobPaths().count == 3)
            #expect(try stage.temporary.names("keys") == ["k.json", "old.json"])
        }
    }

    @Test func aJobThatCannotBePlacedGivesItsKeyBack() throws {
        try onStage { stage in
            // A file stands where its queue's directory would be.
            try stage.temporary.write("incoming/q", "")
            var job = stage.job()
            job.queue = "q"
            #expect(throws: SpoolError.self) { try stage.submit(job) }
            #expect(try stage.temporary.names("keys") == [])
            try stage.temporary.remove("incoming/q")
            #expect(try !stage.submit(job).isEarlier)
        }
    }

    // MARK: Lifetimes

    /// Whether the key is taken while the job waits, runs, waits for its next attempt, and has ended.
    @Test(arguments: [
        (Job.KeyLifetime?.none, [true, true, true, true]), (.kept, [true, true, true, true]),
        (.end, [true, true, true, false]), (.start, [true, false, false, false]),
        (.after(.seconds(60)), [true, true, true, true]),
    ])
    func aJobHasItsKeyUntil(_ lifetime: Job.KeyLifetime?, _ wanted: [Bool]) throws {
        for count in 1...wanted.count {
            try onStage { stage in
                var job = stage.job(lifetime)
                job.maxAttempts = 2
                job.backoff = .fixed(delay: .seconds(1), jitter: 0)
                let first = try stage.submit(job).id
                var running: LockedJob?
                if count == 2 || count == 3 { running = try stage.begin(first) }
                if count == 3, let locked = running {
                    try stage.end(locked, exit: 1)
                    running = nil
                    #expect(try stage.place(first).place == .scheduled)
                }
                if count == 4 { try stage.run(first) }
                let second = try stage.submit(job)
                #expect(second.isEarlier == wanted[count - 1], "stage \(count)")
                #expect(try stage.keyFile()?.job == second.id)
                withExtendedLifetime(running) {}
            }
        }
    }

    @Test func aLengthOfTimeCountsFromSubmission() throws {
        try onStage { stage in
            let first = try stage.submit(stage.job(.after(.seconds(60)))).id
            stage.clock.advance(.seconds(59))
            #expect(try stage.submit(stage.job()).id == first)
            stage.clock.advance(.seconds(2))
            #expect(try stage.submit(stage.job()).id != first)
        }
    }

    @Test func aHeldJobHasItsKey() throws {
        try onStage { stage in
            let first = try stage.submit(stage.job(.start), held: true)
            #expect(first.location.place == .held)
            #expect(try stage.submit(stage.job()).location == first.location)
            try stage.spool.release(first.id)
            #expect(try stage.submit(stage.job()).id == first.id)
        }
    }

    @Test func aJobThatIsGoneHasNoKey() throws {
        try onStage { stage in
            let first = try stage.submit(stage.job())
            try stage.temporary.remove(first.location.path)
            let second = try stage.submit(stage.job())
            #expect(!second.isEarlier && second.id != first.id)
            try stage.run(second.id)
            try stage.spool.remove(second.id)
            #expect(try stage.temporary.names("keys") == [])
            #expect(try !stage.submit(stage.job()).isEarlier)
        }
    }

    @Test func whoTakesTheKeyFileAwayFreesTheKey() throws {
        try onStage { stage in
            let first = try stage.submit(stage.job())
            try stage.temporary.remove("keys/k.json")
            let second = try stage.submit(stage.job())
            #expect(!second.isEarlier)
            // The first one is cleaned, and the key is another one's by now.
            try stage.run(first.id)
            try stage.spool.remove(first.id)
            #expect(try stage.submit(stage.job()).id == second.id)
        }
    }

    // MARK: Key files

    @Test(arguments: ["", "{", "{}", "[1]", #"{"key": "k"}"#])
    func aKeyFileThatTellsNothingIsReplaced(_ text: String) throws {
        try onStage { stage in
            try stage.temporary.write("keys/k.json", text)
            let first = try stage.submit(stage.job())
            #expect(!first.isEarlier)
            #expect(try stage.keyFile()?.job == first.id)
        }
    }

    @Test(arguments: ["keys/../format", "tmp/../format", "../x", "format", "incoming/x.json"])
    func aKeyFileMovesNothingButWhatWasSubmitted(_ file: String) throws {
        try onStage { stage in
            let id = JobID(milliseconds: 1, random: (2, 3))
            let location = JobLocation.incoming(id, queue: "default", .normal)
            let before = try stage.temporary.read("format")
            try stage.temporary.write(
                "keys/k.json",
                String(
                    decoding: try JSONText.encode(
                        KeyRecord("k", location, file: file), pretty: false), as: UTF8.self))
            #expect(try !stage.submit(stage.job()).isEarlier)
            #expect(try stage.temporary.read("format") == before)
        }
    }

    /// A submitter died before it brought its job to its place, in a queue that has no directory yet.
    @Test func theJobOfADeadSubmitterIsBroughtOn() throws {
        try onStage { stage in
            var job = stage.job()
            job.queue = "q"
            let id = JobID(milliseconds: 1, random: (2, 3))
            job.id = id
            let location = JobLocation.incoming(id, queue: "q", .normal)
            try stage.temporary.write("tmp/x.json", String(decoding: try job.json(), as: UTF8.self))
            try stage.temporary.write(
                "keys/k.json",
                String(
                    decoding: try JSONText.encode(
                        KeyRecord("k", location, file: "tmp/x.json"), pretty: false),
                    as: UTF8.self))
            let other = try stage.submit(stage.job())
            #expect(other.isEarlier && other.location == location)
            #expect(try stage.temporary.jobPaths() == [location.path])
        }
    }

    @Test func aKeyOfTheSameFingerprintIsRefused() throws {
        try onStage { stage in
            let id = JobID(milliseconds: 1, random: (2, 3))
            let record = KeyRecord(
                "another", .incoming(id, queue: "default", .normal), file: nil)
            try stage.temporary.write(
                "keys/k.json",
                String(decoding: try JSONText.encode(record, pretty: false), as: UTF8.self))
            let error = #expect(throws: SpoolError.self) { try stage.submit(stage.job()) }
            #expect(error?.message.contains("choose another") == true)
            #expect(try stage.temporary.jobPaths() == [])
        }
    }

    @Test(arguments: [
        "a/b", "..", ".", "é ", "https://example.org/a?b=c#d", String(repeating: "x", count: 1000),
        String(repeating: "/", count: 1000),
    ])
    func everyKeyHasAFileOfItsOwn(_ key: String) throws {
        try onStage { stage in
            let first = try stage.submit(stage.job(key: key))
            #expect(try stage.submit(stage.job(key: key)).id == first.id)
            #expect(
                try !stage.submit(stage.job(key: key == "." ? "x" : String(key.dropLast())))
                    .isEarlier)
            #expect(try stage.temporary.names("keys").count == 2)
            #expect(try stage.temporary.names("keys").allSatisfy { $0.utf8.count <= 125 })
        }
    }

    // MARK: Changes

    @Test func aRetryNeedsTheKey() throws {
        try onStage { stage in
            let first = try stage.submit(stage.job(.end)).id
            try stage.run(first, exit: 1)
            let second = try stage.submit(stage.job(.end)).id
            let error = #expect(throws: SpoolError.self) { try stage.spool.retry(first) }
            #expect(error?.code == .wrongState)
            #expect(error?.message.contains(second.description) == true)
            #expect(try stage.place(first).place == .failed)
            try stage.run(second)
            try stage.spool.retry(first)
            #expect(try stage.place(first).place == .incoming)
            #expect(try stage.submit(stage.job(.end)).id == first)
            #expect(throws: SpoolError.self) { try stage.spool.retry(second) }
        }
    }

    @Test func aKeyCannotBeEdited() throws {
        try onStage { stage in
            let id = try stage.submit(stage.job()).id
            #expect(throws: SpoolError.self) { try stage.spool.edit(id) { $0.key = "other" } }
            #expect(throws: SpoolError.self) { try stage.spool.edit(id) { $0.key = nil } }
            try stage.spool.edit(id) { $0.keyUntil = .end }
            try stage.run(id)
            #expect(try !stage.submit(stage.job()).isEarlier)
        }
    }

    @Test func cleaningFreesKeysWhoseJobsAreNowhere() throws {
        try onStage { stage in
            let first = try stage.submit(stage.job())
            _ = try stage.submit(stage.job(key: "kept"))
            try stage.temporary.remove(first.location.path)
            #expect(try Clean(stage.spool.storage).orphanKeys() == [])
            stage.clock.advance(.seconds(61))
            #expect(try Clean(stage.spool.storage).orphanKeys() == ["keys/k.json"])
            try Clean(stage.spool.storage).removeKey("keys/kept.json")
            try Clean(stage.spool.storage).removeKey("keys/k.json")
            #expect(try stage.temporary.names("keys") == ["kept.json"])
        }
    }

    // MARK: Dropped files

    private let text = #"{"command": ["true"], "key": "k"}"#

    @Test func ofTwoDroppedFilesOneHasTheKey() throws {
        try onStage { stage in
            try stage.temporary.write("incoming/a.json", text)
            try stage.temporary.write("incoming/b.json", text)
            guard
                case .admitted(let first) = try Admit(stage.spool.storage).admit(
                    "a.json", queue: nil),
                case .cancelled(let second) = try Admit(stage.spool.storage).admit(
                    "b.json", queue: nil)
            else { throw FileTree.Failure(description: "not admitted") }
            #expect(second.place == .failed)
            let refused = try JobReader(stage.spool.storage).read(second)
            #expect(refused.state == .cancelled)
            #expect(refused.message == "the same key as job \(first.id)")
            #expect(try stage.submit(stage.job()).id == first.id)
            #expect(try stage.temporary.verbs(of: second.id.description) == ["cancel"])
        }
    }

    /// It is a job by the time that the submitter is told of it.
    @Test func aDroppedFileThatWaitsForItsAdmissionHasTheKey() throws {
        try onStage { stage in
            try stage.temporary.write("incoming/a.json", text)
            let id = try #require(try announce("a.json", stage))
            let other = try stage.submit(stage.job())
            #expect(other.isEarlier && other.id == id)
            #expect(try stage.place(id).place == .incoming)
        }
    }

    @Test func aFileKeepsTheIDForWhichItsKeyWasTaken() throws {
        try onStage { stage in
            try stage.temporary.write("incoming/a.json", text)
            let id = try #require(try announce("a.json", stage))
            guard
                case .admitted(let location) = try Admit(stage.spool.storage).admit(
                    "a.json", queue: nil)
            else { throw FileTree.Failure(description: "not admitted") }
            #expect(location.id == id)
        }
    }

    /// Another file of that name isn't the one that the key was taken for.
    @Test func aFileThatWasReplacedHasNotTheKey() throws {
        try onStage { stage in
            try stage.temporary.write("incoming/a.json", text)
            let id = try #require(try announce("a.json", stage))
            try stage.temporary.write("incoming/b.json", "{}")
            try stage.temporary.rename("incoming/b.json", to: "incoming/a.json")
            let other = try stage.submit(stage.job())
            #expect(!other.isEarlier && other.id != id)
            try stage.temporary.remove("incoming/a.json")
        }
    }

    /// As a process does it that dies before it admits the file.
    private func announce(_ name: String, _ stage: Stage) throws -> JobID? {
        let path = "incoming/" + name
        let status = try #require(try stage.spool.storage.status(of: path))
        let id = stage.spool.storage.dropIDs.make(at: Instant(nanoseconds: status.changed))
        let record = KeyRecord(
            "k", .incoming(id, queue: "default", .normal), file: path,
            inode: status.identity.inode)
        guard case .own = try KeyFiles(stage.spool.storage).take(record, sync: .off) else {
            return nil
        }
        return id
    }

    @Test func aJobThatIsDroppedOnceMoreNeedsTheKey() throws {
        try onStage { stage in
            let first = try stage.submit(stage.job(.end)).id
            try stage.run(first, exit: 1)
            let second = try stage.submit(stage.job(.end)).id
            try stage.temporary.rename("failed/\(first).json", to: "incoming/\(first).json")
            guard
                case .cancelled(let place) = try Admit(stage.spool.storage).admit(
                    "\(first).json", queue: nil)
            else { throw FileTree.Failure(description: "not refused") }
            #expect(place == .failed(first))
            #expect(try JobReader(stage.spool.storage).read(place).attempts?.count == 1)
            try stage.run(second)
            try stage.temporary.rename(place.path, to: "incoming/\(first).json")
            guard
                case .admitted = try Admit(stage.spool.storage).admit("\(first).json", queue: nil)
            else { throw FileTree.Failure(description: "not admitted") }
        }
    }

    // MARK: Many at once

    /// Processes that submit one key at once, some of which are killed: one job, whose id all are told.
    @Test func manySubmittersMakeOneJob() throws {
        let temporary = try TemporarySpool()
        _ = try temporary.open()
        let runs = try (0..<100).map { _ in
            try temporary.start(["run", "--key", "k", "--", "true"])
        }
        for (index, run) in runs.enumerated() where index % 7 == 3 { run.signal(SIGKILL) }
        let results = try runs.map { try $0.wait() }
        let last = try temporary.run("run", "--key", "k", "--", "true")
        let told = Set((results + [last]).map(\.text).filter { !$0.isEmpty })
        #expect(told == [last.text])
        for (index, result) in results.enumerated() where index % 7 != 3 {
            #expect(result.status == 0, "\(result.errorText)")
        }
        #expect(try temporary.jobPaths().count == 1)
    }
}
