import Spool
import SpoolSystem

/// The exit statuses of `spool`, most of them of sysexits(3). A command that waits for a job exits with the
/// job's own code instead.
package enum ExitStatus {
    package static let success: Int32 = 0
    /// Something that was asked about isn't so: a job that didn't succeed, a finding.
    package static let negative: Int32 = 1
    package static let usage: Int32 = 64
    package static let dataError: Int32 = 65
    package static let noInput: Int32 = 66
    package static let software: Int32 = 70
    package static let cannotCreate: Int32 = 73
    package static let inputOutput: Int32 = 74
    /// The waiting ran out, not the job.
    package static let temporary: Int32 = 75
    /// The job never ran: it was cancelled, or expired, while it waited.
    package static let neverRan: Int32 = 125
    package static let timedOut: Int32 = 124

    /// The meaning of each status, as the man page lists them.
    package static let table: [(status: Int32, meaning: String)] = [
        (success, "success"),
        (
            negative,
            "a job that was asked about has not succeeded, a check has findings, or an editor failed"
        ),
        (usage, "the command line is wrong"),
        (
            dataError,
            "what was given isn't a job or a crontab, isn't UTF-8, or doesn't fit the job's state"
        ),
        (noInput, "no such job, entry, file, spool or editor"),
        (software, "a defect of the program"),
        (
            cannotCreate,
            "a file can't be made: no permission, no space, read-only; the working directory is gone"
        ),
        (inputOutput, "a system call failed"),
        (
            temporary,
            "the waiting ran out, no daemon could be started, or somebody else is at work: try again"
        ),
        (timedOut, "the job was stopped after its timeout"),
        (neverRan, "the job was cancelled or expired before it began, or could not be begun"),
    ]

    package static func status(for error: SpoolError) -> Int32 {
        switch error.code {
        case .notFound: noInput
        case .ambiguous, .invalidRequest: usage
        case .invalidJob, .wrongState, .notASpool: dataError
        case .cannotCreate: cannotCreate
        case .busy: temporary
        default: inputOutput
        }
    }

    /// The status of a command that has waited for the job. It is the job's own exit code, 128 and the signal that
    /// killed it, or 124 after its timeout.
    package static func status(for entry: JobEntry) -> Int32 {
        guard let attempt = entry.job?.attempts?.last, attempt.outcome != nil else {
            return entry.state == .completed ? success : neverRan
        }
        // The end of an earlier round isn't that of this one.
        if entry.state == .cancelled && attempt.outcome != .cancelled { return neverRan }
        if entry.state == .completed && attempt.exitCode == nil { return success }
        if attempt.outcome == .timedOut { return timedOut }
        if let code = attempt.exitCode { return code == 0 && entry.state != .completed ? 1 : code }
        if let number = attempt.signal.flatMap(SignalNames.number(of:)) { return 128 + number }
        return attempt.command == nil ? neverRan : negative
    }
}
