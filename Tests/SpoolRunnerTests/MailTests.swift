import Glibc
import Spool
import SpoolTestSupport
import Testing

/// A job that wants mail ends, whatever becomes of its log or of the place for the mail.
struct MailTests {
    private let spool: TemporarySpool

    init() throws {
        spool = try TemporarySpool()
    }

    /// What a command puts in the place of its log is no reason for it to run on, or for the mail not to come.
    @Test(arguments: [
        "rm $L; mkdir $L", "rm $L; mkfifo $L", "mv $L $L.x; ln -s $L.x $L", "rm $L",
    ])
    func aLogThatCannotBeReadHoldsUpNoEnd(_ change: String) throws {
        _ = try spool.open()
        try FileTree.write(
            spool["handlers/mail"], Array("#!/bin/sh\nexec cat >> mail\n".utf8), mode: 0o700)
        let log = "$SPOOL_DIR/logs/$(date -u +%F)/$SPOOL_JOB_ID.log"
        let line = "echo out; L=\(log); until [ -s $L ]; do sleep 0.01; done; \(change); exit 3"
        try spool.drop("x.json", #"{"command": "\#(line)", "mail": {"to": "me"}}"#)
        try spool.runWorker("-j", "1")
        let job = try spool.job(spool.onlyID(in: .failed))
        #expect(job.attempts?.last?.exitCode == 3)
        let mail = try spool.lines("mail")
        #expect(mail.contains { $0.hasPrefix("failed") })
        #expect(mail.contains { $0.hasPrefix("The output can't be read:") } == (change != "rm $L"))
    }

    /// A handler helps the mail of a job, and no job of a user.
    @Test(
        .enabled(if: access("/usr/sbin/sendmail", F_OK) != 0, "a mail system is installed"),
        arguments: [#""-oi", "-t""#, #""me""#])
    func withoutAMailSystemTheMailSaysWhatHelps(_ arguments: String) throws {
        _ = try spool.open()
        try spool.drop("x.json", #"{"command": ["/usr/sbin/sendmail", \#(arguments)]}"#)
        try spool.runWorker("-j", "1")
        let message = try spool.job(spool.onlyID(in: .failed)).message
        let advice =
            arguments == #""me""#
            ? "; check the name"
            : "; install a mail system that has it, or make handlers/mail in the spool"
        #expect(message?.hasSuffix(advice) == true, "\(message ?? "")")
    }

    /// A mail that can't be queued is told of, where the job's end is.
    @Test func aMailWithoutAPlaceHoldsUpNoEnd() throws {
        _ = try spool.open()
        try FileTree.check(mkdir(spool["incoming/q"], 0o700), "mkdir")
        try spool.drop(
            "x.json",
            #"""
            {"command": "rmdir $SPOOL_DIR/incoming/q; echo x > $SPOOL_DIR/incoming/q; exit 3",
             "queue": "q", "mail": {"to": "me"}}
            """#, in: "incoming/q")
        try spool.runWorker("-j", "1")
        let job = try spool.job(spool.onlyID(in: .failed))
        #expect(job.state == .failed)
        #expect(job.message?.contains("no mail could be queued: ") == true)
        #expect(job.message?.hasPrefix("exit code 3; ") == true)
    }
}
