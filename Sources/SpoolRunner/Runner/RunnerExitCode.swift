import Spool

/// How a runner tells its worker what became of its last job.
enum RunnerExitCode {
    /// The job has gone on, one way or another.
    static let finished: CInt = 0
    /// Memory, processes, descriptors or disk ran out before the command began: the job waits again.
    static let exhausted: CInt = 75
    /// The job's file could not be brought on; recovery does that.
    static let unfinished: CInt = 74

    static func ofPuttingBack(_ result: MoveResult?) -> CInt {
        result == .moved ? exhausted : unfinished
    }
}
