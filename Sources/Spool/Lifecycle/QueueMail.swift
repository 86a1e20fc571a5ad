import SpoolSystem
import SpoolTime

/// Mail about a job's end is a job itself. It is tried again while the mail system is down, it is on record, and it is
/// as safe from kills as any other.
package struct QueueMail: Sendable {
    private let storage: Storage

    package init(_ storage: Storage) {
        self.storage = storage
    }

    /// The program that sends mail, unless there is a handler.
    package static let program = "/usr/sbin/sendmail"
    /// The command that is given the message, unless there is a handler.
    package static let command = [program, "-oi", "-t"]
    /// The handler that is given the message instead of sendmail(8), if there is one.
    private static let mailHandler = "handlers/mail"

    /// Queues the mail about a job that has just ended for good, if the job wants one and there is something to tell.
    /// That is output, or an end other than success.
    ///
    /// It comes before the job gets its last place, and has the same id however often that is tried. A mail is
    /// therefore not lost by a kill. It isn't sent twice either, unless its own job was cleaned away in between.
    func queue(about locked: LockedJob, isRepeated: Bool) throws(SpoolError) {
        let job = locked.job
        guard let mail = job.mail, job.state?.isFinal == true, let attempt = job.attempts?.last
        else { return }
        let (output, fault) = try output(of: attempt, locked.id)
        guard job.state != .completed || !output.all.isEmpty || fault != nil else { return }
        let id = mailID(locked.id, attempt)
        if isRepeated, try !Lookup(storage).locate(id).isEmpty { return }
        let message = MailMessage(mail, job, locked.id, output, fault, host: Host.name)
        let location = JobLocation.incoming(
            id, queue: job.effectiveQueue, job.effectivePriority)
        let bytes = try mailJob(message, of: job, id).json()
        do {
            try storage.makeDirectory(location.directory)
            try FileWriter(storage).publish(
                bytes, as: location.path, .fresh, sync: job.effectiveSync)
        } catch {
            guard error.errno == Errno.exists.rawValue else { throw error }
            return
        }
        History(storage).record(
            .submit, nil, from: nil, to: location, note: "mail about \(locked.id)")
    }

    /// The part of the output that a mail shows.
    ///
    /// - Returns: for a log that can't be read, what could be read of it, and why that isn't all. The mail tells of the end
    ///   all the same.
    private func output(
        of attempt: Attempt, _ id: JobID
    ) throws(SpoolError) -> (LogExcerpt, fault: String?) {
        var excerpt = LogExcerpt(all: MailMessage.output, error: MailMessage.error)
        do {
            try excerpt.read(attempt, id, in: storage)
        } catch {
            if error.isShortage { throw error }
            return (excerpt, error.message)
        }
        return (excerpt, nil)
    }

    private func mailID(_ id: JobID, _ attempt: Attempt) -> JobID {
        let text = "mail\n\(id)\n\(attempt.number)"
        let time = max(0, (attempt.finishedAt ?? attempt.startedAt).milliseconds)
        let high = UInt16(truncatingIfNeeded: StableHash.of("high\n" + text).number)
        return JobID(
            milliseconds: UInt64(time), random: (high, StableHash.of("low\n" + text).number))
    }

    /// A name that a job may have, of a title that may be a command's text.
    static func name(about title: String) -> String {
        let shown = MessageText.visible(
            String("mail about \(title)".prefix(60).filter { !$0.isNewline }))
        // No scalar takes more than four bytes.
        return shown.utf8.count <= 200 ? shown : String(shown.unicodeScalars.prefix(50))
    }

    private func mailJob(
        _ message: MailMessage, of job: Job, _ id: JobID
    ) throws(SpoolError) -> Job {
        var mail = Job()
        let hasHandler = try storage.isThere(QueueMail.mailHandler)
        if hasHandler {
            mail.type = "mail"
        } else {
            mail.command = .arguments(QueueMail.command)
        }
        mail.stdin = .text(message.text)
        mail.name = QueueMail.name(about: job.title)
        mail.queue = job.queue
        mail.priority = job.priority
        mail.sync = job.sync
        mail.maxAttempts = 5
        mail.id = id
        mail.submittedAt = storage.now()
        mail.submittedBy = Job.Submitter(user: Host.userName, host: Host.name)
        return mail
    }
}

/// The text of a mail, as sendmail(8) takes it.
struct MailMessage {
    let text: String

    /// Of the output, this much is sent from each end. The mail says where the rest is.
    static let output = Ends(head: 32 << 10, tail: 96 << 10)
    /// If that leaves something out, this much of standard error is sent too.
    static let error = Ends(head: 4 << 10, tail: 12 << 10)

    /// - Parameter fault: why the output can't be shown, or not all of it.
    init(
        _ mail: Job.Mail, _ job: Job, _ id: JobID, _ output: LogExcerpt, _ fault: String?,
        host: String
    ) {
        let state = job.state?.rawValue ?? ""
        var lines: [String] = []
        if let from = mail.from { lines.append("From: \(from)") }
        // Bounded, as a single character may be of any length.
        let title = String(
            MessageText.bounded(job.title).prefix(100).map { $0.isNewline ? " " : $0 })
        lines += [
            "To: \(mail.to)",
            "Subject: " + MailMessage.encoded("\(host): \(title) \(state)"),
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=UTF-8",
            "Content-Transfer-Encoding: 8bit",
            "X-Spool-Job: \(id)",
            "",
        ]
        // It may have left processes behind that were ended.
        if job.state != .completed || job.message != nil {
            let reason = job.message.map { ": " + $0 } ?? ""
            lines += ["\(state)\(reason)", ""]
        }
        if let fault {
            let what =
                output.all.isEmpty
                ? "The output can't be read" : "Not all of the output can be read"
            lines += ["\(what): \(fault)", ""]
        }
        var body = output.all.text
        if output.all.isCut {
            let isWhole = job.attempts?.last?.log?.dropped == nil
            let what = isWhole ? "all of it" : "what the log has of it"
            lines += ["The output is cut here; 'spool logs \(id)' shows \(what).", ""]
            if job.state != .completed, !output.error.isEmpty {
                let errors = output.error.text
                body =
                    "Standard error:\n\n" + errors + (errors.hasSuffix("\n") ? "" : "\n")
                    + "\nStandard output and standard error, as they came:\n\n" + body
            }
        }
        text = lines.joined(separator: "\n") + "\n" + body
    }

    /// A header's text; as encoded words (RFC 2047) if it isn't plain.
    static func encoded(_ text: String) -> String {
        if text.utf8.allSatisfy({ (32..<127).contains($0) }) { return text }
        var words: [String] = []
        var word = ""
        for character in text {
            // A word has 75 characters at most, twelve of which are its frame.
            if (word + String(character)).utf8.count > 45 {
                words.append(word)
                word = ""
            }
            word.append(character)
        }
        words.append(word)
        return words.map { "=?UTF-8?B?\(Base64.encode(Array($0.utf8)))?=" }
            .joined(separator: "\n ")
    }
}
