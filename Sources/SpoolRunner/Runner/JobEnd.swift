import Spool
import SpoolSystem

/// Brings one job on whose command has ended, or could not begin.
final class JobEnd {
    /// When the record of an end is durable.
    enum Durability {
        /// Before the job is brought on.
        case immediate
        /// After the next flush of running/: the job is brought on then, by `finalize`.
        case batched
    }

    enum Progress {
        /// The job has gone on, or was taken away.
        case finished
        /// Its end is on record; `finalize` is to follow.
        case recorded
        case failed
    }

    let locked: LockedJob
    private let context: RunnerContext
    private let connection: WorkerConnection
    /// Where the job lies until it is brought on.
    private let place: JobLocation
    /// Whether people were told that its end can't be recorded.
    private var hasReportedFailure = false

    init(_ locked: LockedJob, _ context: RunnerContext, _ connection: WorkerConnection) {
        self.locked = locked
        self.context = context
        self.connection = connection
        place = locked.location
    }

    /// Writes the end, and brings the job on.
    ///
    /// - Parameter insists: whether it is tried until it succeeds, or the job is gone.
    func finish(_ durability: Durability, insists: Bool = true) -> Progress {
        var progress = Progress.finished
        let isDone = attempt(insists: insists) { () throws(SpoolError) in
            let random = KernelRandom.fraction()
            switch durability {
            case .immediate:
                _ = try Finish(context.storage).finish(locked, .finish, random: random)
            case .batched:
                let isRecorded = try Finish(context.storage).recordEnd(
                    locked, .finish, random: random, isDurable: false)
                if isRecorded { progress = .recorded }
            }
        }
        return isDone ? progress : .failed
    }

    /// Brings the job on whose recorded end is durable.
    ///
    /// - Returns: false when it failed.
    func finalize() -> Bool {
        // Why it fails is told by who tries next.
        (try? Finish(context.storage).finalize(locked, .finish)) != nil
    }

    /// The job waits again, as its command could not begin for want of something that may be there the next time.
    func putBack(_ reason: String) -> CInt {
        var result: MoveResult?
        _ = attempt(insists: true) { () throws(SpoolError) in
            result = try PutBack(context.storage).putBack(
                locked, note: "not started: \(reason)")
        }
        return RunnerExitCode.ofPuttingBack(result)
    }

    /// - Parameter insists: on a full disk, say, it tries again until it can: the exit code is nowhere but here. Unless
    ///   nobody can ask for it, since the job was removed, with all of the spool perhaps.
    /// - Returns: false when it has failed, and isn't tried again.
    private func attempt(insists: Bool, _ body: () throws(SpoolError) -> Void) -> Bool {
        var failures = 0
        while true {
            do throws(SpoolError) {
                try body()
                reportOvercome()
                return true
            } catch {
                guard insists else {
                    report(error)
                    return false
                }
                if isMissing { return true }
                // What this process was to do next can't wait for that.
                connection.declineNext()
                context.beat(locked)
                // People are told of what lasts.
                if failures >= 3, !hasReportedFailure { report(error) }
                // Nothing that could happen meanwhile is worth an earlier try, or an end of trying.
                Sleep.after(failures: &failures)
            }
        }
    }

    /// A directory that can't be read just now may still hold it.
    private var isMissing: Bool {
        do throws(Errno) {
            return try context.storage.root.status(of: locked.path) == nil
        } catch {
            return false
        }
    }

    private func report(_ error: SpoolError) {
        if connection.send(.failing, RunnerReport(error, of: place)) { hasReportedFailure = true }
    }

    private func reportOvercome() {
        guard hasReportedFailure else { return }
        hasReportedFailure = false
        // Where the worker doesn't listen, its log says that it fails, and the history that it ended.
        _ = connection.send(.overcame, RunnerReport(RunnerReport.end, of: place, text: nil))
    }
}
