import Spool
import SpoolSchedule

/// An option of a command line, by its long name, and its argument; empty for one that takes none.
struct OptionValue {
    let name: String
    let value: String
}

/// A command line that fits the table. Requests are read off it.
package struct Invocation {
    package let command: CommandTable
    package let console: Console
    private(set) var context: Context
    package let operands: [String]
    private let options: [Option]
    private let values: [OptionValue]

    /// - Parameters:
    ///   - options: the command's.
    ///   - values: the options of the command line, in its order.
    init(
        command: CommandTable, options: [Option], console: Console, operands: [String],
        values: [OptionValue]
    ) {
        self.command = command
        self.options = options
        self.console = console
        self.operands = operands
        self.values = values
        context = Context(
            caller: console.caller, directory: values.last { $0.name == "dir" }?.value,
            remark: console.say, word: Invocation.option(for:))
    }

    /// The option for a field of a request, as messages have it.
    static func option(for field: RequestField) -> String {
        // Of waiting, the long one has another name.
        field == .isOfAll ? "-a" : "--" + name(for: field)
    }

    /// The same without the dashes in front: most have the field's name.
    static func name(for field: RequestField) -> String {
        switch field {
        case .notBefore, .due: "at"
        case .number: "nth"
        case .isAll, .isOfAll: "all"
        case .states: "state"
        case .tags: "tag"
        case .follows: "follow"
        case .queues: "queue"
        case .offers: "offer"
        case .age: "older"
        case .historyAge: "history"
        case .zone: "tz"
        case .directory: "dir"
        // Or the other one: the command line refuses both before a request does.
        case .streams: "stdout"
        default: field.rawValue.replacing("_", with: "-")
        }
    }

    var caller: Caller { context.caller }

    /// Makes this process, which is root's, one of the spool's owner, before it opens anything there.
    ///
    /// - Returns: the same command, about the same spool.
    func asOwner() throws(SpoolError) -> Invocation {
        var owned = self
        owned.context = try context.asOwner()
        return owned
    }

    package func has(_ option: String) -> Bool {
        let name = known(option)
        return values.contains { $0.name == name }
    }

    /// The last argument of the option.
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

    // MARK: What doesn't fit

    func refuseOperands() throws(SpoolError) {
        if let first = operands.first { throw .usage("\"\(first)\": no operand is wanted here") }
    }

    /// - Throws: if the command line has both options.
    func refuse(_ first: String, with second: String) throws(SpoolError) {
        guard has(first), has(second) else { return }
        throw .usage("--\(first) and --\(second) exclude each other")
    }

    // MARK: Arguments as values

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

    func timeSpan(_ option: String) throws(SpoolError) -> TimeSpan? {
        guard let text = value(option) else { return nil }
        if let span = TimeSpan(text) { return span }
        throw .usage("--\(option) \(text) \(TimeSpan.fault(of: text))")
    }

    /// Arguments of the form `KEY=VALUE`.
    func pairs(_ option: String) throws(SpoolError) -> [(key: String, value: String)] {
        try all(option).map { text throws(SpoolError) in
            guard let pair = Invocation.pair(text) else {
                throw .usage("--\(option) \(text): KEY=VALUE is wanted")
            }
            return pair
        }
    }

    /// The two sides of the first `=`; nil if there is none, or nothing before it.
    static func pair(_ text: String) -> (key: String, value: String)? {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, !parts[0].isEmpty else { return nil }
        return (String(parts[0]), String(parts[1]))
    }
}
