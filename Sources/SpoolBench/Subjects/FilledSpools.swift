import Spool
import SpoolSystem
import SpoolTime

/// Spools with many jobs, which are made once and used in each round.
final class FilledSpools {
    private let bench: BenchFixture
    private var kept: [Others: String] = [:]
    /// How many files were made in them: the number of the next one.
    private var filled = 0

    init(_ bench: BenchFixture) { self.bench = bench }

    /// The other jobs that are in a spool, or were.
    enum Others: Hashable {
        case waiting(Int)
        /// They waited, and the directory has kept its size.
        case gone(Int)
        /// All of them today.
        case done(Int)

        var title: String {
            switch self {
            case .waiting(let count): "\(count) waiting"
            case .gone(let count): "\(count) waited before"
            case .done(let count): "\(count) done"
            }
        }
    }

    /// A spool with them, made once.
    func spool(with others: Others) throws -> String {
        if let path = kept[others] { return path }
        let path = try bench.freshSpool()
        switch others {
        case .waiting(let count): try fill(path, "incoming", count)
        case .gone(let count):
            try fill(path, "incoming", count)
            try bench.program(["find", path + "/incoming", "-name", "*.json", "-delete"]).run()
        case .done(let count):
            try fill(path, "done/\(Instant(nanoseconds: Clock.realtime()).day)", count)
        }
        bench.settle()
        kept[others] = path
        return path
    }

    /// Has as many wait again as did before some were run.
    ///
    /// - Returns: how many were left.
    @discardableResult
    func refill(_ path: String, _ count: Int) throws -> Int {
        let left = try Directory(path: path).names(in: "incoming").count
        try fill(path, "incoming", count - left)
        bench.settle()
        return left
    }

    private func fill(_ path: String, _ place: String, _ count: Int) throws {
        guard count > 0 else { return }
        try bench.program([bench.limit, "fill", path, place, "\(filled)", "\(count)"]).run()
        filled += count
    }
}
