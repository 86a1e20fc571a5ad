import Spool
import SpoolSystem

/// `spool daemon --report-ready`.
enum ReadinessView {
    static func show(_ event: WorkerRequest.Event, _ console: Console) {
        // The daemon works whether anybody reads this or not.
        try? console.print(event.rawValue)
        try? console.flush()
        // A process that waits for the end of our output needn't wait for our own end.
        StandardStreams.detachOutput()
    }
}
