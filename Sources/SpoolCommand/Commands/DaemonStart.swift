import Spool
import SpoolSystem

/// Starts a daemon in the background.
struct DaemonStart {
    private let context: Context
    private let spool: SpoolDirectory

    init(_ context: Context, _ spool: SpoolDirectory) {
        self.context = context
        self.spool = spool
    }

    /// The outcome of a start.
    enum Outcome {
        /// It runs.
        case ours(Daemon)
        /// One that somebody else has started runs.
        case others
        /// None, which has been said.
        case failed
    }

    struct Daemon {
        let pid: Int32
        /// The limits that it has kept of this process.
        let kept: [String]
    }

    /// - Parameter consequence: what to say if it can't be started.
    func start(orElse consequence: String) -> Outcome {
        guard ProcessTable.isMounted else {
            context.remark(
                "the daemon could not be started: /proc isn't mounted ('mount -t proc proc /proc')."
                    + " \(consequence)")
            return .failed
        }
        do throws(Errno) {
            let program = try ProcessEnvironment.executablePath()
            let words = [
                program, "daemon", "--dir", spool.path, "--idle-exit", "60s",
                "--report-ready",
            ]
            var setup = CommandSetup(
                arguments: words, environment: environment.map { "\($0.key)=\($0.value)" })
            setup.directory = "/"
            setup.mask = 0o022
            let pipe = try BareDescriptor.pipe()
            let reading = Descriptor(owning: pipe.read)
            let writing = Descriptor(owning: pipe.write)
            guard FilePath("/dev/null").exists else {
                context.remark(
                    "the daemon could not be started: there is no /dev/null. \(consequence)")
                return .failed
            }
            let null = try FilePath("/dev/null").openForReading()
            let log: Descriptor
            do throws(Errno) {
                log = try spool.openDaemonLog()
            } catch {
                context.remark(
                    "the daemon could not be started: \(spool.path)/\(SpoolDirectory.daemonLog)"
                        + " can't be opened: \(error). \(consequence)")
                return .failed
            }
            let logEnd = try log.status().size
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
            let path = "\(spool.path)/\(SpoolDirectory.daemonLog)"
            let reason =
                spool.lastDaemonMessage(from: logEnd).map { ": \($0) (from \(path))" }
                ?? "; \(path) says why"
            context.remark("the daemon could not be started\(reason). \(consequence)")
        } catch {
            context.remark("the daemon could not be started: \(error). \(consequence)")
        }
        return .failed
    }

    /// The same for every caller: the variables of the first one must not decide for the jobs of all.
    private var environment: [String: String] {
        var variables = UserAccount.asked?.variables ?? [:]
        if variables.isEmpty {
            for name in UserAccount.variableNames { variables[name] = text(of: name) }
        }
        variables["PATH"] = UserAccount.searchPath
        variables["SPOOL_DIR"] = spool.path
        // This very program may need them to be loaded, and to find time zones. Commands don't get them.
        for name in ["LD_LIBRARY_PATH", "TZDIR"] { variables[name] = text(of: name) }
        return variables
    }

    private func text(of name: String) -> String? {
        context.caller.bytes(of: name).flatMap { String(validating: $0, as: UTF8.self) }
    }
}

extension SpoolDirectory {
    /// The file that takes the messages of a daemon in the background.
    static let daemonLog = "logs/daemon.log"

    /// From that size on, in bytes, the next daemon begins a new one.
    private static let largestDaemonLog = 1 << 20

    /// In bytes.
    private static let longestDaemonMessage = 1 << 16

    fileprivate func openDaemonLog() throws(Errno) -> Descriptor {
        let name = SpoolDirectory.daemonLog
        if let size = try storage.root.status(of: name)?.size,
            size >= SpoolDirectory.largestDaemonLog
        {
            // A file that can't be put aside goes on to grow.
            try? storage.root.rename(name, to: name + ".1", .replace)
        }
        return try storage.root.open(name, [.readWrite, .create, .append])
    }

    /// The last line of the daemons' messages, without the name of the program; nil if there is none.
    ///
    /// - Parameter start: where to begin to look, in bytes.
    fileprivate func lastDaemonMessage(from start: Int) -> String? {
        guard let file = try? storage.root.open(SpoolDirectory.daemonLog),
            let size = try? file.status().size,
            let bytes = try? file.readAll(
                // It may go on to grow meanwhile.
                limit: 2 * SpoolDirectory.longestDaemonMessage,
                from: max(start, size - SpoolDirectory.longestDaemonMessage)),
            let line = bytes.split(separator: UInt8(ascii: "\n")).last
        else { return nil }
        let text = String(decoding: line, as: UTF8.self)
        let name = "spool: "
        return text.hasPrefix(name) ? String(text.dropFirst(name.count)) : text
    }
}
