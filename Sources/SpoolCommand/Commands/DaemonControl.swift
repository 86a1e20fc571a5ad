import Spool
import SpoolRunner
import SpoolSystem

/// Signals to those that work on a spool: `spool daemon --stop` and `--reload`.
package struct DaemonControlRequest {
    /// Whether the daemon is to end; else all workers read their settings again.
    private let isStop: Bool

    package init(isStop: Bool) {
        self.isStop = isStop
    }

    static let options = [
        Option("stop", nil, nil, "end the daemon of this spool; running jobs go on"),
        Option("reload", nil, nil, "let all workers of this spool read settings.json again"),
    ]

    /// nil if the daemon itself is wanted.
    init?(_ invocation: Invocation) throws(SpoolError) {
        let asked = DaemonControlRequest.options.map(\.long).filter { invocation.has($0) }
        guard let first = asked.first else { return nil }
        let common = Set(Option.common.map(\.long))
        let others = invocation.command.options.map(\.long).filter {
            $0 != first && !common.contains($0)
        }
        if let other = others.first(where: { invocation.has($0) }) {
            throw .usage("--\(first) and --\(other) exclude each other")
        }
        isStop = invocation.has("stop")
    }

    package func perform(
        in context: Context, _ take: (DaemonControlEvent) -> Void
    ) throws(SpoolError) {
        let spool = try context.openSpool(create: false)
        if isStop { try stop(spool, take) } else { try reload(spool, take) }
    }

    // MARK: Stop

    private func stop(
        _ spool: SpoolDirectory, _ take: (DaemonControlEvent) -> Void
    ) throws(SpoolError) {
        let survey = try WorkerRegistry(spool.storage).survey()
        let daemons = survey.described.filter { $0.isDaemon == true }
        if survey.undescribed > 0 {
            take(.undescribed(survey.undescribed))
        } else if daemons.isEmpty {
            take(.noDaemon(survey.described))
        }
        for daemon in daemons {
            guard try signal(daemon, ProcessControl.terminate) else {
                take(.elsewhere(daemon))
                continue
            }
            try waitForEnd(of: daemon, WorkerRegistry(spool.storage))
            let running = try Listing(spool.storage).locations(in: [.running]).count
            take(.ended(daemon, running: running))
        }
    }

    /// - Returns: false if it is on another host.
    private func signal(_ worker: WorkerRecord, _ number: Int32) throws(SpoolError) -> Bool {
        let process = worker.process
        guard ProcessTable.isMounted else {
            throw SpoolError(
                .inputOutput,
                "/proc: isn't mounted, so that pid \(process.pid) can't be told from other processes:"
                    + " 'mount -t proc proc /proc'", path: "/proc")
        }
        guard worker.liveness.place == .here else {
            return false
        }
        do throws(Errno) {
            try worker.liveness.process.signal(number)
        } catch {
            throw SpoolError(error, "kill", "pid \(process.pid)")
        }
        return true
    }

    private func waitForEnd(
        of daemon: WorkerRecord, _ registry: WorkerRegistry
    ) throws(SpoolError) {
        let process = daemon.liveness.process
        let deadline = Clock.monotonic() + 10_000_000_000
        while process.isAlive {
            guard Clock.monotonic() < deadline else { throw stillLives(daemon, registry) }
            Sleep.briefly()
        }
    }

    private func stillLives(
        _ daemon: WorkerRecord, _ registry: WorkerRegistry
    ) -> SpoolError {
        let workers = try? registry.survey().described
        let isDraining = workers?.contains { $0.id == daemon.id && $0.isDraining == true } ?? false
        return SpoolError(
            .busy,
            "the daemon (pid \(daemon.process.pid)) "
                + (isDraining
                    ? "still waits for its running jobs, as --drain told it; stop it once more to leave"
                        + " them running"
                    : "does not react; it may be stopped, or wait for a disk ('ps' tells)"))
    }

    // MARK: Reload

    private func reload(
        _ spool: SpoolDirectory, _ take: (DaemonControlEvent) -> Void
    ) throws(SpoolError) {
        _ = try SettingsFile.read(spool)
        let survey = try WorkerRegistry(spool.storage).survey()
        if survey.undescribed > 0 {
            take(.undescribed(survey.undescribed))
        } else if survey.described.isEmpty {
            take(.noWorker)
        }
        for worker in survey.described {
            take(try signal(worker, ProcessControl.hangUp) ? .reloads(worker) : .elsewhere(worker))
        }
    }
}

/// The effect of a signal to a process that works on a spool.
package enum DaemonControlEvent {
    /// Only these workers are there.
    case noDaemon([WorkerRecord])
    case ended(WorkerRecord, running: Int)
    case noWorker
    case reloads(WorkerRecord)
    /// It is on another host or in another container, and wasn't reached.
    case elsewhere(WorkerRecord)
    /// The files of so many workers don't describe them, so they weren't reached.
    case undescribed(Int)
}
