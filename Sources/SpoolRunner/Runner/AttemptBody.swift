import Spool
import SpoolSystem

/// The work of an attempt. A command is one body; a handler inside a program could be another.
protocol AttemptBody: AnyObject {
    /// Prepares it: nothing of it runs yet. Unless this throws, `release` or `abandon` follows.
    ///
    /// - Returns: the process that waits; nil: it can't be told.
    func prepare() throws(StartProblem) -> ProcessIdentity?

    /// Lets it go, as its start is on record.
    func release()

    /// Gives it up: it never begins.
    func abandon()

    /// Moves some of what it has written to the log.
    ///
    /// - Returns: whether there may be more at once.
    @discardableResult
    func output(_ stream: LogFormat.Stream, to log: LogWriter) -> Bool

    /// The next thing that has become of it; nil: nothing more, for now. A signal or an event tells when to ask again.
    /// Once the attempt is over, nobody asks.
    func nextEvent() -> Supervision.Event?

    /// Has the next call of `nextEvent` look at all of its processes anew.
    func lookAnew()

    /// Has it end, by a signal to all of it.
    func end(by signal: CInt) throws(Errno)

    /// Its processes that live on beside the one that has ended; none if they can't be seen.
    var leftovers: [Attempt.Descendant] { get }

    /// Why it never began, though it was let go; nil where it did. It is asked once, after the end.
    func startProblem() -> StartProblem?

    /// Whether nothing of it is left in this process.
    var leavesNothing: Bool { get }
}

/// Why a command could not begin.
struct StartProblem: Error {
    /// For people.
    let message: String
    /// Whether the job waits again: something ran out that may be there the next time, or nothing is known against it.
    let isPassing: Bool
    /// The exit code that a shell would answer with.
    let exitCode: Int32?

    init(_ message: String, exitCode: Int32?, isPassing: Bool = false) {
        self.message = message
        self.exitCode = exitCode
        self.isPassing = isPassing
    }

    static func passing(_ message: String) -> StartProblem {
        StartProblem(message, exitCode: nil, isPassing: true)
    }
}
