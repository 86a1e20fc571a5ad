import CSpoolSystem
import Glibc
import Spool

/// Reads a command line by a table, with getopt_long(3).
package enum OptionParser {
    /// getopt_long keeps its state in global variables.
    private static let turn = LockedBox<Void>(())

    /// - Parameter arguments: without the program's and the command's name.
    /// - Throws: `.usage` that names the option and, where there is one, the nearest known one.
    package static func parse(
        _ arguments: [String], _ command: CommandTable, _ console: Console
    ) throws(CommandFailure) -> Invocation {
        let options = command.options
        let result = turn.withLock { _ in scan(arguments, command, options) }
        switch result {
        case .understood(let values, let operands):
            return Invocation(
                command: command, options: options, console: console, operands: operands,
                values: values)
        case .wrong(let text): throw .usage(text)
        }
    }

    private enum Scan {
        case understood([GivenOption], operands: [String])
        case wrong(String)
    }

    private static func scan(
        _ arguments: [String], _ command: CommandTable, _ options: [Option]
    ) -> Scan {
        let words = ["spool \(command.name)"] + arguments
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        let names = options.map { strdup($0.long) }
        let owned = pointers
        defer { (owned + names).forEach { free($0) } }
        var table = zip(options, names).enumerated().map { index, pair in
            option(
                name: UnsafePointer(pair.1), has_arg: pair.0.argument == nil ? 0 : 1, flag: nil,
                val: CInt(1000 + index))
        }
        table.append(option(name: nil, has_arg: 0, flag: nil, val: 0))
        // '+' stops at the first operand; ':' tells a missing argument from an unknown option.
        var letters = command.stopsAtOperand ? "+:" : ":"
        for option in options {
            guard let short = option.short else { continue }
            letters += String(short) + (option.argument == nil ? "" : ":")
        }
        var values: [GivenOption] = []
        var next = 0
        while true {
            let scan = spool_next_option(
                CInt(words.count), &pointers, letters, &table, next == 0)
            let word = pointers[max(next, 1)...].first?.map { String(cString: $0) } ?? ""
            next = Int(scan.next)
            let code = scan.code
            if code == -1 { break }
            let found: Option? =
                if code >= 1000 {
                    options[Int(code) - 1000]
                } else {
                    options.first { $0.short?.asciiValue.map(CInt.init) == code }
                }
            guard let found else {
                let letter = Unicode.Scalar(UInt8(truncatingIfNeeded: scan.letter))
                return .wrong(
                    fault(code, word: word, letter: scan.letter == 0 ? nil : letter, command))
            }
            let value = scan.argument.map { String(cString: $0) } ?? ""
            values.append(GivenOption(name: found.long, value: value))
        }
        let operands = pointers[next..<words.count].compactMap {
            $0.map { String(cString: $0) }
        }
        return .understood(values, operands: operands)
    }

    private static func fault(
        _ code: CInt, word: String, letter: Unicode.Scalar?, _ command: CommandTable
    ) -> String {
        if code == CInt(UInt8(ascii: ":")) { return "\(word) wants an argument" }
        guard word.hasPrefix("--") else {
            return "unknown option -\(letter.map(String.init) ?? "?")"
        }
        let name = String(word.dropFirst(2).prefix { $0 != "=" })
        if let known = command.options.first(where: { $0.long == name }), known.argument == nil {
            return "--\(name) takes no argument"
        }
        let candidates = command.options.map(\.long).filter { $0.hasPrefix(name) }
        if candidates.count > 1 {
            let list = candidates.map { "--" + $0 }.joined(separator: ", ")
            return "--\(name) could be any of \(list)"
        }
        let near = FieldNames.nearest(to: name, among: command.options.map(\.long))
        return "unknown option --\(name)" + (near.map { ": did you mean --\($0)?" } ?? "")
    }
}
