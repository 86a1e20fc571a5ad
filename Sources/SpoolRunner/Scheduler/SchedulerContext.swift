import Spool
import SpoolSystem

/// The context that the parts of a scheduler share.
final class SchedulerContext {
    /// The events that the scheduler's loop waits for.
    enum Source: UInt64 {
        case signals, files, due, soon, lock, lifeline
    }

    let spool: SpoolDirectory
    let loop: EventLoop<Source>
    /// Tells people what goes on.
    let report: (String) -> Void
    private var troubles: ToldTroubles<String>

    init(_ spool: SpoolDirectory, report: @escaping (String) -> Void) throws(Errno) {
        self.spool = spool
        self.report = report
        troubles = ToldTroubles(Clock.monotonic, report: report)
        loop = try EventLoop()
    }

    /// Tells people of an error, unless they have been told.
    ///
    /// - Parameter doing: the work that has failed.
    func tell(_ error: SpoolError, of doing: String) {
        troubles.fail(doing, for: doing, error)
    }

    func overcome(_ doing: String) { troubles.overcome(doing) }
}
