import SpoolSystem

/// The processes that a dead runner may have left behind: the command, its process group, its session.
struct Leftovers {
    private let command: Attempt.Process
    private let mark: String

    /// - Parameter attempt: one of this boot of this host.
    init(of attempt: Attempt, id: JobID) {
        command = attempt.command ?? Attempt.Process(pid: 0, startTime: 0)
        mark = "SPOOL_JOB_ID=\(id)"
    }

    enum Survivors {
        case none
        /// It is about to be gone.
        case dying
        /// This process may not be ended, as it runs as another user.
        case resisting(Int32)
    }

    /// Kills every process that can only be the attempt's.
    ///
    /// - Returns: the state of the processes that were left.
    /// - Throws: if some may have been overlooked.
    func kill() throws(Errno) -> Survivors {
        guard command.pid > 1 else { return .none }
        var rest = Survivors.none
        let all = try ProcessTable.all()
        let leads = all.contains {
            $0.pid == command.pid && $0.startTime == command.startTime && !$0.isZombie
        }
        for process in all where try isOfAttempt(process, besideItsLeader: leads) {
            if case .none = rest { rest = .dying }
            do throws(Errno) {
                // Gone meanwhile is as good.
                try ProcessIdentity(pid: process.pid, startTime: process.startTime).signal(Int32(9))
            } catch {
                // Anything else shows in the next round.
                if error == .notPermitted { rest = .resisting(process.pid) }
            }
        }
        if case .none = rest, isHidden(all) { return .resisting(command.pid) }
        return rest
    }

    /// Whether the command's process group is there though nothing in /proc shows it. This is so if /proc is mounted so
    /// that other users' processes can't be seen (hidepid), and the command runs as another user.
    private func isHidden(_ all: [ProcessTable.Stat]) -> Bool {
        !all.contains { $0.group == command.pid } && ProcessGroup(command.pid).resists
    }

    /// Whether a process is of the attempt. The command leads its session, so every process in that session is, unless
    /// the session's number was given anew. In that case its leader started at another time, or its members don't carry
    /// the job's mark.
    private func isOfAttempt(
        _ process: ProcessTable.Stat, besideItsLeader leads: Bool
    ) throws(Errno) -> Bool {
        guard !process.isZombie, process.session == command.pid else { return false }
        if process.pid == command.pid { return process.startTime == command.startTime }
        guard process.startTime >= command.startTime else { return false }
        if leads { return true }
        if let isMarked = try ProcessTable.environment(of: process.pid, contains: mark) {
            return isMarked
        }
        // Another user's, whose environment can't be read. Nothing else is known to be in the session of a command.
        return ProcessGroup(process.group).resists
    }
}
