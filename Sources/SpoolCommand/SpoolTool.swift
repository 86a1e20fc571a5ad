import Spool
import SpoolSystem

/// The program: finds the command, reads its options, runs it, and turns what goes wrong into a message and
/// an exit status.
package enum SpoolTool {
    package static let version = "0.1.0"

    /// Every command, in the order of `spool help`. No `Array`: to find one there must not wait until the runtime has
    /// made that type.
    private static let tables: InlineArray<29, CommandTable> = [
        runCommand, submitCommand, listCommand, statusCommand, logsCommand, waitCommand,
        cancelCommand, retryCommand, holdCommand, releaseCommand, moveCommand, editCommand,
        pauseCommand, resumeCommand, slotsCommand, cleanCommand, checkCommand, initCommand,
        workerCommand,
        schedulerCommand, daemonCommand, cronListCommand, cronNextCommand, cronExplainCommand,
        cronCheckCommand, cronEditCommand, cronRunCommand, cronImportCommand, cronExportCommand,
    ]

    package static var commands: [CommandTable] { tables.indices.map { tables[$0] } }

    private static func command(where isMeant: (String) -> Bool) -> CommandTable? {
        tables.indices.first { isMeant(tables[$0].name) }.map { tables[$0] }
    }

    /// Words that take a second one to make a command: `spool cron list`.
    private static func isGroup(_ word: String) -> Bool {
        let prefix = word + " "
        return command { $0.utf8.starts(with: prefix.utf8) } != nil
    }

    /// Makes this process an ordinary one, before anything else. Its standard streams are taken, and it hears of its
    /// children. It isn't the first of a pid namespace.
    package static func prepareProcess() {
        StandardStreams.reserve()
        ProcessControl.takeChildrenItself()
        FirstProcess.goOnInChild()
    }

    /// With the arguments of this process.
    ///
    /// - Returns: the exit status.
    package static func main(console: Console) -> Int32 {
        ProcessControl.ignoreFileSizeSignal()
        _ = ProcessEnvironment.fileMask
        do throws(ProcessEnvironment.NonUTF8Argument) {
            return main(try ProcessEnvironment.arguments(), console: console)
        } catch {
            console.say(
                "argument \(error.number), \(error.text.quoted), is not UTF-8, as all that spool takes must be:"
                    + " rename what it names, or have the shell of a job make it (spool run -c),"
                    + " which reads it in \(error.text.shellWord)")
            return ExitStatus.dataError
        }
    }

    /// - Parameter arguments: without the program's name.
    /// - Returns: the exit status.
    package static func main(_ arguments: [String], console: Console) -> Int32 {
        let (name, rest) = split(arguments)
        do throws(SpoolError) {
            let status = try dispatch(name, rest, console)
            try console.flush()
            return status
        } catch {
            // The first error is the one that is told.
            try? console.flush()
            var text = error.message
            if error.code == .invalidRequest {
                let known = command { $0 == name } != nil
                // If no command is named, it is the list, which nobody has asked for.
                let words = name.split(separator: " ").map(String.init)
                let meant = words.filter { arguments.contains($0) }.joined(separator: " ")
                text += "\nTry 'spool \(known && !meant.isEmpty ? meant + " " : "")--help'."
            }
            console.say(text)
            return ExitStatus.status(for: error)
        }
    }

    /// The command's name, and everything else. The spool may also be named in front of the command, and between the
    /// words of a command that has two.
    private static func split(
        _ arguments: [String], group: String? = nil
    ) -> (name: String, rest: [String]) {
        var rest = arguments[...]
        var leading: [String] = []
        while let word = rest.first {
            if word == "-D" || word == "--dir" {
                leading += rest.prefix(2)
                rest = rest.dropFirst(2)
            } else if word.hasPrefix("--dir=") || word.hasPrefix("-D") || word == "--as-owner" {
                leading.append(word)
                rest = rest.dropFirst()
            } else if word.hasPrefix("-"), !["-h", "--help", "-V", "--version"].contains(word) {
                break
            } else if let group {
                return ("\(group) \(word)", leading + rest.dropFirst())
            } else if isGroup(word) {
                return split(leading + rest.dropFirst(), group: word)
            } else {
                return (word, leading + rest.dropFirst())
            }
        }
        // Alone it shows the whole spool in short first.
        if group == nil, rest.isEmpty { return ("", leading) }
        // 'spool --json' is 'spool list --json', and 'spool cron --json' is 'spool cron list --json'.
        return ((group.map { $0 + " " } ?? "") + "list", leading + rest)
    }

    private static func dispatch(
        _ name: String, _ arguments: [String], _ console: Console
    ) throws(SpoolError) -> Int32 {
        switch name {
        case "--version", "-V", "version":
            try console.print("spool \(version)")
            return ExitStatus.success
        case "--help", "-h", "help":
            return try help(arguments, console)
        case "cron --help", "cron -h", "cron help":
            return try help(["cron"] + arguments, console)
        case "":
            return try showSpool(
                try owned(try OptionParser.parse(arguments, listCommand, console)))
        default: break
        }
        guard let command = command(where: { $0 == name }) else {
            throw CommandHint.refusal(of: name, commands.map(\.name))
        }
        let invocation = try OptionParser.parse(arguments, command, console)
        if invocation.has("help") {
            try console.print(HelpText.page(command))
            return ExitStatus.success
        }
        return try command.run(try owned(invocation))
    }

    /// As the spool's owner, if that is asked for.
    private static func owned(_ invocation: Invocation) throws(SpoolError) -> Invocation {
        invocation.has("as-owner") ? try invocation.asOwner() : invocation
    }

    /// Without the options that every command takes.
    private static func words(of arguments: [String]) -> [String] {
        var words: [String] = []
        var rest = arguments[...]
        while let word = rest.popFirst() {
            switch word {
            case "-h", "--help", "--as-owner": break
            case "-D", "--dir": rest = rest.dropFirst()
            case _ where word.hasPrefix("-D") || word.hasPrefix("--dir="): break
            default: words.append(word)
            }
        }
        return words
    }

    private static func help(
        _ arguments: [String], _ console: Console
    ) throws(SpoolError) -> Int32 {
        let name = words(of: arguments).joined(separator: " ")
        let shown = isGroup(name) ? commands.filter { $0.name.hasPrefix(name + " ") } : []
        guard !name.isEmpty, shown.isEmpty else {
            let text = HelpText.overview(shown.isEmpty ? commands : shown)
            try console.print(text)
            return ExitStatus.success
        }
        guard let command = command(where: { $0 == name }) else {
            throw CommandHint.refusal(of: name, commands.map(\.name))
        }
        if console.isOutputTerminal, ManualPage.show("spool") { return ExitStatus.success }
        try console.print(HelpText.page(command))
        return ExitStatus.success
    }
}
