import Glibc
import SpoolSystem

/// The options of the command line.
struct BenchOptions {
    static let usage = """
        usage: spool-bench [--quick] [--rounds N] [--only NAME]... [--huge] [--seed N]
                           [--json FILE] [--svg FILE] [--spool PATH] [--directory DIR] [--list]

        Measures spool, the peers that are installed, and the same work as bare system calls, in turns.

          --quick           small and short: shows that it works, and measures little
          --rounds N        how often each subject has its turn; otherwise 5, or 2 with --quick
          --only NAME       only this measurement; may be given several times
          --huge            also with a million waiting jobs, and one command for 100,000: many minutes and 9 GB
                            more
          --seed N          the order of turns; otherwise 1
          --json FILE       every figure, with all samples
          --svg FILE        a chart of the ratios
          --spool PATH      the program to measure; otherwise the one beside this program
          --directory DIR   measure on the file system of this directory; otherwise root makes an ext4
                            with a journal in a loop image, and others use $TMPDIR or /tmp
          --list            the names of the measurements

        The peers come from examples/bench/install-peers.sh; those that aren't there are named as missing.

        """

    var isQuick = false
    var rounds: Int?
    var only: [String] = []
    var isHuge = false
    var seed: UInt64 = 1
    var json: String?
    var svg: String?
    var spool: String?
    var directory: String?
    var lists = false

    init(_ words: [String]) throws(BenchFailure) {
        var rest = words[...]
        while let word = rest.popFirst() {
            switch word {
            case "--quick": isQuick = true
            case "--huge": isHuge = true
            case "--list": lists = true
            default:
                guard let value = rest.popFirst() else {
                    throw BenchFailure("\(word): there is no such option, or it wants a value")
                }
                try take(word, value)
            }
        }
    }

    private mutating func take(_ option: String, _ value: String) throws(BenchFailure) {
        switch option {
        case "--rounds":
            guard let number = Int(value), (1...1000).contains(number) else {
                throw BenchFailure("--rounds \(value): a number from 1 to 1000 is wanted")
            }
            rounds = number
        case "--seed":
            guard let number = UInt64(value) else {
                throw BenchFailure("--seed \(value): a whole number is wanted")
            }
            seed = number
        case "--only": only.append(value)
        case "--json": json = value
        case "--svg": svg = value
        case "--spool": spool = value
        case "--directory": directory = value
        default: throw BenchFailure("\(option): there is no such option")
        }
    }
}
