import SpoolTime
import Testing

@testable import Spool

/// When a job is tried again, and where it goes.
struct RetryPolicyTests {
    struct Case: Sendable {
        let outcome: Attempt.Outcome
        var code: Int32?
        var maxAttempts: Int? = nil
        var tries = 1
        var retryOn: [Int32]? = nil
        let state: JobState
    }

    static let cases: [Case] = [
        Case(outcome: .completed, code: 0, state: .completed),
        Case(outcome: .completed, code: 0, maxAttempts: 3, state: .completed),
        Case(outcome: .failed, code: 1, state: .failed),
        Case(outcome: .failed, code: 1, maxAttempts: 3, state: .retrying),
        Case(outcome: .failed, code: 1, maxAttempts: 3, tries: 2, state: .retrying),
        Case(outcome: .failed, code: 1, maxAttempts: 3, tries: 3, state: .dead),
        Case(outcome: .failed, code: 75, state: .failed),
        Case(outcome: .failed, code: 75, maxAttempts: 2, retryOn: [1], state: .retrying),
        Case(outcome: .failed, code: 75, maxAttempts: 2, tries: 2, state: .dead),
        Case(outcome: .failed, code: 100, maxAttempts: 3, state: .failed),
        Case(outcome: .failed, code: 100, maxAttempts: 3, retryOn: [100], state: .failed),
        Case(outcome: .failed, code: 2, maxAttempts: 3, retryOn: [1], state: .failed),
        Case(outcome: .failed, code: 1, maxAttempts: 3, retryOn: [1], state: .retrying),
        Case(outcome: .failed, code: 1, maxAttempts: 3, retryOn: [], state: .failed),
        Case(outcome: .failed, code: nil, maxAttempts: 2, retryOn: [1], state: .retrying),
        Case(outcome: .failed, code: nil, state: .failed),
        Case(outcome: .timedOut, code: nil, state: .timedOut),
        Case(outcome: .timedOut, code: 3, maxAttempts: 2, state: .retrying),
        Case(outcome: .timedOut, code: nil, maxAttempts: 2, tries: 2, state: .dead),
        Case(outcome: .interrupted, code: nil, state: .interrupted),
        Case(outcome: .interrupted, code: nil, maxAttempts: 2, state: .retrying),
        Case(outcome: .interrupted, code: nil, maxAttempts: 2, tries: 2, state: .dead),
        Case(outcome: .cancelled, code: nil, maxAttempts: 5, state: .cancelled),
        Case(outcome: .cancelled, code: 0, state: .cancelled),
    ]

    static let end = Instant(milliseconds: 1_800_000_000_000)

    static func job(_ test: Case, earlier: Int = 0) -> Job {
        var job = Job(command: .shell("true"))
        job.maxAttempts = test.maxAttempts
        job.retryOn = test.retryOn
        job.backoff = .fixed(delay: .seconds(5), jitter: 0)
        let process = Attempt.Process(pid: 2, startTime: 3)
        job.attempts = (1...(earlier + test.tries)).map {
            Attempt(
                number: $0, worker: "w", host: "h", bootID: "b", runner: process, command: nil,
                startedAt: end)
        }
        if earlier > 0 { job.earlierAttempts = earlier }
        var last = job.attempts?.popLast()
        last?.outcome = test.outcome
        last?.exitCode = test.code
        last?.finishedAt = end
        last?.message = "as the test says"
        job.attempts? += last.map { [$0] } ?? []
        return job
    }

    @Test(arguments: cases, [0, 7])
    func endsLeadToTheirStates(_ test: Case, earlier: Int) throws {
        var job = RetryPolicyTests.job(test, earlier: earlier)
        job = RetryPolicy.ended(job, random: 0.5)
        #expect(job.state == test.state)
        let id = try #require(JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        let target = try #require(RetryPolicy.destination(of: job, id: id))
        #expect(target.name.fits(target.place))
        #expect(Transition.isLegal(.finish, from: .running, to: target.place))
        switch test.state {
        case .completed: #expect(target.path == "done/2027-01-15/\(id).json")
        case .dead: #expect(target.place == .deadLetter)
        case .retrying:
            #expect(target.place == .scheduled)
            #expect(target.name.due == RetryPolicyTests.end + .seconds(5))
            #expect(job.finishedAt == nil && job.retryAt == target.name.due)
        default: #expect(target.place == .failed)
        }
        if test.state != .retrying { #expect(job.finishedAt == RetryPolicyTests.end) }
        #expect(job.message?.contains("as the test says") == true)
    }

    @Test func whatHasNotEndedHasNoDestination() throws {
        var job = Job(command: .shell("true"))
        let id = try #require(JobID("01ARZ3NDEKTSV4RRFFQ69G5FAV"))
        job = RetryPolicy.ended(job, random: 0)
        #expect(job.state == nil)
        #expect(RetryPolicy.destination(of: job, id: id) == nil)
    }

    @Test func successIsWhatTheJobSays() {
        var job = Job(command: .shell("true"))
        #expect(RetryPolicy.isSuccess(0, of: job) && !RetryPolicy.isSuccess(1, of: job))
        job.successOn = [1, 3]
        #expect(RetryPolicy.isSuccess(3, of: job) && !RetryPolicy.isSuccess(0, of: job))
    }

    @Test func aNewRoundStartsOnlyAfterAnEnd() {
        var job = RetryPolicyTests.job(Case(outcome: .failed, tries: 2, state: .failed))
        job.state = .retrying
        RetryPolicy.prepareNextAttempt(&job)
        #expect(job.earlierAttempts == nil && job.triesInRound == 2)
        job.state = .dead
        RetryPolicy.prepareNextAttempt(&job)
        #expect(job.earlierAttempts == 2 && job.triesInRound == 0)
        #expect(job.state == nil && job.message == nil && job.finishedAt == nil)
        #expect(job.nextAttemptNumber == 3)
    }

    // MARK: Backoff

    @Test func eachKindOfBackoff() {
        func delays(_ backoff: Job.Backoff) -> [TimeSpan] {
            (1...6).map { backoff.delay(afterTry: $0, random: 0.5) }
        }
        let seconds = { (counts: [Int64]) in counts.map { TimeSpan.seconds($0) } }
        #expect(delays(.fixed(delay: .seconds(3), jitter: 0)) == seconds([3, 3, 3, 3, 3, 3]))
        #expect(
            delays(.linear(delay: .seconds(2), max: .seconds(9), jitter: 0))
                == seconds([2, 4, 6, 8, 9, 9]))
        #expect(
            delays(.exponential(delay: .seconds(1), factor: 3, max: .seconds(50), jitter: 0))
                == seconds([1, 3, 9, 27, 50, 50]))
        #expect(delays(.delays(seconds([1, 7]))) == seconds([1, 7, 7, 7, 7, 7]))
        #expect(Job.Backoff.delays([]).delay(afterTry: 1, random: 0) == .zero)
        #expect(delays(.standard).prefix(4) == seconds([1, 2, 4, 8])[...])
    }

    @Test func noNumberOfTriesOverflows() {
        let backoff = Job.Backoff.exponential(
            delay: .seconds(1), factor: 100, max: .longest, jitter: 1)
        for tries in [0, 1, 1000, 1_000_000] {
            let delay = backoff.delay(afterTry: tries, random: 1)
            #expect(delay >= .zero && delay <= .longest)
        }
        #expect(
            Job.Backoff.fixed(delay: .seconds(5), jitter: 0).delay(afterTry: -1, random: 0)
                == .seconds(5))
    }

    @Test(arguments: [0, 0.1, 0.5, 1])
    func jitterSpreadsToBothSides(jitter: Double) {
        let backoff = Job.Backoff.fixed(delay: .seconds(100), jitter: jitter)
        let span = { (factor: Double) in TimeSpan(clampingSeconds: 100 * factor) }
        #expect(backoff.delay(afterTry: 1, random: 0) == span(1 - jitter))
        #expect(backoff.delay(afterTry: 1, random: 1) == span(1 + jitter))
        #expect(backoff.delay(afterTry: 1, random: 0.5) == span(1))
    }
}
