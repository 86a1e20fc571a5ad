import Spool
import SpoolSystem

/// Reads a command line by a table, with getopt_long(3).
package enum OptionParser {
    /// getopt_long keeps its state in global variables.
    private static let lock = Lock()

    /// - Parameter arguments: without the program's and the command's name.
    /// - Throws: `.invalidRequest`, which names the option and, if there is one, the nearest known one.
    package static func parse(
        _ arguments: [String], _ command: CommandTable, _ console: Console
    ) throws(SpoolError) -> Invocation {
        let options = command.readOptions
        let result = lock.held { scan(arguments, command, options) }
        switch result {
        case .understood(let values, let operands):
            return Invocation(
                command: command, options: options, console: console, operands: operands,
                values: values)
        case .wrong(let text): throw .usage(text)
        }
    }

    private enum Scan {
        case understood([OptionValue], operands: [String])
        case wrong(String)
    }

    private static func scan(
        _ arguments: [String], _ command: CommandTable, _ options: [Option]
    ) -> Scan {
        var scanner = OptionScanner(
            name: "spool \(command.name)", arguments, capacity: options.count)
        for known in options { scanner.add(known.long, takesArgument: known.argument != nil) }
        // '+' stops at the first operand; ':' tells a missing argument from an unknown option.
        var letters = command.stopsAtOperand ? "+:" : ":"
        for option in options {
            guard let short = option.short else { continue }
            letters += String(short) + (option.argument == nil ? "" : ":")
        }
        var values: [OptionValue] = []
        while let step = scanner.step(letters) {
            let found: Option? =
                switch step.kind {
                case .long(let index): options[index]
                case .short(let letter): options.first { $0.short?.asciiValue == letter }
                case .unknown, .lacksArgument: nil
                }
            guard let found else { return .wrong(fault(step, command)) }
            values.append(OptionValue(name: found.long, value: step.argument))
        }
        return .understood(values, operands: scanner.operands())
    }

    private static func fault(_ step: OptionScanner.Step, _ command: CommandTable) -> String {
        let word = step.word
        if case .lacksArgument = step.kind { return "\(word) wants an argument" }
        guard word.hasPrefix("--") else {
            // Of a letter that takes several bytes, getopt has seen the first only.
            let strange = word.dropFirst().first { !$0.isASCII }.map(String.init)
            let letter = Unicode.Scalar(UInt8(truncatingIfNeeded: step.letter))
            let ascii = step.letter != 0 && letter.isASCII ? String(letter) : nil
            return "unknown option -\(ascii ?? strange ?? "?")"
        }
        let name = String(word.dropFirst(2).prefix { $0 != "=" })
        if let known = command.readOptions.first(where: { $0.long == name }), known.argument == nil
        {
            return "--\(name) takes no argument"
        }
        // getopt_long(3) knows the hidden ones, too.
        let candidates = command.readOptions.map(\.long).filter { $0.hasPrefix(name) }
        if candidates.count > 1 {
            let list = candidates.map { "--" + $0 }.joined(separator: ", ")
            return "--\(name) could be any of \(list)"
        }
        let near = FieldNames.nearest(to: name, among: command.options.map(\.long))
        return "unknown option --\(name)" + (near.map { ": did you mean --\($0)?" } ?? "")
    }
}
