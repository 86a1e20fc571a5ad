import Spool
import SpoolTestSupport
import Testing

/// What the queue writes for a command, a person or a crontab, it can read again.
struct RecordTests {
    private let spool: TemporarySpool

    init() throws {
        spool = try TemporarySpool()
    }

    /// The deepest result that has room in the job's object is one; a deeper one is text, like all that isn't JSON.
    @Test(arguments: [62, 63, 64, 65, 200])
    func aDeepResultIsReadBack(_ levels: Int) throws {
        let text = String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        let id = try spool.submit("-c", "printf '\(text)' > $SPOOL_RESULT; exit 7")
        try spool.runWorker("-j", "1")
        let job = try spool.job(id)
        #expect(job.state == .failed)
        #expect(job.attempts?.last?.exitCode == 7)
        if levels < 64 {
            guard case .array = job.result else {
                Issue.record("\(String(describing: job.result)) is no array")
                return
            }
        } else {
            #expect(job.result == .string(text))
        }
        #expect(try spool.run("check").status == 0)
    }

    @Test func aDeepResultCostsNoAttempt() throws {
        let text = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        let id = try spool.submit(
            "-m", "3", "--backoff", "fixed:1ms", "-c", "printf '\(text)' > $SPOOL_RESULT; exit 7")
        try spool.startWorker("-j", "1")
        try spool.wait(for: id, in: .deadLetter)
        let job = try spool.job(id)
        #expect(job.state == .dead)
        #expect(job.attempts?.map(\.exitCode) == [7, 7, 7])
    }

    @Test func anEntryWhoseJobsWouldBeTooLongIsRefused() throws {
        let value = String(repeating: "x", count: 1 << 20)
        try spool.drop("crontab", "A=\(value)\n* * * * * true\n", in: "")
        let check = try spool.run("cron", "check")
        #expect(check.status != 0)
        #expect((check.text + check.errorText).contains("the job: the queue needs 10"))
    }

    @Test func changedSettingsAreReadBack() throws {
        let variables = (0..<5000).map { #""A\#($0)":"""# }.joined(separator: ",")
        try spool.drop("settings.json", "{\"env\":{\(variables)}}", in: "")
        #expect(try spool.run("slots", "3").status == 0)
        #expect(try spool.run("slots").line == "3")
    }
}
