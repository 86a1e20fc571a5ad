import Glibc
import SpoolSystem
import SpoolTestSupport

/// What the command line says.
struct ChaosOptions {
    enum FileSystem: String { case tmpfs, ext4 }

    static let usage = """
        usage: spool-chaos [--seed N] [--minutes M | --seconds S | --jobs N] [--spool-binary PATH]
                           [--directory DIR] [--file-system tmpfs|ext4]
          --seed N          the sequence of decisions; otherwise taken from the clock, and printed
          --minutes M       how long the faults last; otherwise 30
          --seconds S       the same in seconds; 60 is the short form
          --jobs N          until so many jobs were submitted, however long that takes
          --spool-binary    the program under test; otherwise the one beside this program
          --directory DIR   where everything is kept; otherwise a new directory in TMPDIR
          --file-system     what the small file system is made of, where this runs as root

        """

    var seed = UInt64(truncatingIfNeeded: Clock.realtime() / 1_000_000)
    var seconds = 1800
    var jobs: Int?
    var binary = ChaosOptions.siblingBinary
    var directory: String?
    var fileSystem = FileSystem.tmpfs
    /// Set for the unprivileged process that does the work while root keeps the file system.
    var isInner = false
    /// Whether that one has a file system of its own.
    var hasDisk = true

    init(_ words: [String]) throws {
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--inner" || word == "--no-disk" {
                if word == "--inner" { isInner = true } else { hasDisk = false }
                continue
            }
            guard let value = rest.popFirst() else {
                throw FileTree.Failure(description: "\(word): a value is wanted, or it is unknown")
            }
            try take(word, value)
        }
    }

    private mutating func take(_ option: String, _ value: String) throws {
        func number(_ range: ClosedRange<Int>) throws -> Int {
            guard let number = Int(value), range.contains(number) else {
                throw FileTree.Failure(
                    description: "\(option) \(value): a number from \(range.lowerBound) to"
                        + " \(range.upperBound) is wanted")
            }
            return number
        }
        switch option {
        case "--seed":
            guard let seed = UInt64(value) else {
                throw FileTree.Failure(description: "--seed \(value): a whole number is wanted")
            }
            self.seed = seed
        case "--minutes": seconds = try number(1...10_000) * 60
        case "--seconds": seconds = try number(5...600_000)
        case "--jobs": jobs = try number(1...100_000_000)
        case "--spool-binary": binary = value
        case "--directory": directory = value
        case "--file-system":
            guard let kind = FileSystem(rawValue: value) else {
                throw FileTree.Failure(
                    description: "--file-system \(value): tmpfs or ext4 is wanted")
            }
            fileSystem = kind
        default: throw FileTree.Failure(description: "\(option): there is no such option")
        }
    }

    private static var siblingBinary: String {
        let own = (try? ProcessEnvironment.executablePath()) ?? ""
        return own.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } + "/spool"
    }
}
