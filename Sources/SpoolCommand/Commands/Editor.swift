import Spool
import SpoolSystem

/// The user's editor.
enum Editor {
    /// `$VISUAL`, else `$EDITOR`, else vi(1): a command line for the shell.
    ///
    /// - Throws: `.invalidJob` where it isn't UTF-8.
    static func command(_ console: Console) throws(SpoolError) -> String {
        if let editor = try console.variable("VISUAL"), !editor.isEmpty { return editor }
        if let editor = try console.variable("EDITOR"), !editor.isEmpty { return editor }
        return "vi"
    }

    /// - Returns: whether it ended with success.
    static func run(_ command: String, _ path: String) -> Bool {
        ProcessControl.run(
            ["/bin/sh", "-c", "\(command) \"$1\"", "sh", path], isQuiet: false) == 0
    }
}
