import Spool
import SpoolSystem

/// The user's editor.
enum Editor {
    /// `$VISUAL`, else `$EDITOR`, else vi(1): a command line for the shell.
    ///
    /// - Throws: `.invalidJob` if it isn't UTF-8.
    static func command(_ console: Console) throws(SpoolError) -> String {
        if let editor = try console.caller.variable("VISUAL"), !editor.isEmpty { return editor }
        if let editor = try console.caller.variable("EDITOR"), !editor.isEmpty { return editor }
        return "vi"
    }

    /// - Returns: its exit code; nil if it was killed.
    static func run(_ command: String, _ path: String) -> Int32? {
        ProcessControl.run(
            ["/bin/sh", "-c", "\(command) \"$1\"", "sh", path], isQuiet: false)
    }
}

/// A text that somebody edits. It lies in a file of its own until it is taken over, and stays there if it isn't.
struct EditedText {
    let console: Console
    /// The name of the thing whose text it is, for people.
    let subject: String
    /// Of the text, in bytes.
    let limit: Int

    /// - Parameters:
    ///   - before: what is to be edited.
    ///   - name: of the file.
    ///   - takeOver: puts a text in the place of the old one; false if it refuses it, and has said why.
    /// - Returns: the exit status.
    func edit(
        _ before: [UInt8], as name: String,
        takeOver: ([UInt8]) throws(SpoolError) -> Bool
    ) throws(SpoolError) -> Int32 {
        let editor = try Editor.command(console)
        let path = try write(before, name)
        var isKept = true
        defer { if !isKept { FilePath(path).remove() } }
        while true {
            let code = Editor.run(editor, path)
            guard code == 0 else {
                // A draft that can't be read may hold somebody's text.
                isKept = (try? console.caller.readDraft(path, limit: limit)) != before
                let rest = "; \(subject) is as it was" + (isKept ? ", your text is in \(path)" : "")
                // A shell's answers for a command that it can't run.
                guard code != 126, code != 127 else {
                    throw SpoolError(
                        .notFound,
                        "the editor \"\(editor)\" can't be run (VISUAL and EDITOR name another one)\(rest)"
                    )
                }
                let end = code.map { "failed with exit code \($0)" } ?? "did not end by itself"
                console.say("the editor \"\(editor)\" \(end)\(rest)")
                return ExitStatus.negative
            }
            let text = try console.caller.readDraft(path, limit: limit)
            guard text != before else {
                console.say("nothing changed")
                isKept = false
                return ExitStatus.success
            }
            do throws(SpoolError) {
                if try takeOver(text) {
                    isKept = false
                    return ExitStatus.success
                }
            } catch {
                console.say("your text is in \(path)")
                throw error
            }
            guard try isEditedAgain() else {
                console.say("\(subject) is as it was; your text is in \(path)")
                return ExitStatus.dataError
            }
        }
    }

    private func write(_ text: [UInt8], _ name: String) throws(SpoolError) -> String {
        let directory = try console.caller.temporaryDirectory()
        let path = "\(directory)/\(name)"
        do throws(Errno) {
            try FilePath(path).writeNewFile(text)
        } catch {
            throw SpoolError(error, "create", path)
        }
        return path
    }

    private func isEditedAgain() throws(SpoolError) -> Bool {
        guard console.isInputTerminal, console.isErrorTerminal else { return false }
        return try console.confirm("edit it again?")
    }
}
