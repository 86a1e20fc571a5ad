import Glibc

/// What says in a process's environment whose it is.
extension UserAccount {
    /// The user of this process; nil where the file has no entry.
    package static var own: UserAccount? { find(effective) }

    /// As `own`; where there is no entry, getent(1) is asked, for users that are elsewhere (nsswitch.conf(5)).
    package static var asked: UserAccount? {
        if let own { return own }
        guard let answer = try? ProcessControl.output(of: ["getent", "passwd", "\(effective)"])
        else { return nil }
        return find(
            effective, in: String(decoding: answer.bytes, as: UTF8.self).split(separator: "\n"))
    }

    package static let variableNames = ["HOME", "LOGNAME", "USER", "SHELL"]

    /// As login(1) sets them.
    package var variables: [String: String] {
        ["HOME": home, "LOGNAME": name, "USER": name, "SHELL": shell]
    }

    /// PATH, where nobody has set one.
    package static var searchPath: String {
        effective == 0
            ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
            : "/usr/local/bin:/usr/bin:/bin"
    }
}
