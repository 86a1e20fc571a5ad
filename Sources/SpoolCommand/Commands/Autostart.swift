import Spool
import SpoolSystem

extension Option {
    static let noStart = Option("no-start", nil, nil, "start no daemon in the background")
}

extension Invocation {
    /// Sees to it that somebody runs what has just been queued; for commands with `--no-start`.
    ///
    /// - Returns: false where nobody does, as the daemon could not be started, which has been said.
    @discardableResult
    func ensureWorker(of spoolDirectory: SpoolDirectory) throws(SpoolError) -> Bool {
        try Autostart(self, spoolDirectory).ensureWorker(isRefused: has("no-start"))
    }

    /// Sees to it that somebody enqueues what recurs, if anything does; for commands with `--no-start`.
    func ensureScheduler(of spoolDirectory: SpoolDirectory) throws(SpoolError) {
        try Autostart(self, spoolDirectory).ensureScheduler(isRefused: has("no-start"))
    }
}

/// Starts a daemon in the background where no worker lives.
private struct Autostart {
    private let invocation: Invocation
    private let spoolDirectory: SpoolDirectory

    init(_ invocation: Invocation, _ spoolDirectory: SpoolDirectory) {
        self.invocation = invocation
        self.spoolDirectory = spoolDirectory
    }

    /// Call it after the job is in the spool: a daemon that leaves looks for jobs once more after it has
    /// said that it is gone, so one of the two sees the other.
    ///
    /// - Returns: false where the daemon could not be started, and no worker has come meanwhile.
    func ensureWorker(isRefused: Bool) throws(SpoolError) -> Bool {
        let console = invocation.console
        if try isServed() { return true }
        let isUnwanted = try isUnwanted()
        if isRefused || isUnwanted {
            console.say("no worker is running; the job waits for one ('spool worker')")
            return true
        }
        switch start(orElse: "The job waits") {
        case .ours(let daemon): tell("no worker was running", daemon)
        case .others: break
        case .failed: return try isServed()
        }
        return true
    }

    private func isServed() throws(SpoolError) -> Bool {
        try spoolDirectory.hasWorker()
    }

    /// Call it after the crontab is in its place.
    func ensureScheduler(isRefused: Bool) throws(SpoolError) {
        let console = invocation.console
        let hasEntries = !(try CronEntries(in: spoolDirectory).all.isEmpty)
        guard hasEntries, try !isScheduling() else { return }
        let isServed = try isServed()
        let isUnwanted = try isUnwanted()
        if isRefused || isUnwanted || isServed {
            // A second daemon would run more jobs at once than the one that lives was told to.
            let helper = isServed ? "'spool scheduler'" : "'spool daemon' or 'spool scheduler'"
            console.say("no scheduler is running, so nothing is queued: start \(helper)")
            return
        }
        if case .ours(let daemon) = start(orElse: "Nothing is queued until one runs") {
            tell("no scheduler was running", daemon)
        }
    }

    /// What has come of a start.
    private enum Start {
        /// It runs.
        case ours(Daemon)
        /// One that somebody else has started runs.
        case others
        /// None, which has been said.
        case failed
    }

    private struct Daemon {
        let pid: Int32
        /// What it has kept of this process.
        let kept: [String]
    }

    private func tell(_ reason: String, _ daemon: Daemon) {
        let console = invocation.console
        console.say("\(reason): started a daemon in the background (pid \(daemon.pid))")
        guard !daemon.kept.isEmpty else { return }
        console.say(
            "the daemon keeps what only root can undo: \(daemon.kept.joined(separator: ", ")); its"
                + " jobs have that too, until a daemon is started without")
    }

    /// Whether somebody enqueues what recurs, or nobody can tell. A daemon that has just begun is waited for:
    /// its scheduler is the second thing that it starts.
    private func isScheduling() throws(SpoolError) -> Bool {
        for _ in 0..<500 {
            let isSo = try spoolDirectory.isScheduling()
            if isSo ?? true { return true }
            let workers = try spoolDirectory.workers()
            guard workers.contains(where: { $0.isDaemon == true }) else { return false }
            Pause.briefly()
        }
        return false
    }

    private func isUnwanted() throws(SpoolError) -> Bool {
        try invocation.variable("SPOOL_AUTOSTART").map {
            ["no", "0", "off", "false"].contains($0.lowercased())
        } ?? false
    }

    /// - Parameter consequence: what to say if it can't be started.
    private func start(orElse consequence: String) -> Start {
        let console = invocation.console
        guard ProcessTable.isMounted else {
            console.say(
                "the daemon could not be started: /proc isn't mounted ('mount -t proc proc /proc')."
                    + " \(consequence)")
            return .failed
        }
        do throws(Errno) {
            let program = try ProcessControl.executablePath()
            let words = [
                program, "daemon", "--dir", spoolDirectory.path, "--idle-exit", "60s",
                "--report-ready",
            ]
            var setup = CommandSetup(
                arguments: words, environment: environment.map { "\($0.key)=\($0.value)" })
            setup.directory = "/"
            setup.mask = 0o022
            let pipe = try Descriptor.pipe()
            let reading = Descriptor(owning: pipe.read)
            let writing = Descriptor(owning: pipe.write)
            guard ProcessControl.exists("/dev/null") else {
                console.say(
                    "the daemon could not be started: there is no /dev/null. \(consequence)")
                return .failed
            }
            let null = try ProcessControl.openForReading("/dev/null")
            let log: Descriptor
            do throws(Errno) {
                log = try spoolDirectory.openDaemonLog()
            } catch {
                console.say(
                    "the daemon could not be started: \(spoolDirectory.path)/\(SpoolDirectory.daemonLog)"
                        + " can't be opened: \(error). \(consequence)")
                return .failed
            }
            let held = try SuspendedProcess(setup, input: null, output: writing, error: log)
            let kept = ProcessAllowance.restore(held.pid)
            let daemon = held.release()
            let pid = daemon.pid
            _ = consume writing
            // It says a word once it would notice a job; its end without a word is a failure.
            let word = try reading.readStream(limit: 64) ?? []
            let text = String(decoding: word, as: UTF8.self)
            if text.hasPrefix("ready") { return .ours(Daemon(pid: pid, kept: kept)) }
            // Another one was started for the same reason at the same time.
            if text.hasPrefix("present") { return .others }
            Children.end(pid)
            if let failure = daemon.startFailure() { throw failure.errno }
            console.say(
                "the daemon could not be started; \(spoolDirectory.path)/\(SpoolDirectory.daemonLog)"
                    + " says why. \(consequence)")
        } catch {
            console.say("the daemon could not be started: \(error). \(consequence)")
        }
        return .failed
    }

    /// The same whoever starts it: what the first caller has set must not decide for the jobs of all.
    private var environment: [String: String] {
        var variables = UserAccount.asked?.variables ?? [:]
        if variables.isEmpty {
            for name in UserAccount.variableNames { variables[name] = text(of: name) }
        }
        variables["PATH"] = UserAccount.searchPath
        variables["SPOOL_DIR"] = spoolDirectory.path
        // What this very program may need to be loaded, and to find time zones. Commands don't get them.
        for name in ["LD_LIBRARY_PATH", "TZDIR"] { variables[name] = text(of: name) }
        return variables
    }

    private func text(of name: String) -> String? {
        invocation.console.bytes(of: name).flatMap { String(validating: $0, as: UTF8.self) }
    }
}

extension SpoolDirectory {
    /// What a daemon in the background has to say.
    static let daemonLog = "logs/daemon.log"

    /// From that size on, in bytes, the next daemon begins a new one.
    private static let largestDaemonLog = 1 << 20

    fileprivate func openDaemonLog() throws(Errno) -> Descriptor {
        let name = SpoolDirectory.daemonLog
        if let size = try root.status(of: name)?.size, size >= SpoolDirectory.largestDaemonLog {
            // What can't be put aside goes on to grow.
            try? root.rename(name, to: name + ".1", .replace)
        }
        return try root.open(name, [.readWrite, .create, .append])
    }
}
