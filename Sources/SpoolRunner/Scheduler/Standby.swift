import Spool
import SpoolSystem

/// A scheduler's place: it is the active one, or stands by until the active one is gone.
final class Standby {
    private let context: SchedulerContext
    private var lock: SchedulerLock

    init(_ context: SchedulerContext) throws(SpoolError) {
        self.context = context
        lock = try SchedulerLock(context.spool)
    }

    /// Takes the lock if nobody else has it; otherwise waits for it, which is an event.
    ///
    /// - Returns: whether this scheduler is the active one.
    func takeOver() throws(SpoolError) -> Bool {
        // The helper's descriptor leaves the event loop as it is closed.
        lock.stopWaiting()
        if try lock.tryTake() { return true }
        let handle = try lock.startWaiting()
        do throws(Errno) {
            try context.loop.watch(handle, as: .lock)
        } catch {
            throw SpoolError(error, "epoll_ctl", context.spool.path)
        }
        context.report("standing by: another scheduler is active")
        return false
    }

    /// Gives the lock back. Its file may be another one by now.
    func reopen() {
        do throws(SpoolError) {
            lock = try SchedulerLock(context.spool)
            context.overcome("lock")
        } catch {
            context.tell(error, of: "lock")
        }
    }
}
