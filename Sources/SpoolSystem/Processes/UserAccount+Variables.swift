import Glibc

/// The variables of a process's environment that say whose it is.
extension UserAccount {
    /// The user of this process; nil if the file has no entry.
    package static var own: UserAccount? { find(effective) }

    /// As `own`; if there is no entry, getent(1) is asked.
    package static var asked: UserAccount? { lookUp(effective) }

    package static let variableNames = ["HOME", "LOGNAME", "USER", "SHELL"]

    /// As login(1) sets them.
    package var variables: [String: String] {
        ["HOME": home, "LOGNAME": name, "USER": name, "SHELL": shell]
    }

    /// PATH, if nobody has set one.
    package static var searchPath: String {
        effective == 0
            ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            : "/usr/local/bin:/usr/bin:/bin"
    }
}
