import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// What the queue writes into a job's file, its readers take.
struct RecordLimitTests {
    private let temporary: TemporarySpool
    private let spool: SpoolDirectory

    init() throws {
        temporary = try TemporarySpool()
        spool = try temporary.open()
    }

    private func ended(_ number: Int) -> Attempt {
        var attempt = Attempt(
            number: number, worker: "worker", host: "host", bootID: Host.bootID, runner: .own(),
            command: .own(), startedAt: spool.storage.now())
        attempt.outcome = .failed
        attempt.exitCode = 7
        attempt.finishedAt = attempt.startedAt
        attempt.message = "exit code 7"
        return attempt
    }

    /// A job of a megabyte whose attempts have left as much behind as they can.
    private func fullJob(attempts: Int) -> Job {
        var job = Job(command: .shell("true"))
        job.metadata = .string(String(repeating: "x", count: 1_040_000))
        job.maxAttempts = 1000
        job.attempts = (1...attempts).map { number in
            var attempt = ended(number)
            attempt.message = String(repeating: "\u{1}", count: MessageText.longest)
            attempt.outlivedBy = (1...16).map {
                Attempt.Descendant(pid: $0, name: String(repeating: "\u{1}", count: 15))
            }
            return attempt
        }
        return job
    }

    private func locked(_ job: Job, _ number: Int) throws -> LockedJob {
        let id = spool.storage.ids.make(at: spool.storage.now())
        let location = JobLocation.running(id, attempt: number)
        var job = job
        job.id = id
        // Not by a reader: the record may be too long for one.
        let file = try FileWriter(spool.storage).writeTemporary([], sync: .off)
        try FileWriter(spool.storage).publish(file, as: location.path, .fresh, keepsOpen: true)
        return LockedJob(file: file.file, location: location, job: job)
    }

    /// The queue adds its name, for which there is room.
    @Test func aDropAtTheLimitIsClaimedInItsQueue() throws {
        let queue = String(repeating: "q", count: 64)
        let head = #"{"command":"true","metadata":""#
        let length = AdmissionRules().sizeLimit - head.utf8.count - 32
        try spool.storage.makeDirectory("incoming/\(queue)")
        try temporary.write(
            "incoming/\(queue)/full.json", head + String(repeating: "x", count: length) + "\"}")
        let admission = try Admit(spool.storage).admit("full.json", queue: queue)
        guard case .admitted(let location) = admission else {
            throw FileTree.Failure(description: "\(admission)")
        }
        let offer = WorkerOffer(slots: 1, capabilities: [])
        let claim = try Claim(spool.storage).claim(location, for: offer, freeSlots: 1)
        guard case .claimed(let locked) = claim else {
            throw FileTree.Failure(description: "\(claim)")
        }
        #expect(locked.job.effectiveQueue == queue)
    }

    @Test(arguments: [100, 999])
    func aLongRecordIsReadBack(_ attempts: Int) throws {
        var job = fullJob(attempts: attempts)
        job.result = .string(String(repeating: "\u{1}", count: 170_000))
        let locked = try locked(job, attempts)
        #expect(
            try Finish(spool.storage).recordEnd(locked, .finish, random: 0, isDurable: true))
        let read = try JobReader(spool.storage).read(locked.location)
        #expect(read.attempts?.count == attempts)
        #expect(read.attempts?.last?.exitCode == 7)
        #expect(read.attempts?.last?.outlivedBy?.count == 16)
        #expect(read.result == job.result)
    }

    /// Of a file that a person has made larger than the queue takes, the result goes before the exit code.
    @Test func aResultWithoutRoomIsLeftOut() throws {
        var job = fullJob(attempts: 1)
        job.metadata = .string(String(repeating: "x", count: 4_000_000))
        job.result = .string(String(repeating: "y", count: 500_000))
        let locked = try locked(job, 1)
        #expect(
            try Finish(spool.storage).recordEnd(locked, .finish, random: 0, isDurable: true))
        let read = try JobReader(spool.storage).read(locked.location)
        #expect(read.attempts?.last?.exitCode == 7)
        #expect(read.result == nil)
        #expect(
            read.attempts?.last?.message?.hasSuffix(
                "the result is not recorded: the job's file would have more than 4194304 bytes")
                == true)
    }

    @Test func eachNextAttemptLeavesRoom() throws {
        var job = fullJob(attempts: 999)
        job.earlierAttempts = 999
        RetryPolicy.prepareNextAttempt(&job)
        #expect(job.attempts?.count == 100)
        #expect(job.attempts?.dropLast(10).allSatisfy { $0.outlivedBy == nil } == true)
        #expect(job.attempts?.suffix(10).allSatisfy { $0.outlivedBy?.count == 16 } == true)
        #expect(try job.json().count < spool.storage.rules.recordLimit)
    }

    /// The claim of a job that somebody has put by hand where only the queue's own files are looked for.
    private func claim(_ id: JobID, _ text: [UInt8]) throws -> ClaimResult {
        let location = JobLocation.incoming(id, queue: Job.defaultQueue, .normal)
        try temporary.write(location.path, String(decoding: text, as: UTF8.self))
        let offer = WorkerOffer(slots: 1, capabilities: [])
        return try Claim(spool.storage).claim(location, for: offer, freeSlots: 1)
    }

    @Test func theLastNumberIsReadBack() throws {
        let id = spool.storage.ids.make(at: spool.storage.now())
        var job = Job(command: .shell("true"))
        var attempt = ended(Attempt.highestNumber - 1)
        job.attempts = [attempt]
        guard case .claimed(let locked) = try claim(id, job.json()) else {
            Issue.record("not claimed")
            return
        }
        attempt.number += 1
        attempt.outcome = nil
        attempt.finishedAt = nil
        let hasStarted = try Start(spool.storage).start(locked, attempt)
        #expect(hasStarted)
        let read = try JobReader(spool.storage).read(locked.location)
        #expect(read.attempts?.last?.number == Attempt.highestNumber)
    }

    @Test func noAttemptComesAfterTheLastNumber() throws {
        let id = spool.storage.ids.make(at: spool.storage.now())
        var job = Job(command: .shell("true"))
        job.attempts = [ended(Attempt.highestNumber)]
        guard case .rejected(let reason) = try claim(id, job.json()) else {
            Issue.record("not rejected")
            return
        }
        #expect(reason.contains("the last number"))
        let read = try JobReader(spool.storage).read(.deadLetter(id))
        #expect(read.attempts?.last?.number == Attempt.highestNumber)
    }

    @Test func aJobThatTheQueueCannotWriteDoesNotBegin() throws {
        let id = spool.storage.ids.make(at: spool.storage.now())
        let numbers = String(repeating: "1E18,", count: 60_000)
        let text = #"{"command": "true", "metadata": [\#(numbers)1]}"#
        guard case .rejected(let reason) = try claim(id, Array(text.utf8)) else {
            Issue.record("not rejected")
            return
        }
        #expect(reason.hasPrefix("the queue needs 1200"))
    }

    /// Whoever makes a job of values, not of a text, is told before it is in the spool.
    @Test func aDeepValueIsNoJob() throws {
        var value = JSONValue.null
        for _ in 0..<62 { value = .array([value]) }
        var job = Job(command: .shell("true"))
        job.payload = value
        job.metadata = value
        let id = try spool.submit(job)
        let location = try #require(try Lookup(spool.storage).locate(id).first)
        #expect(try JobReader(spool.storage).read(location).metadata == job.metadata)
        for field in [\Job.payload, \Job.metadata] {
            job = Job(command: .shell("true"))
            job[keyPath: field] = .array([value])
            #expect(throws: SpoolError.self) { try spool.submit(job) }
        }
    }
}
