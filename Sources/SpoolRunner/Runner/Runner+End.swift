import Spool
import SpoolSystem

/// Brings a job on whose command has ended.
extension Runner {
    /// The job waits again, as its command could not begin for want of something that may be there the next time.
    func putBackUnborn(_ reason: String) -> CInt {
        var result = MoveResult.gone
        insist { () throws(SpoolError) in
            result = try spool.putBack(locked, note: "not started: \(reason)")
        }
        return result == .moved ? ExitCode.exhausted : ExitCode.unsettled
    }

    /// Writes the end and brings the job on.
    func finish() -> CInt {
        insist { () throws(SpoolError) in
            _ = try spool.finish(locked, .finish, random: KernelRandom.fraction())
        }
        return ExitCode.settled
    }

    /// Writes the end, which becomes durable with the next sync of running/.
    ///
    /// - Returns: whether `settle` must follow that: the job hasn't been taken away.
    func recordEnd() -> Bool {
        var isRecorded = false
        insist { () throws(SpoolError) in
            isRecorded = try spool.recordEnd(
                locked, .finish, random: KernelRandom.fraction(), isDurable: false)
        }
        return isRecorded
    }

    /// Brings the job on whose recorded end is durable.
    ///
    /// - Returns: false when it failed.
    func settle() -> Bool {
        do throws(SpoolError) {
            _ = try spool.finalize(locked, .finish)
            return true
        } catch {
            return false
        }
    }

    /// Writes the recorded end once more, durably, and brings the job on, unless that fails now.
    func tryToFinish() -> Bool {
        do throws(SpoolError) {
            _ = try spool.finish(locked, .finish, random: KernelRandom.fraction())
            tellOvercome()
            return true
        } catch {
            tell(error)
            return false
        }
    }

    private func tell(_ error: SpoolError) {
        if process.tell(.fails, RunnerReport(error, of: place)) { hasToldFailure = true }
    }

    private func tellOvercome() {
        guard hasToldFailure else { return }
        hasToldFailure = false
        // Where the worker doesn't listen, its log says that it fails, and the history that it ended.
        _ = process.tell(.overcomes, RunnerReport(RunnerReport.end, of: place, text: nil))
    }

    /// On a full disk, say, it tries again until it can: the exit code is nowhere but here. Unless nobody can ask for
    /// it, since the job was removed, with all of the spool perhaps.
    private func insist(_ body: () throws(SpoolError) -> Void) {
        var failures = 0
        while true {
            do throws(SpoolError) {
                try body()
                return tellOvercome()
            } catch {
                if isMissing() { return }
                // What this process was to do next can't wait for that.
                process.declineNext()
                beat()
                // People are told of what lasts.
                if failures >= 3, !hasToldFailure { tell(error) }
                // Nothing that could happen meanwhile is worth an earlier try, or an end of trying.
                Pause.after(failures: &failures)
            }
        }
    }
}
