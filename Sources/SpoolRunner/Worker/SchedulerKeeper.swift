import Spool
import SpoolSystem

/// Keeps a scheduler beside a worker, in a process of its own.
final class SchedulerKeeper {
    private let context: WorkerContext
    /// nil: there is none now.
    private var process: SchedulerProcess?
    /// When it began, by the monotonic clock.
    private var began: Int64 = 0
    /// How many in a row have ended soon after they began.
    private var earlyEnds = 0

    private static let delay = ExponentialDelay(shortest: 500_000_000, longest: 60_000_000_000)

    init(_ context: WorkerContext) {
        self.context = context
    }

    func start() {
        do throws(Errno) {
            let process = try SchedulerProcess(context.spool, report: context.report)
            self.process = process
            began = Clock.monotonic()
            try context.loop.watch(process.handle, as: .scheduler)
            context.failures.overcome(.work("scheduler"))
        } catch {
            context.failures.note(
                error, "fork", of: .work("scheduler"), advice: "no scheduler could be started")
            context.reminders.add(.scheduler, isFailure: true)
        }
    }

    /// Its process has ended.
    func noteEnd() {
        guard let ended = process else { return }
        process = nil
        // It is closed next, which ends the watch as well.
        try? context.loop.stopWatching(ended.handle)
        ended.stop()
        let now = Clock.monotonic()
        // One that ends at once would do so over and over.
        let isShort = now - began < 60_000_000_000
        earlyEnds = isShort ? earlyEnds + 1 : 0
        if earlyEnds < 2 {
            context.report("the scheduler has ended; it is started again")
        } else if earlyEnds == 2 {
            context.report(
                "the scheduler ends over and over; it is started again ever more rarely")
        }
        context.reminders.add(.scheduler, at: now + SchedulerKeeper.delay.after(earlyEnds))
    }

    func stop() { process?.stop() }
}
