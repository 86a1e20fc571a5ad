import Spool
import SpoolSystem

/// The end of one job, whose command has ended or could not begin: how it is written, and how the job goes on. Each call
/// makes one try; the process of the runner decides about another one.
final class JobEnd {
    /// When the record of an end is durable.
    enum Durability {
        /// Before the job goes on.
        case immediate
        /// After the next flush of running/: `finalize` follows then.
        case batched
    }

    enum Progress {
        /// The job has gone on, or was taken away.
        case finished
        /// Its end is on record; `finalize` is to follow.
        case recorded
    }

    let locked: LockedJob
    private let context: RunnerContext
    private let connection: WorkerConnection
    /// The job's location until it goes on.
    private let place: JobLocation
    /// Whether people were told that its end can't be recorded.
    private(set) var hasReportedFailure = false

    init(_ locked: LockedJob, _ context: RunnerContext, _ connection: WorkerConnection) {
        self.locked = locked
        self.context = context
        self.connection = connection
        place = locked.location
    }

    /// Writes the end, and brings the job on.
    func finish(_ durability: Durability) throws(SpoolError) -> Progress {
        let verb = Finish(context.storage)
        let random = KernelRandom.fraction()
        var progress = Progress.finished
        switch durability {
        case .immediate: _ = try verb.finish(locked, .finish, random: random)
        case .batched:
            let isRecorded = try verb.recordEnd(locked, .finish, random: random, isDurable: false)
            if isRecorded { progress = .recorded }
        }
        reportOvercome()
        return progress
    }

    /// Brings the job on whose recorded end is durable.
    ///
    /// - Returns: false if it failed.
    func finalize() -> Bool {
        // The next one to try it says why it fails.
        (try? Finish(context.storage).finalize(locked, .finish)) != nil
    }

    /// The job waits again, as its command could not begin for want of something that may be there the next time.
    func putBack(_ reason: String) throws(SpoolError) -> MoveResult {
        let result = try PutBack(context.storage).putBack(locked, note: "not started: \(reason)")
        reportOvercome()
        return result
    }

    /// Whether nobody can ask for the end, since the job was removed, with all of the spool perhaps. A directory that
    /// can't be read just now may still hold it.
    var isMissing: Bool {
        do throws(Errno) {
            return try context.storage.root.status(of: locked.path) == nil
        } catch {
            return false
        }
    }

    /// Has people told that the end can't be recorded.
    func report(_ error: SpoolError) {
        if connection.send(.failing, RunnerReport(error, of: place)) { hasReportedFailure = true }
    }

    private func reportOvercome() {
        guard hasReportedFailure else { return }
        hasReportedFailure = false
        // If the worker doesn't listen, its log says that it fails, and the history that it ended.
        _ = connection.send(.overcame, RunnerReport(RunnerReport.end, of: place, text: nil))
    }
}
