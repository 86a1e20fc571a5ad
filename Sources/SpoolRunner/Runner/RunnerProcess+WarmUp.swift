import Spool
import SpoolSystem

extension RunnerProcess {
    /// Does once, in a worker, what every runner does: read and write a job with all that it records.
    ///
    /// Swift looks up how a type is coded at its first use in a process. That takes longer than everything else that a
    /// runner does. A forked runner finds what its worker has looked up.
    static func warmUp(_ spool: SpoolDirectory) {
        let now = spool.storage.now()
        var job = Job(command: .arguments(["true"]))
        job.id = spool.storage.ids.make(at: now)
        job.env = ["PATH": "/bin"]
        job.cwd = "/"
        job.umask = Job.FileMask(bits: 0o22)
        job.project = "/"
        job.submittedAt = now
        job.submittedBy = Job.Submitter(user: "", host: "")
        job.state = .completed
        job.finishedAt = now
        job.result = .string("")
        let process = Attempt.Process(pid: 1, startTime: 1)
        var attempt = Attempt(
            number: 1, worker: "", host: "", bootID: Host.bootID, runner: process,
            command: process, startedAt: now)
        attempt.log = Attempt.Log(start: 0, end: 0)
        attempt.usage = Attempt.Usage(user: .zero, system: .zero, peakMemory: 0)
        attempt.outlivedBy = [Attempt.Descendant(pid: 1, name: "")]
        attempt.outcome = .completed
        attempt.exitCode = 0
        attempt.finishedAt = now
        job.attempts = [attempt]
        // It only saves time.
        guard let bytes = try? job.json(), let same = try? Job(json: bytes), let id = same.id else {
            return
        }
        _ = HistoryLine(time: now, job: id, verb: "start", state: .running, attempt: 1).json()
        let location = JobLocation.running(id, attempt: 1)
        _ = CommandSetup(
            same, at: location, spoolPath: spool.path, defaults: CommandDefaults.own())
        _ = ProcessIdentity.own()
        _ = spool.storage.traits.commitsInOrder
    }
}
