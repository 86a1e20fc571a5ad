import Glibc

/// A process group, by its number: the pid of its leader.
///
/// No other process or group gets the number as long as there is a member. A process that is dead, and not yet taken by
/// its parent, is still a member.
package struct ProcessGroup: Sendable {
    package let number: pid_t

    package init(_ number: pid_t) { self.number = number }

    package enum Members: Sendable {
        case none
        /// None are named if /proc doesn't show them, or can't be read now.
        case some([ProcessTable.Stat])
    }

    /// Signals all members.
    ///
    /// - Returns: false if there are none.
    /// - Throws: EPERM if none of them may be signalled: they run as another user.
    @discardableResult
    package func signal(_ signal: CInt) throws(Errno) -> Bool {
        try systemCall(unless: .noProcess) { Glibc.kill(-number, signal) } != nil
    }

    /// Whether it is there and no member may be signalled.
    package var resists: Bool {
        do throws(Errno) {
            try signal(0)
            return false
        } catch {
            return error == .notPermitted
        }
    }

    /// The living members of a group whose leader had a session of its own, and has been taken.
    ///
    /// The kernel counts the dead that haven't been taken. A parent may leave them so for as long as it lives, so /proc
    /// must tell them from the others.
    package var livingMembers: Members {
        do throws(Errno) {
            guard try signal(0) else { return .none }
        } catch {
            // They run as another user.
        }
        guard let all = try? ProcessTable.all() else { return .some([]) }
        let members = all.filter { $0.group == number }
        if members.isEmpty { return .some([]) }
        // The number has been given anew: no process has it as long as a member is left.
        if members.contains(where: { $0.pid == number }) { return .none }
        // Those of another session are no members. /proc also shows one so while it leaves the group by setsid(2).
        let living = members.filter { $0.session == number && !$0.isZombie }
        return living.isEmpty ? .none : .some(living)
    }
}
