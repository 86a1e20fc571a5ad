import Spool
import SpoolSystem

extension Option {
    static let noStart = Option("no-start", nil, nil, "start no daemon in the background")
}

extension Invocation {
    /// Whether the command may start a daemon.
    var startsDaemon: Bool { !has("no-start") }
}

/// Starts a daemon in the background if no worker lives, unless the caller has refused that.
struct Autostart {
    private let context: Context
    private let isRefused: Bool

    init(_ context: Context, isWanted: Bool) {
        self.context = context
        isRefused = !isWanted
    }

    /// Sees to it that somebody runs what has just been queued. Call it after the job is in the spool.
    /// A daemon that leaves looks for jobs once more after it has said that it is gone. One of the two sees the other.
    ///
    /// - Parameter count: how many jobs have just been queued, as far as it is known.
    /// - Returns: `none` if nobody does: the daemon could not be started, which has been said, and no worker has come
    ///   meanwhile. If it has been said that the jobs wait, a worker of all queues is taken to come.
    @discardableResult
    func ensureWorker(
        of spool: SpoolDirectory, for count: Int = 1
    ) throws(SpoolError) -> WorkerPresence {
        let presence = try WorkerRegistry(spool.storage).presence()
        if presence != .none { return presence }
        let isUnwanted = try isUnwanted()
        if isRefused || isUnwanted {
            let jobs = count == 1 ? "the job waits" : "the jobs wait"
            context.remark("no worker is running; \(jobs) for one ('spool worker')")
            return .ofAllQueues
        }
        switch DaemonStart(context, spool).start(
            orElse: count == 1 ? "The job waits" : "The jobs wait")
        {
        case .ours(let daemon): tell("no worker was running", daemon)
        case .others: break
        case .failed: return try WorkerRegistry(spool.storage).presence()
        }
        return .ofAllQueues
    }

    /// Sees to it that somebody queues what recurs, if anything does. Call it after the crontab is in its place.
    func ensureScheduler(of spool: SpoolDirectory) throws(SpoolError) {
        guard try !CronEntries(in: spool).all.isEmpty, try !isScheduling(spool) else { return }
        let isServed = try WorkerRegistry(spool.storage).hasWorker()
        let isUnwanted = try isUnwanted()
        if isRefused || isUnwanted || isServed {
            // A second daemon would run more jobs at once than the one that lives was told to.
            let helper = isServed ? "'spool scheduler'" : "'spool daemon' or 'spool scheduler'"
            context.remark("no scheduler is running, so nothing is queued: start \(helper)")
            return
        }
        if case .ours(let daemon) = DaemonStart(context, spool).start(
            orElse: "Nothing is queued until one runs")
        {
            tell("no scheduler was running", daemon)
        }
    }

    private func tell(_ reason: String, _ daemon: DaemonStart.Daemon) {
        context.remark("\(reason): started a daemon in the background (pid \(daemon.pid))")
        guard !daemon.kept.isEmpty else { return }
        context.remark(
            "the daemon keeps what only root can undo: \(daemon.kept.joined(separator: ", ")); its"
                + " jobs have that too, until a daemon is started without")
    }

    /// Whether somebody queues what recurs, or nobody can tell. A daemon that has just begun is waited for:
    /// its scheduler is the second thing that it starts.
    private func isScheduling(_ spool: SpoolDirectory) throws(SpoolError) -> Bool {
        for _ in 0..<500 {
            let isSo = try spool.isScheduling()
            if isSo ?? true { return true }
            let workers = try spool.workers()
            guard workers.contains(where: { $0.isDaemon == true }) else { return false }
            Sleep.briefly()
        }
        return false
    }

    private func isUnwanted() throws(SpoolError) -> Bool {
        try context.caller.variable("SPOOL_AUTOSTART").map {
            ["no", "0", "off", "false"].contains($0.lowercased())
        } ?? false
    }
}
