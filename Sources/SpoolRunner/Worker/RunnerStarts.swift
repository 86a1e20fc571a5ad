import Spool
import SpoolSystem

/// Whether runners come as far as to begin their jobs: where none does, claiming is held up.
final class RunnerStarts {
    private let context: WorkerContext
    /// Runners that died before their commands began, since one came so far.
    private var earlyDeaths = 0

    /// Fewer may have been ended by somebody.
    private static let deathsInSeries = 3

    init(_ context: WorkerContext) {
        self.context = context
    }

    /// A runner has begun a job, and more than that.
    func noteStarted() {
        earlyDeaths = 0
        context.failures.overcome(.work("start"))
        context.failures.noteSuccess(in: .starting)
    }

    /// A runner has died before its command began, and its job waits again at no cost. If each of them dies, it would
    /// go on for ever, as fast as processes can be made.
    func noteDeath() {
        earlyDeaths += 1
        guard earlyDeaths >= RunnerStarts.deathsInSeries else { return }
        let error = SpoolError(
            .busy,
            "\(earlyDeaths) runners in a row have died before their commands began, and the jobs wait again:"
                + " the kernel's log (dmesg) may say what ends them")
        context.failures.note(error, of: .work("start"))
        context.failures.backOff(.starting)
    }

    /// - Parameter exitCode: nil: it isn't known, or there was none.
    func noteEnd(_ exitCode: Int32?) {
        switch exitCode {
        case RunnerExitCode.exhausted:
            let why =
                FilePath("/dev/null").exists
                ? "its history says why" : "there is no /dev/null"
            let error = SpoolError(
                .busy, "a job could not be started now, and waits again: \(why)")
            context.failures.note(error, of: .work("start"))
            context.failures.backOff(.starting)
        case RunnerExitCode.finished:
            noteStarted()
            context.failures.claimAgainNow()
        default: context.failures.claimAgainNow()
        }
    }
}

extension WorkerContext {
    /// Takes a runner's report of a job, which need not be the one that it has now.
    func take(_ message: RunnerMessage, _ said: RunnerReport) {
        let doing = said.location.map { Doing.file(.running($0)) } ?? .work("end")
        switch message {
        case .idle, .finishing: break
        case .failing: failures.note(said.error(in: spool.path), of: doing)
        case .overcame: failures.overcome(doing)
        // It says so once of each.
        case .resisting: report(said.error(in: spool.path).message)
        }
    }
}
