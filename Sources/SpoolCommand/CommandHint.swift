import Spool

/// The command that somebody may have meant by a word that is none.
enum CommandHint {
    /// Words of other programs, and the commands of this one that do the same.
    private static let equivalents = [
        "ls": "list", "ps": "list", "top": "list", "jobs": "list", "queue": "list", "atq": "list",
        "rm": "cancel", "kill": "cancel", "del": "cancel", "delete": "cancel", "stop": "cancel",
        "abort": "cancel", "remove": "cancel", "atrm": "cancel",
        "add": "run", "enqueue": "run", "push": "run", "exec": "run", "start": "run", "at": "run",
        "batch": "run", "restart": "retry", "rerun": "retry", "requeue": "retry",
        "log": "logs", "tail": "logs", "cat": "logs", "output": "logs", "follow": "logs",
        "show": "status", "info": "status", "stash": "hold", "unhold": "release",
        "continue": "resume", "unpause": "resume", "parallel": "slots",
        "prune": "clean", "purge": "clean", "fsck": "check", "repair": "check",
        "crontab": "cron edit", "cron add": "cron edit", "cron ls": "cron list",
        "cron show": "cron list", "cron status": "cron list",
        "cron rm": "cron edit", "cron remove": "cron edit", "cron del": "cron edit",
        "cron delete": "cron edit", "cron disable": "cron edit", "cron enable": "cron edit",
        "cron validate": "cron check", "cron test": "cron check",
    ]

    /// Other commands that may have been meant by some of these.
    private static let alternatives = ["start": "daemon", "stop": "daemon --stop"]

    /// An error that names the command that was probably meant, if there is one.
    ///
    /// - Parameter known: the names of all commands.
    static func refusal(of name: String, _ known: [String]) -> SpoolError {
        let meant = equivalents[name] ?? FieldNames.nearest(to: name, among: known)
        let hints = [meant, alternatives[name]].compactMap(\.self).map { "\"\($0)\"" }
        return .usage(
            "unknown command \"\(name)\""
                + (hints.isEmpty ? "" : ": did you mean \(hints.joined(separator: " or "))?"))
    }
}
