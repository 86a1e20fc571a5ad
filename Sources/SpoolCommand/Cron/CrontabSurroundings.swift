import Spool
import SpoolSchedule
import SpoolSystem

/// The users and programs of this machine, which crontabs name.
struct CrontabSurroundings {
    private let users: Set<String>
    private let canMail: Bool

    /// - Parameter spool: the path of the spool, which its handlers lie below; nil if none is named. If there is
    ///   none yet, nobody knows what handlers it will have.
    init(spool: String?) {
        users = UserAccount.names()
        canMail =
            FilePath(QueueMail.program).isExecutable
            || spool.map {
                !FilePath($0 + "/" + SpoolLayout.formatFile).exists
                    || FilePath($0 + "/handlers/mail").exists
            } ?? true
    }

    /// Warnings about what a crontab names that isn't there, or isn't what it looks like.
    func diagnostics(of crontab: CrontabFile) -> [CrontabDiagnostic] {
        crontab.assignments.compactMap(missingShell) + crontab.entries.compactMap(diagnostic)
    }

    /// That nobody can send the mail that is asked for. It is no fault of the text.
    func mailDiagnostic(of crontab: CrontabFile) -> CrontabDiagnostic? {
        guard !canMail,
            let wanted = crontab.assignments.first(where: {
                $0.name == "MAILTO" && !$0.value.isEmpty
            })
        else { return nil }
        return warning(
            wanted,
            "no mail can be sent: there is no \(QueueMail.program), and no handlers/mail in the spool"
        )
    }

    private func missingShell(_ assignment: CrontabAssignment) -> CrontabDiagnostic? {
        guard assignment.name == "SHELL", assignment.value.hasPrefix("/"),
            !isProgramFile(assignment.value)
        else { return nil }
        return warning(
            assignment, "no program is at \(assignment.value), so no command below can run")
    }

    private func warning(_ assignment: CrontabAssignment, _ message: String) -> CrontabDiagnostic {
        CrontabDiagnostic(
            severity: .warning, line: assignment.line, column: assignment.column,
            length: assignment.value.count, message: message)
    }

    private func diagnostic(_ entry: CrontabLine) -> CrontabDiagnostic? {
        guard entry.user == nil, case .shell(let command, _) = entry.job,
            let user = userColumn(of: command, path: path(of: entry))
        else { return nil }
        return CrontabDiagnostic(
            severity: .warning, line: entry.line, column: entry.jobColumn, length: user.count,
            message:
                "the command begins with `\(user)`, a user, as in /etc/crontab: take it away, as all"
                + " jobs of a spool run as its owner; -u reads files that have this column")
    }

    private func path(of entry: CrontabLine) -> String? {
        entry.environment.first { $0.key == "PATH" }?.value
    }

    /// The user that stands before a command; nil if the first word is rather the command itself.
    ///
    /// - Parameter path: `PATH`, as far as it is set.
    func userColumn(of command: some StringProtocol, path: String?) -> String? {
        let words = command.split(maxSplits: 2) { $0 == " " || $0 == "\t" }
        guard words.count > 1 else { return nil }
        let (user, next) = (String(words[0]), String(words[1]))
        guard users.contains(user) || user == "root", !isProgram(user, path) else { return nil }
        return user == "root" && !next.hasPrefix("-") || isCommand(next, path) ? user : nil
    }

    private static let builtins: Set<String> = [
        "cd", "test", "[", "[[", "if", "for", "while", "case", ".", ":", "export", "command",
        "umask",
        "exec", "ulimit", "eval", "set", "unset", "true", "false", "echo", "!", "(", "{", "trap",
    ]

    private func isCommand(_ word: String, _ path: String?) -> Bool {
        CrontabSurroundings.builtins.contains(word) || word.hasPrefix("(") || word.hasPrefix("[")
            || isProgram(word, path)
    }

    private func isProgram(_ word: String, _ path: String?) -> Bool {
        if word.contains("/") { return word.hasPrefix("/") && isProgramFile(word) }
        return (path ?? UserAccount.searchPath).split(separator: ":").contains {
            isProgramFile("\($0)/\(word)")
        }
    }

    /// Directories may be executable too.
    private func isProgramFile(_ path: String) -> Bool {
        FilePath(path).isExecutable && !FilePath(path + "/.").exists
    }
}
