import Spool

/// One option of a command: the parser, `--help` and the tests of the man page all read this.
package struct Option: Sendable {
    package let long: String
    package let short: Character?
    /// The name of its argument; nil if it has none.
    package let argument: String?
    package let help: String
    /// Whether `--help` leaves it out, as the command refuses it in any case, and says why.
    package let isHidden: Bool

    package init(
        _ long: String, _ short: Character? = nil, _ argument: String? = nil, _ help: String,
        isHidden: Bool = false
    ) {
        self.long = long
        self.short = short
        self.argument = argument
        self.help = help
        self.isHidden = isHidden
    }
}

/// A command of `spool`.
package struct CommandTable: Sendable {
    package let name: String
    /// One line, without a full stop.
    package let summary: String
    /// The words after the options, as the synopsis shows them.
    package let operands: String
    /// Made when asked for: each run of the program needs those of one command.
    private let ownOptions: @Sendable () -> [Option]
    package var options: [Option] { readOptions.filter { !$0.isHidden } }
    /// With those that are hidden.
    var readOptions: [Option] { ownOptions() + Option.common }
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
            "the spool (default: $SPOOL_DIR, ~/.spool, or for root /var/spool/jobs)"),
        Option("as-owner", nil, nil, "for root: become the owner of the spool first"),
        Option("help", "h", nil, "show this help"),
    ]
}

extension SpoolError {
    /// The command line is wrong.
    static func usage(_ message: String) -> SpoolError { SpoolError(.invalidRequest, message) }
}
