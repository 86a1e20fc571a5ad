import Spool

/// One option of a command: the parser, `--help` and the tests of the man page all read this.
package struct Option: Sendable {
    package let long: String
    package let short: Character?
    /// What its argument is called; nil: it has none.
    package let argument: String?
    package let help: String

    package init(
        _ long: String, _ short: Character? = nil, _ argument: String? = nil, _ help: String
    ) {
        self.long = long
        self.short = short
        self.argument = argument
        self.help = help
    }
}

/// A command of `spool`.
package struct CommandTable: Sendable {
    package let name: String
    /// One line, without a full stop.
    package let summary: String
    /// What comes after the options, as the synopsis shows it.
    package let operands: String
    /// Made when asked for: each run of the program needs those of one command.
    private let ownOptions: @Sendable () -> [Option]
    package var options: [Option] { ownOptions() + Option.common }
    /// Whether options end at the first operand: what follows belongs to a command line of the user's.
    package let stopsAtOperand: Bool
    package let run: @Sendable (Invocation) throws(SpoolError) -> Int32

    package init(
        _ name: String, _ summary: String, operands: String = "", stopsAtOperand: Bool = false,
        options: @autoclosure @escaping @Sendable () -> [Option],
        run: @escaping @Sendable (Invocation) throws(SpoolError) -> Int32
    ) {
        self.name = name
        self.summary = summary
        self.operands = operands
        ownOptions = options
        self.stopsAtOperand = stopsAtOperand
        self.run = run
    }
}

extension Option {
    /// Every command has these.
    package static let common: [Option] = [
        Option(
            "dir", "D", "DIRECTORY",
            "the spool; otherwise $SPOOL_DIR, ~/.spool, or for root /var/spool/jobs"),
        Option("as-owner", nil, nil, "for root: become the owner of the spool first"),
        Option("help", "h", nil, "show this help"),
    ]
}

extension SpoolError {
    /// The command line is wrong.
    static func usage(_ message: String) -> SpoolError { SpoolError(.invalidRequest, message) }
}

/// An option of a command line, by its long name, and its argument; empty for one that takes none.
struct GivenOption {
    let name: String
    let value: String
}

/// A command line that fits the table.
package struct Invocation {
    package let command: CommandTable
    package let console: Console
    package let operands: [String]
    private let options: [Option]
    private let values: [GivenOption]

    /// - Parameters:
    ///   - options: the command's.
    ///   - values: what was given, in that order.
    init(
        command: CommandTable, options: [Option], console: Console, operands: [String],
        values: [GivenOption]
    ) {
        self.command = command
        self.options = options
        self.console = console
        self.operands = operands
        self.values = values
    }

    /// The same with other operands.
    func with(operands: [String]) -> Invocation {
        Invocation(
            command: command, options: options, console: console, operands: operands, values: values
        )
    }

    /// The same about a spool whose path is known by now.
    func with(spoolPath path: String) -> Invocation {
        Invocation(
            command: command, options: options, console: console, operands: operands,
            values: values + [GivenOption(name: "dir", value: path)])
    }

    package func has(_ option: String) -> Bool {
        let name = known(option)
        return values.contains { $0.name == name }
    }

    /// The last argument that was given for the option.
    package func value(_ option: String) -> String? {
        let name = known(option)
        return values.last { $0.name == name }?.value
    }

    package func all(_ option: String) -> [String] {
        let name = known(option)
        return values.filter { $0.name == name }.map(\.value)
    }

    private func known(_ option: String) -> String {
        precondition(
            options.contains { $0.long == option },
            "\(command.name) has no option --\(option) in its table")
        return option
    }

    /// The option's argument, read as something else.
    package func value<Value>(
        _ option: String, _ wanted: String, _ read: (String) -> Value?
    ) throws(SpoolError) -> Value? {
        guard let text = value(option) else { return nil }
        guard let value = read(text) else {
            throw .usage("--\(option) \(text): \(wanted) is wanted")
        }
        return value
    }

    package func number(_ option: String, _ range: ClosedRange<Int>) throws(SpoolError) -> Int? {
        try value(option, "a number from \(range.lowerBound) to \(range.upperBound)") { text in
            Int(text).flatMap { range.contains($0) ? $0 : nil }
        }
    }
}
