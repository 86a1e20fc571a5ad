import CSpoolSystem
import Glibc
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
        let options = command.options
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
        // Plain memory: each kind of array costs a program that starts more than this table does.
        let count = arguments.count + 1
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(
            capacity: count + 1)
        let owned = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: count)
        let table = UnsafeMutablePointer<option>.allocate(capacity: options.count + 1)
        for index in 0..<count {
            owned[index] = strdup(index == 0 ? "spool \(command.name)" : arguments[index - 1])
            pointers[index] = owned[index]
        }
        pointers[count] = nil
        for (index, known) in options.enumerated() {
            table[index] = option(
                name: strdup(known.long), has_arg: known.argument == nil ? 0 : 1, flag: nil,
                val: CInt(1000 + index))
        }
        table[options.count] = option(name: nil, has_arg: 0, flag: nil, val: 0)
        defer {
            for index in 0..<count { free(owned[index]) }
            for index in options.indices {
                free(UnsafeMutableRawPointer(mutating: table[index].name))
            }
            pointers.deallocate()
            owned.deallocate()
            table.deallocate()
        }
        // '+' stops at the first operand; ':' tells a missing argument from an unknown option.
        var letters = command.stopsAtOperand ? "+:" : ":"
        for option in options {
            guard let short = option.short else { continue }
            letters += String(short) + (option.argument == nil ? "" : ":")
        }
        var values: [OptionValue] = []
        var next = 0
        while true {
            let scan = spool_next_option(CInt(count), pointers, letters, table, next == 0)
            let word = pointers[max(next, 1)].map { String(cString: $0) } ?? ""
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
            values.append(OptionValue(name: found.long, value: value))
        }
        let operands = (next..<count).compactMap { index in
            pointers[index].map { String(cString: $0) }
        }
        return .understood(values, operands: operands)
    }

    private static func fault(
        _ code: CInt, word: String, letter: Unicode.Scalar?, _ command: CommandTable
    ) -> String {
        if code == CInt(UInt8(ascii: ":")) { return "\(word) wants an argument" }
        guard word.hasPrefix("--") else {
            // Of a letter that takes several bytes, getopt has seen the first only.
            let strange = word.dropFirst().first { !$0.isASCII }.map(String.init)
            let ascii = letter.flatMap { $0.isASCII ? String($0) : nil }
            return "unknown option -\(ascii ?? strange ?? "?")"
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
