import SpoolSystem

/// The user's editor.
enum Editor {
    /// `$VISUAL`, else `$EDITOR`, else vi(1): a command line for the shell.
    static func command(_ environment: [String: String]) -> String {
        [environment["VISUAL"], environment["EDITOR"]].compactMap(\.self).first { !$0.isEmpty }
            ?? "vi"
    }

    /// - Returns: whether it ended with success.
    static func run(_ command: String, _ path: String) -> Bool {
        ProcessControl.run(
            ["/bin/sh", "-c", "\(command) \"$1\"", "sh", path], isQuiet: false) == 0
    }
}
