import CSpoolSystem
import Glibc

/// The niceness and the limits that the kernel grants a process. It has them from the process that started it.
package enum ProcessAllowance {
    private struct Kind {
        let limit: Int
        /// As sh(1) names it.
        let name: String
        /// -1: no limit.
        let usual: Int64
    }

    /// The limits that a shell fences with. The others have no usual value, or no effect that anybody would want to be
    /// rid of.
    private static let kinds = [
        Kind(limit: Int(RLIMIT_CPU.rawValue), name: "ulimit -t", usual: -1),
        Kind(limit: Int(RLIMIT_FSIZE.rawValue), name: "ulimit -f", usual: -1),
        Kind(limit: Int(RLIMIT_DATA.rawValue), name: "ulimit -d", usual: -1),
        Kind(limit: Int(RLIMIT_STACK.rawValue), name: "ulimit -s", usual: 8 << 20),
        Kind(limit: Int(RLIMIT_AS.rawValue), name: "ulimit -v", usual: -1),
        Kind(limit: Int(RLIMIT_NOFILE.rawValue), name: "ulimit -n", usual: 1024),
    ]

    /// Gives a process of this user the niceness and limits that it would have without its caller, as far as that may
    /// be done. An unprivileged user can't lower a niceness or raise a hard limit.
    ///
    /// - Returns: what stays, for people.
    package static func restore(_ pid: pid_t) -> [String] {
        var kept: [String] = []
        let which = __priority_which_t(PRIO_PROCESS.rawValue)
        let niceness = getpriority(which, id_t(pid))
        if niceness != 0, setpriority(which, id_t(pid), 0) != 0 {
            kept.append("nice \(niceness)")
        }
        for kind in kinds {
            if let limit = raise(kind, of: pid) { kept.append("\(kind.name) (\(limit))") }
        }
        // Of processes, as many as the user may have.
        var limits: [Int64] = [0, 0]
        if spool_get_limit(pid, SPOOL_RLIMIT_NPROC, &limits) == 0, limits[0] != limits[1] {
            _ = spool_set_limit(pid, SPOOL_RLIMIT_NPROC, [limits[1], limits[1]])
        }
        return kept
    }

    /// - Returns: the limit that stays, if that is a lower one than usual.
    private static func raise(_ kind: Kind, of pid: pid_t) -> Int64? {
        var limits: [Int64] = [0, 0]
        guard spool_get_limit(pid, CInt(kind.limit), &limits) == 0 else { return nil }
        let (soft, hard) = (limits[0], limits[1])
        func isEnough(_ limit: Int64) -> Bool {
            limit < 0 || (kind.usual >= 0 && limit >= kind.usual)
        }
        if isEnough(soft) { return nil }
        let wanted = [kind.usual, isEnough(hard) ? hard : kind.usual]
        if spool_set_limit(pid, CInt(kind.limit), wanted) == 0 { return nil }
        // The hard limit is as far as it goes.
        _ = spool_set_limit(pid, CInt(kind.limit), [hard, hard])
        return hard
    }
}
