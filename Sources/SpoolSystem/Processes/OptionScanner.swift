import CSpoolSystem
import Glibc

/// getopt_long(3) over the arguments of one command. It keeps its state in global variables, so two scans at the same
/// time need a lock.
///
/// Plain memory holds the arguments and the table: each kind of array costs a program that starts more than that.
package struct OptionScanner: ~Copyable {
    package struct Step {
        /// An option of the table, or the fault of one.
        package enum Kind {
            /// The index of an option in the table.
            case long(Int)
            case short(UInt8)
            case unknown
            case lacksArgument
        }
        package let kind: Kind
        /// The argument of this process that was looked at.
        package let word: String
        /// The letter of the option, if it is a short one; 0 if not.
        package let letter: Int
        /// The argument of the option; empty if it has none.
        package let argument: String
    }

    private let count: Int
    private let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let owned: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let table: UnsafeMutablePointer<option>
    private var known = 0
    private var next = 0

    private static let firstCode = 1000

    /// - Parameters:
    ///   - name: of the program, which stands before its arguments.
    ///   - capacity: how many options there are at most.
    package init(name: String, _ arguments: [String], capacity: Int) {
        count = arguments.count + 1
        pointers = .allocate(capacity: count + 1)
        owned = .allocate(capacity: count)
        table = .allocate(capacity: capacity + 1)
        for index in 0..<count {
            owned[index] = strdup(index == 0 ? name : arguments[index - 1])
            pointers[index] = owned[index]
        }
        pointers[count] = nil
        table[0] = option(name: nil, has_arg: 0, flag: nil, val: 0)
    }

    deinit {
        for index in 0..<count { free(owned[index]) }
        for index in 0..<known { free(UnsafeMutableRawPointer(mutating: table[index].name)) }
        pointers.deallocate()
        owned.deallocate()
        table.deallocate()
    }

    /// Adds a long option to the table, before the first step.
    package mutating func add(_ name: String, takesArgument: Bool) {
        table[known] = option(
            name: strdup(name), has_arg: takesArgument ? 1 : 0, flag: nil,
            val: CInt(Self.firstCode + known))
        known += 1
        table[known] = option(name: nil, has_arg: 0, flag: nil, val: 0)
    }

    /// The next option; nil if only operands are left.
    ///
    /// - Parameter letters: as getopt(3) takes them.
    package mutating func step(_ letters: String) -> Step? {
        let scan = spool_next_option(CInt(count), pointers, letters, table, next == 0)
        let word = pointers[max(next, 1)].map { String(cString: $0) } ?? ""
        next = Int(scan.next)
        let kind: Step.Kind
        switch scan.code {
        case -1: return nil
        case CInt(UInt8(ascii: "?")): kind = .unknown
        case CInt(UInt8(ascii: ":")): kind = .lacksArgument
        case CInt(Self.firstCode)...: kind = .long(Int(scan.code) - Self.firstCode)
        default: kind = .short(UInt8(truncatingIfNeeded: scan.code))
        }
        return Step(
            kind: kind, word: word, letter: Int(scan.letter),
            argument: scan.argument.map { String(cString: $0) } ?? "")
    }

    /// The arguments behind the options.
    package func operands() -> [String] {
        (next..<count).compactMap { index in pointers[index].map { String(cString: $0) } }
    }
}
