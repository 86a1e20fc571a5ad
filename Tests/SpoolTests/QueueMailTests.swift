import SpoolSystem
import SpoolTestSupport
import SpoolTime
import Testing

@testable import Spool

/// Mail about a job's end is a job.
struct QueueMailTests {
    /// Else it would stay in running/, and keep its slots.
    @Test func aMailWithoutAPlaceIsToldOf() throws {
        let temporary = try TemporarySpool()
        let spool = try temporary.open()
        try temporary.write("incoming/q", "no directory")
        var job = Job(command: .shell("true"))
        job.queue = "q"
        job.mail = Job.Mail(to: "me", from: nil)
        var attempt = Attempt(
            number: 1, worker: "w", host: "h", bootID: "b", runner: .own(), command: .own(),
            startedAt: spool.storage.now())
        attempt.outcome = .failed
        attempt.finishedAt = attempt.startedAt
        attempt.message = "exit code 7"
        job.attempts = [attempt]
        let id = spool.storage.ids.make(at: spool.storage.now())
        let running = JobLocation.running(id, attempt: 1)
        try temporary.write(running.path, String(decoding: try job.json(), as: UTF8.self))
        guard case .locked(let locked, _) = try JobLock(spool.storage).acquire(running) else {
            Issue.record("not locked")
            return
        }
        #expect(try Finish(spool.storage).finish(locked, .recover, random: 0) == .moved)
        let read = try JobReader(spool.storage).read(.failed(id))
        #expect(read.message?.hasPrefix("exit code 7; no mail could be queued: ") == true)
        #expect(read.message?.contains("incoming/q") == true)
    }

    /// Of a long log, the beginning may be all that can be read.
    @Test func aMailSaysHowMuchCannotBeRead() {
        var job = Job(command: .shell("true"))
        job.state = .failed
        let mail = Job.Mail(to: "me", from: nil)
        func text(_ shown: String) -> String {
            var all = MailMessage.output
            all.append(Array(shown.utf8))
            let output = LogExcerpt(all: all, error: MailMessage.error)
            let id = JobID(milliseconds: 1, random: (2, 3))
            return MailMessage(mail, job, id, output, "the fault", host: "h").text
        }
        #expect(text("").contains("\nThe output can't be read: the fault\n"))
        let partial = text("the beginning")
        #expect(partial.contains("\nNot all of the output can be read: the fault\n"))
        #expect(partial.hasSuffix("\nthe beginning"))
    }

    /// The mail about a job is a job, however that one is called.
    @Test(arguments: [
        "plain", "two\nlines", "tab\tand \u{1b}[31mescape\u{7f}", "\u{202e}turned",
        String(repeating: "🏳️‍🌈", count: 100), String(repeating: "\u{1}", count: 300),
    ])
    func aMailHasALegalName(_ title: String) throws {
        var job = Job(command: .shell("true"))
        job.name = QueueMail.name(about: title)
        #expect(job.name?.hasPrefix("mail about ") == true)
        #expect(throws: Never.self) { try job.validate() }
    }
}
