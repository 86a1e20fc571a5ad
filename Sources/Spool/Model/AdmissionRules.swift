import SpoolTime

/// Limits and times of the name gate; tests shorten the times.
package struct AdmissionRules: Sendable {
    /// The largest job file, in bytes. Larger input belongs into a file that the job names.
    package var sizeLimit = 1 << 20
    /// The largest file of a job that the queue has; the queue's record comes on top of the user's own text.
    package var recordLimit = 1 << 22
    /// The largest result that is taken from a command, in bytes.
    package var resultLimit = 1 << 19
    /// How long a dropped file that isn't a job yet may still become one, from its last change. Its writer may open it
    /// more than once.
    package var grace = TimeSpan.seconds(1)
    /// The same if the kernel can't say whether somebody is still writing it.
    package var graceWithoutLease = TimeSpan.seconds(10)
    /// Files in tmp/ that nobody holds and that are older than this are leftovers of the dead.
    package var temporaryAge = TimeSpan.seconds(60)

    /// How much longer the queue may make a job than a user may, in bytes.
    private static let roomForAdditions = 1 << 17

    package init() {}

    /// Requires that a job also fits as the queue writes it, which may take more bytes than it was written with. `1E18`
    /// becomes nineteen digits.
    ///
    /// - Parameters:
    ///   - size: of the text that it was written with, in bytes.
    ///   - isOwn: whether the queue has had it already, and may have added to it since: its queue, its priority, a time, or
    ///     a crontab's variables. There is room for these in the record.
    /// - Throws: `.invalidJob` if it doesn't.
    func requireRoom(for job: Job, of size: Int, isOwn: Bool = false) throws(SpoolError) {
        // Numbers grow by less than five times, control characters of a command by six.
        guard size > sizeLimit / 6 else { return }
        var asked = job
        asked.forgetRecord()
        let written = try JSONText.encode(asked, pretty: false).count
        guard written > sizeLimit + (isOwn ? AdmissionRules.roomForAdditions : 0) else { return }
        throw SpoolError(
            .invalidJob,
            "the queue needs \(written) bytes to write it; \(sizeLimit) are the limit:"
                + " \(job.sizeAdvice)")
    }

    /// - Parameter text: that of a job's file with its record.
    /// - Returns: the job to be written in place of this one, if no reader would take the text.
    func shorter(_ job: Job, than text: [UInt8]) -> Job? {
        text.count > recordLimit ? RetryPolicy.shortened(job, for: recordLimit) : nil
    }

    /// - Parameter text: a job's file as its user would write it, without the queue's record.
    /// - Throws: `.invalidJob` if it is too long.
    func requireSize(of text: [UInt8], _ job: Job) throws(SpoolError) {
        guard text.count > sizeLimit else { return }
        throw SpoolError(
            .invalidJob,
            "the job is \(text.count) bytes long; \(sizeLimit) are the limit: \(job.sizeAdvice)")
    }
}
