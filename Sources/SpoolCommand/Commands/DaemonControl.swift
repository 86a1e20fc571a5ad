import Spool
import SpoolRunner
import SpoolSystem

/// Signals to those that work on a spool: `spool daemon --stop` and `--reload`.
struct DaemonControl {
    private let invocation: Invocation
    private let spoolDirectory: SpoolDirectory
    private var console: Console { invocation.console }

    static let options = [
        Option("stop", nil, nil, "end the daemon of this spool; running jobs go on"),
        Option("reload", nil, nil, "let all workers of this spool read settings.json again"),
    ]

    /// nil where the daemon itself is wanted.
    init?(_ invocation: Invocation) throws(SpoolError) {
        let asked = DaemonControl.options.map(\.long).filter { invocation.has($0) }
        guard let first = asked.first else { return nil }
        let common = Set(Option.common.map(\.long))
        let others = invocation.command.options.map(\.long).filter {
            $0 != first && !common.contains($0)
        }
        if let other = others.first(where: { invocation.has($0) }) {
            throw .usage("--\(first) and --\(other) exclude each other")
        }
        self.invocation = invocation
        spoolDirectory = try invocation.openSpool(create: false)
    }

    func run() throws(SpoolError) -> Int32 {
        invocation.has("stop") ? try stop() : try reload()
    }

    // MARK: Stop

    private func stop() throws(SpoolError) -> Int32 {
        let workers = try spoolDirectory.livingWorkers()
        let daemons = workers.filter { $0.isDaemon == true }
        if daemons.isEmpty {
            let pids = workers.map { "\($0.process.pid)" }.joined(separator: ", ")
            console.say(
                "no daemon is running"
                    + (workers.isEmpty ? "" : "; 'spool worker' started these: pid \(pids)"))
            return ExitStatus.success
        }
        var status = ExitStatus.success
        for daemon in daemons {
            guard try signal(daemon, ProcessControl.terminate) else {
                status = ExitStatus.negative
                continue
            }
            try waitForEnd(of: daemon)
        }
        return status
    }

    /// - Returns: false where it is on another host, which is said.
    private func signal(_ worker: WorkerRecord, _ number: Int32) throws(SpoolError) -> Bool {
        let process = worker.process
        guard ProcessTable.isMounted else {
            throw SpoolError(
                .inputOutput,
                "/proc: isn't mounted, so that pid \(process.pid) can't be told from other processes:"
                    + " 'mount -t proc proc /proc'", path: "/proc")
        }
        guard worker.liveness.place == .here else {
            let which = worker.host == Host.name ? "another container of " : ""
            console.say(
                "pid \(process.pid) is on \(which)\(worker.host), and can be reached only there")
            return false
        }
        do throws(Errno) {
            try worker.liveness.process.signal(number)
        } catch {
            throw SpoolError(error, "kill", "pid \(process.pid)")
        }
        return true
    }

    private func waitForEnd(of daemon: WorkerRecord) throws(SpoolError) {
        let process = daemon.liveness.process
        let deadline = Clock.monotonic() + 10_000_000_000
        while process.isAlive {
            guard Clock.monotonic() < deadline else {
                throw SpoolError(
                    .busy,
                    "the daemon (pid \(process.pid)) still waits for its running jobs, as --drain told"
                        + " it; stop it once more to leave them running")
            }
            Pause.briefly()
        }
        let running = try spoolDirectory.locations(in: [.running]).count
        let rest = running == 0 ? "" : "; what runs goes on: \(MessageText.count(running, "job"))"
        console.say("the daemon (pid \(process.pid)) has ended\(rest)")
    }

    // MARK: Reload

    private func reload() throws(SpoolError) -> Int32 {
        _ = try SettingsFile.read(spoolDirectory)
        let workers = try spoolDirectory.livingWorkers()
        if workers.isEmpty { console.say("no worker is running; the next one reads settings.json") }
        var status = ExitStatus.success
        for worker in workers {
            if try signal(worker, ProcessControl.hangUp) {
                console.say("worker (pid \(worker.process.pid)) reads settings.json again")
            } else {
                status = ExitStatus.negative
            }
        }
        return status
    }
}
