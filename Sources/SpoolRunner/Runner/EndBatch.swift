import Spool
import SpoolSystem

/// Ends that are on record and become durable together, with one sync of running/; then their jobs go on.
final class EndBatch {
    private struct Entry {
        let end: JobEnd
        let recordedAt: Int64
        /// Since when its content is on the disk, so that a sync of running/ makes it durable. nil: it is on its way.
        var flushedAt: Int64?
    }

    private let context: RunnerContext
    /// When the last sync of running/ began that the worker has made, by the monotonic clock.
    private let lastSync: SharedCounter
    private let timer: Timer
    private var entries: [Entry] = []
    /// Whether a sync of them has failed. Nobody knows what is on the disk then, and a sync after that proves nothing:
    /// each is to be written once more.
    private var isInDoubt = false

    /// The most ends that are synced together, and the longest wait of the first of them, in nanoseconds. The next
    /// commands begin meanwhile.
    private static let mostEntries = 32
    private static let patience: Int64 = 32_000_000
    /// The wait before an end that couldn't be written is tried again while a command runs, in nanoseconds.
    private static let retryPause: Int64 = 1_000_000_000

    init(_ context: RunnerContext, _ lastSync: SharedCounter) throws(Errno) {
        self.context = context
        self.lastSync = lastSync
        timer = try Timer(.monotonic)
        try context.loop.watch(timer.number, as: .endings)
    }

    func append(_ end: JobEnd) {
        entries.append(Entry(end: end, recordedAt: Clock.monotonic()))
    }

    /// Makes the ends durable and brings their jobs on; for when no command runs.
    ///
    /// - Returns: those that are to be written once more, each by itself.
    func finalizeAll() -> [JobEnd] {
        if entries.isEmpty { return [] }
        flush()
        var failed: [JobEnd] = []
        for entry in entries {
            if isInDoubt || !entry.end.finalize() {
                failed.append(entry.end)
            } else {
                context.close(entry.end.locked)
            }
        }
        entries = []
        isInDoubt = false
        return failed
    }

    /// A command runs since: what was synced with its start is durable, and the others may wait for a few more, but not
    /// for long.
    ///
    /// - Parameter syncedAt: when the sync of running/ began that its start needed; nil: it needed none.
    func commandBegan(syncedAt: Int64?) {
        if !isInDoubt { finalize(flushedBefore: syncedAt ?? lastSync.nanoseconds) }
        guard let first = entries.first else { return }
        let time = first.recordedAt + EndBatch.patience
        if entries.count >= EndBatch.mostEntries || Clock.monotonic() >= time {
            flushNow()
        } else {
            setTimer(time)
        }
    }

    /// A sync of running/ may have failed, which was that of the ends too.
    func doubt() {
        if !entries.isEmpty { isInDoubt = true }
    }

    /// Waits until what the recorded ends say is on the disk.
    func flushContents() {
        if isInDoubt { return }
        for index in entries.indices where entries[index].flushedAt == nil {
            // After any failure, each end is written once more.
            let locked = entries[index].end.locked
            guard (try? BackupCopies(context.storage).flushEnd(of: locked)) != nil else {
                isInDoubt = true
                return
            }
            entries[index].flushedAt = Clock.monotonic()
        }
    }

    /// The time of the timer has come.
    func timerFired() {
        timer.acknowledge()
        if !entries.isEmpty { flushNow() }
    }

    /// Makes the recorded ends durable, or has them in doubt.
    private func flush() {
        flushContents()
        // As above.
        if !isInDoubt, (try? Start(context.storage).syncRunning()) == nil { isInDoubt = true }
    }

    /// Brings the jobs on whose ends are durable. A command runs already, so nothing is waited for here. If it fails,
    /// recovery finds the job in running/ without a lock, and with its end.
    private func finalize(flushedBefore time: Int64) {
        entries.removeAll { entry in
            guard let flushedAt = entry.flushedAt, flushedAt < time else { return false }
            _ = entry.end.finalize()
            context.close(entry.end.locked)
            return true
        }
    }

    /// While a command runs, whose supervision can't wait long: where it fails, it is tried again later.
    private func flushNow() {
        if !isInDoubt { finalize(flushedBefore: lastSync.nanoseconds) }
        if entries.isEmpty { return }
        flush()
        if !isInDoubt { return finalize(flushedBefore: .max) }
        entries.removeAll { entry in
            do throws(SpoolError) {
                _ = try entry.end.finish(.immediate)
            } catch {
                entry.end.report(error)
                return false
            }
            context.close(entry.end.locked)
            return true
        }
        if entries.isEmpty {
            isInDoubt = false
            return
        }
        setTimer(Clock.monotonic() + EndBatch.retryPause)
    }

    private func setTimer(_ time: Int64) {
        do throws(Errno) {
            try timer.set(time)
        } catch {
            // Nothing would remind us, so now it is.
            if !isInDoubt { flushNow() }
        }
    }
}
